import { describe, expect, it } from 'vitest'
import {
  cut,
  cutMiddle,
  escaped,
  mrkdwn,
  mrkdwnWithin,
  preformatted,
  richText,
  singleLine,
} from '../src/slack/text.ts'
import { code, mention, strong, time, user, words } from '../src/words/words.ts'

const moment = '2026-11-24T05:00:00Z'

describe('rich text', () => {
  it('keeps names, times and users separate from the text around them', () => {
    expect(
      richText(
        words`Node ${code('ip-1')} since ${time(moment)} by ${user('U0123')}, ${strong('now')}`,
      ),
    ).toEqual([
      { type: 'text', text: 'Node ' },
      { type: 'text', text: 'ip-1', style: { code: true } },
      { type: 'text', text: ' since ' },
      {
        type: 'date',
        timestamp: 1795496400,
        format: '{date_short_pretty} {time}',
        fallback: '2026-11-24 05:00 UTC',
      },
      { type: 'text', text: ' by ' },
      { type: 'user', user_id: 'U0123' },
      { type: 'text', text: ', ' },
      { type: 'text', text: 'now', style: { bold: true } },
    ])
  })

  it('shows an invalid time or user ID as text', () => {
    expect(richText([time('yesterday'), user('al <@U1>')])).toEqual([
      { type: 'text', text: 'yesterday' },
      { type: 'text', text: 'al <@U1>' },
    ])
  })

  it('mentions the group, user or channel of a route, and nothing else', () => {
    const elements = ['<!subteam^S0123|oncall>', 'S0123', '<@U0123>', '@here', 'oncall'].map(
      (whom) => richText([mention(whom)])[0],
    )
    expect(elements).toEqual([
      { type: 'usergroup', usergroup_id: 'S0123' },
      { type: 'usergroup', usergroup_id: 'S0123' },
      { type: 'user', user_id: 'U0123' },
      { type: 'broadcast', range: 'here' },
      { type: 'text', text: 'oncall' },
    ])
  })

  it('is never empty: Slack refuses empty text', () => {
    expect(richText([])).toEqual([{ type: 'text', text: '–' }])
    expect(richText([code('')])).toEqual([{ type: 'text', text: '–', style: { code: true } }])
  })

  it('replaces control and direction characters', () => {
    expect(richText([code('a\u202eb\u0000c\nd')])).toEqual([
      { type: 'text', text: 'a\u{fffd}b\u{fffd}c d', style: { code: true } },
    ])
  })
})

describe('mrkdwn', () => {
  it('has Slack markup for names, times and users', () => {
    expect(mrkdwn(words`${code('a/b')} since ${time(moment)} by ${user('U0123')}`)).toBe(
      '`a/b` since <!date^1795496400^{date_short_pretty} {time}|2026-11-24 05:00 UTC> by <@U0123>',
    )
  })

  it.each([
    ['<!channel> & <@U1>', '&lt;!channel&gt; &amp; &lt;@U1&gt;'],
    ['*bold* ~gone~ `code`', '∗bold∗ ∼gone∼ ˋcodeˋ'],
    ['_it_ but SLACK_APP_TOKEN', 'ˍitˍ but SLACK_APP_TOKEN'],
    ['>quote\n>again', '›quote\n›again'],
    [':fire: a=b:NoSchedule', '∶fire: a=b:NoSchedule'],
  ])('%s stays plain text', (text, expected) => {
    expect(escaped(text)).toBe(expected)
    expect(mrkdwn([text])).toBe(expected)
  })

  it('keeps a backtick in a name from ending the code style', () => {
    expect(mrkdwn([code('a` <!here> `b')])).toBe('`aˋ &lt;!here&gt; ˋb`')
  })
})

it('a single line has no markup', () => {
  expect(singleLine(words`Node ${code('n1')}\n since ${time(moment)}`)).toBe(
    'Node n1 since 2026-11-24 05:00 UTC',
  )
})

describe('cut', () => {
  it('does not change text that fits', () => {
    const text = words`Node ${code('n1')} is gone`
    expect(cut(text, 40)).toEqual(text)
  })

  it('ends in an ellipsis', () => {
    expect(cut(words`A sentence that goes on and on`, 12)).toEqual(['A sentence…'])
  })

  it('keeps both ends of a name', () => {
    expect(cutMiddle('ip-10-0-3-17.eu-central-1.compute.internal', 22)).toBe(
      'ip-10-0-3-17.e…nternal',
    )
    expect(cutMiddle('short', 22)).toBe('short')
  })

  it('counts & < > in escaped form and does not split a character', () => {
    expect(mrkdwn(cut(['&'.repeat(100)], 51)).length).toBeLessThanOrEqual(51)
    expect(cutMiddle('😀'.repeat(40), 21).isWellFormed()).toBe(true)
    expect(cutMiddle('😀'.repeat(40), 21).length).toBeLessThanOrEqual(21)
  })
})

it('preformatted text keeps its lines and counts the ones that do not fit', () => {
  expect(preformatted('a: 1\nb: <2>\n', 100).elements).toEqual([
    { type: 'text', text: 'a: 1\nb: <2>' },
  ])
  expect(preformatted('a: 1\nb: 2\nc: 3', 10).elements).toEqual([
    { type: 'text', text: 'a: 1\nb: 2\n… 1 more line' },
  ])
  expect(preformatted('', 10).elements).toEqual([{ type: 'text', text: '–' }])
})

it('mrkdwn stays within its length, markup included', () => {
  const moments = Array.from({ length: 100 }, () => time(moment))
  expect(mrkdwn(cut(moments, 3000)).length).toBeGreaterThan(3000)
  expect(mrkdwnWithin(moments, 3000).length).toBeLessThanOrEqual(3000)
  expect(mrkdwnWithin(words`short`, 3000)).toBe('short')
})
