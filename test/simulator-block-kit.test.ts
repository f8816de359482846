import { describe, expect, it } from 'vitest'
import { problems } from '../simulator/slack/check-payload.ts'

type Json = Record<string, unknown>

const plainText = (text: string): Json => ({ type: 'plain_text', text })
const mrkdwn = (text: string): Json => ({ type: 'mrkdwn', text })
const section = (text: string): Json => ({ type: 'section', text: mrkdwn(text) })
const button = (change: Json = {}): Json => ({
  type: 'button',
  action_id: 'a',
  text: plainText('Go'),
  ...change,
})
const actions = (...elements: Json[]): Json => ({ type: 'actions', elements })
const table = (...rows: Json[][]): Json => ({ type: 'table', rows })
const cell = (text: string): Json => ({ type: 'raw_text', text })
const option = (value: string): Json => ({ text: plainText(value || 'x'), value })
const message = (...blocks: Json[]): Json => ({ text: 'A sentence.', blocks })
const modal = (change: Json = {}): Json => ({
  type: 'modal',
  title: plainText('Title'),
  blocks: [section('x')],
  ...change,
})
const input: Json = {
  type: 'input',
  block_id: 'i',
  label: plainText('Reason'),
  element: { type: 'plain_text_input', action_id: 'v' },
}

const found = (surface: 'message' | 'modal', payload: unknown): string[] =>
  problems(surface, payload).map((problem) => `${problem.error} ${problem.pointer}`)

describe('a valid payload', () => {
  const rich = {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_section',
        elements: [
          { type: 'text', text: 'a', style: { code: true } },
          { type: 'date', timestamp: 1795496400, format: '{time}', fallback: '05:00 UTC' },
        ],
      },
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'a: 1' }] },
      {
        type: 'rich_text_list',
        style: 'bullet',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'link', url: 'https://a' }] }],
      },
    ],
  }
  const select = {
    type: 'static_select',
    action_id: 's',
    options: [option('1h')],
    initial_option: option('1h'),
  }
  const valid: [string, 'message' | 'modal', Json][] = [
    ['text only', 'message', { text: 'x'.repeat(4000), thread_ts: '1.0', reply_broadcast: true }],
    [
      'each block of a message',
      'message',
      message(section('x'), rich, table([cell('Node')], [cell('n')]), actions(button(), select), {
        type: 'divider',
      }),
    ],
    [
      'texts at their limit',
      'message',
      message({ type: 'header', text: plainText('x'.repeat(150)) }, section('x'.repeat(3000))),
    ],
    ['50 blocks', 'message', message(...Array.from({ length: 50 }, () => section('x')))],
    [
      'metadata',
      'message',
      {
        ...message(),
        blocks: undefined,
        metadata: { event_type: 'e', event_payload: { id: '1' } },
      },
    ],
    [
      'a modal with an input and a submit',
      'modal',
      modal({ submit: plainText('Go'), blocks: [input, { type: 'alert', text: mrkdwn('x') }] }),
    ],
  ]
  it.each(valid)('has no problems: %s', (_name, surface, payload) => {
    expect(problems(surface, payload)).toEqual([])
  })
})

