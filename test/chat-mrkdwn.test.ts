import { describe, expect, test } from 'vitest'
import { richText } from '../simulator/page/client/rich-text.ts'

const text = (words: string, style?: object) => ({
  type: 'text',
  text: words,
  ...(style ? { style } : {}),
})
const mrkdwn = (words: string) => richText({ type: 'mrkdwn', text: words })
const elements = (words: string) => mrkdwn(words)[0]?.elements

describe('mrkdwn', () => {
  test.each([
    ['a *b* c', [text('a '), text('b', { bold: true }), text(' c')]],
    ['_*both*_', [text('both', { italic: true, bold: true })]],
    ['~gone~', [text('gone', { strike: true })]],
    ['`x*y*z` &amp; 10*3*4', [text('x*y*z', { code: true }), text(' & 10*3*4')]],
    ['node_pool_a and * alone *', [text('node_pool_a and * alone *')]],
    ['&lt;!channel&gt; &lt;b&gt;', [text('<!channel> <b>')]],
    ['&amp;lt;', [text('&lt;')]],
    ['at 10:30:45 :tada:', [text('at 10:30:45 '), { type: 'emoji', name: 'tada' }]],
    [
      '<https://x.example/?a=1&amp;b=2|a &gt; b>',
      [{ type: 'link', url: 'https://x.example/?a=1&b=2', text: 'a > b' }],
    ],
    [
      '<@U1> <#C1> <!here>',
      [
        { type: 'user', user_id: 'U1' },
        text(' '),
        { type: 'channel', channel_id: 'C1' },
        text(' '),
        { type: 'broadcast', range: 'here' },
      ],
    ],
    ['<!subteam^S1>', [{ type: 'usergroup', usergroup_id: 'S1' }]],
    [
      '<!date^1795496400^{time}|05:00 UTC>',
      [{ type: 'date', timestamp: 1795496400, format: '{time}', fallback: '05:00 UTC' }],
    ],
  ])('%s', (words, expected) => {
    expect(elements(words)).toEqual(expected)
  })

  test('keeps lines together, separates quotes, and does not parse code', () => {
    expect(mrkdwn('# one\n1. two\n&gt; said\n```\n*x* &lt;y&gt;\n```')).toEqual([
      { type: 'rich_text_section', elements: [text('# one\n1. two')] },
      { type: 'rich_text_quote', elements: [text('said')] },
      { type: 'rich_text_preformatted', elements: [text('*x* <y>\n')] },
    ])
  })
})

test('plain text has emoji and no other markup', () => {
  expect(richText({ type: 'plain_text', text: ':x: *a* &lt; <@U1>' })[0]?.elements).toEqual([
    { type: 'emoji', name: 'x' },
    text(' *a* &lt; <@U1>'),
  ])
})
