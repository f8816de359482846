import { describe, expect, it } from 'vitest'
import {
  cut,
  cutMiddle,
  escaped,
  mrkdwn,
  mrkdwnWithin,
  preformatted,
  richText,
  sentence,
} from '../src/slack/draw.ts'
import { code, mention, strong, time, user, words } from '../src/words/words.ts'

const moment = '2026-11-24T05:00:00Z'

describe('words as rich text', () => {
  it('keeps names, times and people apart from the sentence', () => {
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

  it('shows what is no time and no person as text', () => {
    expect(richText([time('yesterday'), user('al <@U1>')])).toEqual([
      { type: 'text', text: 'yesterday' },
      { type: 'text', text: 'al <@U1>' },
    ])
  })

  it('calls the group, the person or the channel that a route names, and nobody else', () => {
    const called = ['<!subteam^S0123|oncall>', 'S0123', '<@U0123>', '@here', 'oncall'].map(
      (whom) => richText([mention(whom)])[0],
    )
    expect(called).toEqual([
      { type: 'usergroup', usergroup_id: 'S0123' },
      { type: 'usergroup', usergroup_id: 'S0123' },
      { type: 'user', user_id: 'U0123' },
      { type: 'broadcast', range: 'here' },
      { type: 'text', text: 'oncall' },
    ])
  })

  it('is never empty, since Slack refuses empty text', () => {
    expect(richText([])).toEqual([{ type: 'text', text: '–' }])
    expect(richText([code('')])).toEqual([{ type: 'text', text: '–', style: { code: true } }])
  })

  it('shows control and direction characters as what they are: out of place', () => {
    expect(richText([code('a\u202eb\u0000c\nd')])).toEqual([
      { type: 'text', text: 'a\u{fffd}b\u{fffd}c d', style: { code: true } },
    ])
  })
})

describe('words as mrkdwn', () => {
  it('draws names, times and people in Slack’s own markup', () => {
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
  ])('%s is text and nothing else', (text, expected) => {
    expect(escaped(text)).toBe(expected)
    expect(mrkdwn([text])).toBe(expected)
  })

  it('lets no name end its own code style', () => {
    expect(mrkdwn([code('a` <!here> `b')])).toBe('`aˋ &lt;!here&gt; ˋb`')
  })
})

it('a sentence is one line without markup', () => {
  expect(sentence(words`Node ${code('n1')}\n since ${time(moment)}`)).toBe(
    'Node n1 since 2026-11-24 05:00 UTC',
  )
})

describe('cutting', () => {
  it('leaves alone what fits', () => {
    const text = words`Node ${code('n1')} is gone`
    expect(cut(text, 40)).toEqual(text)
  })

  it('marks what is left out', () => {
    expect(cut(words`A sentence that goes on and on`, 12)).toEqual(['A sentence…'])
  })

  it('cuts a name in the middle, so that both ends still tell it apart', () => {
    expect(cutMiddle('ip-10-0-3-17.eu-central-1.compute.internal', 22)).toBe(
      'ip-10-0-3-17.e…nternal',
    )
    expect(cutMiddle('short', 22)).toBe('short')
  })

  it('counts & < > as what they become, and breaks no character in two', () => {
    expect(mrkdwn(cut(['&'.repeat(100)], 51)).length).toBeLessThanOrEqual(51)
    expect(cutMiddle('😀'.repeat(40), 21).isWellFormed()).toBe(true)
    expect(cutMiddle('😀'.repeat(40), 21).length).toBeLessThanOrEqual(21)
  })
})

it('a block of code keeps its lines, and counts those that do not fit', () => {
  expect(preformatted('a: 1\nb: <2>\n', 100).elements).toEqual([
    { type: 'text', text: 'a: 1\nb: <2>' },
  ])
  expect(preformatted('a: 1\nb: 2\nc: 3', 10).elements).toEqual([
    { type: 'text', text: 'a: 1\nb: 2\n… 1 more line' },
  ])
  expect(preformatted('', 10).elements).toEqual([{ type: 'text', text: '–' }])
})

it('mrkdwn stays within its length with all its markup', () => {
  const moments = Array.from({ length: 100 }, () => time(moment))
  expect(mrkdwn(cut(moments, 3000)).length).toBeGreaterThan(3000)
  expect(mrkdwnWithin(moments, 3000).length).toBeLessThanOrEqual(3000)
  expect(mrkdwnWithin(words`short`, 3000)).toBe('short')
})