describe('an invalid payload', () => {
  const cases: [string, 'message' | 'modal', unknown, string[]][] = [
    ['not an object', 'message', 'x', ['invalid_blocks ']],
    ['no text', 'message', { blocks: [section('x')] }, ['no_text /text']],
    ['text of 4,001', 'message', { text: 'x'.repeat(4001) }, ['msg_too_long /text']],
    [
      '51 blocks',
      'message',
      message(...Array.from({ length: 51 }, () => section('x'))),
      ['invalid_blocks /blocks'],
    ],
    ['no block', 'message', message(), ['invalid_blocks /blocks']],
    [
      'header of 151',
      'message',
      message({ type: 'header', text: plainText('x'.repeat(151)) }),
      ['invalid_blocks /blocks/0/text/text'],
    ],
    [
      'header in mrkdwn',
      'message',
      message({ type: 'header', text: mrkdwn('x') }),
      ['invalid_blocks /blocks/0/text/type'],
    ],
    [
      'section of 3,001',
      'message',
      message(section('x'.repeat(3001))),
      ['invalid_blocks /blocks/0/text/text'],
    ],
    ['empty section', 'message', message(section('')), ['invalid_blocks /blocks/0/text/text']],
    ['section without text', 'message', message({ type: 'section' }), ['invalid_blocks /blocks/0']],
    [
      '11 fields',
      'message',
      message({ type: 'section', fields: Array.from({ length: 11 }, () => mrkdwn('x')) }),
      ['invalid_blocks /blocks/0/fields'],
    ],
    [
      '11 context elements',
      'message',
      message({ type: 'context', elements: Array.from({ length: 11 }, () => mrkdwn('x')) }),
      ['invalid_blocks /blocks/0/elements'],
    ],
    ['empty actions', 'message', message(actions()), ['invalid_blocks /blocks/0/elements']],
    [
      '26 buttons',
      'message',
      message(actions(...Array.from({ length: 26 }, (_, n) => button({ action_id: `a${n}` })))),
      ['invalid_blocks /blocks/0/elements'],
    ],
    [
      'same action_id twice',
      'message',
      message(actions(button(), button())),
      ['invalid_blocks /blocks/0/elements/1/action_id'],
    ],
    [
      'same block_id twice',
      'message',
      message({ ...section('x'), block_id: 'b' }, { ...section('x'), block_id: 'b' }),
      ['invalid_blocks /blocks/1/block_id'],
    ],
    [
      'button text of 76',
      'message',
      message(actions(button({ text: plainText('x'.repeat(76)) }))),
      ['invalid_blocks /blocks/0/elements/0/text/text'],
    ],
    [
      'button value of 2,001',
      'message',
      message(actions(button({ value: 'x'.repeat(2001) }))),
      ['invalid_blocks /blocks/0/elements/0/value'],
    ],
    [
      'accessibility label of 76',
      'message',
      message(actions(button({ accessibility_label: 'x'.repeat(76) }))),
      ['invalid_blocks /blocks/0/elements/0/accessibility_label'],
    ],
    [
      'unknown style',
      'message',
      message(actions(button({ style: 'warning' }))),
      ['invalid_blocks /blocks/0/elements/0/style'],
    ],
    [
      'six overflow options',
      'message',
      message(
        actions({ type: 'overflow', action_id: 'o', options: '123456'.split('').map(option) }),
      ),
      ['invalid_blocks /blocks/0/elements/0/options'],
    ],
    [
      'option value of 151',
      'message',
      message(
        actions({
          type: 'overflow',
          action_id: 'o',
          options: [{ text: plainText('x'), value: 'x'.repeat(151) }],
        }),
      ),
      ['invalid_blocks /blocks/0/elements/0/options/0/value'],
    ],
    [
      'initial option not offered',
      'message',
      message(
        actions({
          type: 'static_select',
          action_id: 's',
          options: [option('a')],
          initial_option: option('b'),
        }),
      ),
      ['invalid_blocks /blocks/0/elements/0'],
    ],
    [
      'confirm title of 101',
      'message',
      message(
        actions(button({ confirm: { title: plainText('x'.repeat(101)), text: plainText('x') } })),
      ),
      ['invalid_blocks /blocks/0/elements/0/confirm/title/text'],
    ],
    [
      'two tables',
      'message',
      message(table([cell('a')]), table([cell('a')])),
      ['invalid_attachments /blocks'],
    ],
    [
      'empty cell',
      'message',
      message(table([cell('')])),
      ['invalid_blocks /blocks/0/rows/0/0/text'],
    ],
    [
      '101 rows',
      'message',
      message(table(...Array.from({ length: 101 }, () => [cell('a')]))),
      ['invalid_blocks /blocks/0/rows'],
    ],
    [
      '21 columns',
      'message',
      message(table(Array.from({ length: 21 }, () => cell('a')))),
      ['invalid_blocks /blocks/0/rows/0'],
    ],
    ['unknown block', 'message', message({ type: 'poll' }), ['invalid_blocks /blocks/0/type']],
    [
      'alert in a message',
      'message',
      message({ type: 'alert', text: mrkdwn('x') }),
      ['invalid_blocks /blocks/0/type'],
    ],
    ['input in a message', 'message', message(input), ['invalid_blocks /blocks/0/type']],
    [
      'unknown field',
      'message',
      message({ ...section('x'), color: 'red' }),
      ['invalid_blocks /blocks/0'],
    ],
    [
      'more text than the budget',
      'message',
      message(section('x'.repeat(3000)), section('x'.repeat(3000)), section('x'.repeat(2001))),
      ['msg_blocks_too_long /blocks'],
    ],
    [
      'metadata of 1 kB',
      'message',
      { text: 'x', metadata: { event_type: 'e', event_payload: { a: 'x'.repeat(1000) } } },
      ['metadata_too_large /metadata'],
    ],
    [
      'metadata without payload',
      'message',
      { text: 'x', metadata: { event_type: 'e' } },
      ['invalid_metadata_format /metadata'],
    ],
    [
      'table in a modal',
      'modal',
      modal({ blocks: [table([cell('a')])] }),
      ['invalid_arguments /blocks/0/type'],
    ],
    [
      'title of 25',
      'modal',
      modal({ title: plainText('x'.repeat(25)) }),
      ['invalid_arguments /title/text'],
    ],
    [
      'submit of 25',
      'modal',
      modal({ submit: plainText('x'.repeat(25)) }),
      ['invalid_arguments /submit/text'],
    ],
    ['no title', 'modal', { type: 'modal', blocks: [section('x')] }, ['invalid_arguments ']],
    ['input without submit', 'modal', modal({ blocks: [input] }), ['invalid_arguments ']],
    [
      'private_metadata of 3,001',
      'modal',
      modal({ private_metadata: 'x'.repeat(3001) }),
      ['invalid_arguments /private_metadata'],
    ],
    [
      '101 blocks',
      'modal',
      modal({ blocks: Array.from({ length: 101 }, () => section('x')) }),
      ['invalid_arguments /blocks'],
    ],
    [
      '250 kB',
      'modal',
      modal({ blocks: Array.from({ length: 90 }, () => section('x'.repeat(3000))) }),
      ['view_too_large '],
    ],
  ]
  it.each(cases)(
    'is reported with pointer and error code: %s',
    (_name, surface, payload, expected) => {
      expect(found(surface, payload)).toEqual(expected)
    },
  )
})

it('a problem has the wording of Slack', () => {
  expect(
    problems('message', message({ type: 'header', text: plainText('x'.repeat(151)) }))[0]?.message,
  ).toBe('must be less than 151 characters')
})
