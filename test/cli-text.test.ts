import { describe, expect, test } from 'vitest'
import { parseTaintChange, parseToleration } from '../src/cli/arguments.ts'
import { pageText } from '../src/cli/page-text.ts'
import {
  oneLine,
  printable,
  type Terminal,
  terminalOf,
  widthOf,
  wrapped,
} from '../src/cli/terminal.ts'
import { UsageError } from '../src/config/usage-error.ts'
import { code, time, words } from '../src/words/words.ts'

const plainTerminal: Terminal = { width: 40, color: false }
const colorTerminal: Terminal = { width: 40, color: true }

describe('wrapped words', () => {
  test('keep to the width, indent the next lines and break no name', () => {
    const text = words`Node ${code('ip-10-0-17-23')}, ${code('ip-10-0-17-88')} and 3 more are leaving.`
    expect(wrapped(text, plainTerminal, '  - ')).toEqual([
      '  - Node `ip-10-0-17-23`,',
      '    `ip-10-0-17-88` and 3 more are',
      '    leaving.',
    ])
  })

  test('take the same width with color as without', () => {
    const text = words`Node ${code('ip-10-0-17-23')} and ${code('ip-10-0-17-88')} leave`
    const lines = wrapped(text, colorTerminal)
    expect(lines.join('')).toContain('\u001b[36mip-10-0-17-23\u001b[39m')
    expect(lines.map(widthOf)).toEqual([36, 5])
    expect(lines.join(' ')).not.toContain('`')
  })

  test('print a name that is longer than the line on its own line', () => {
    const name = 'n'.repeat(60)
    expect(wrapped(words`On ${code(name)} now`, plainTerminal)).toEqual([
      'On',
      `\`${name}\``,
      'now',
    ])
  })

  test('print times of the same day without the date', () => {
    const today = { ...plainTerminal, now: '2026-11-24T03:12:00Z' }
    expect(oneLine(words`since ${time('2026-11-24T03:01:00Z')}`, today)).toBe('since 03:01 UTC')
    expect(oneLine(words`since ${time('2026-11-23T23:59:00Z')}`, today)).toBe(
      'since 2026-11-23 23:59 UTC',
    )
  })
})

test('text from the cluster has no escape sequences', () => {
  expect(printable('\u001b[2J\u001b]0;owned\u0007evil\r\nname\u202e\u009b31m')).not.toMatch(
    /[\p{Cc}\p{Cf}]/u,
  )
  expect(printable('a\nb\tc')).toBe('a b c')
  expect(oneLine([code('\u001b[31mred\u001b[0m')], plainTerminal)).toBe('`red`')
})

test('a pipe gets no color', () => {
  const hasColors = () => true
  expect(terminalOf({ isTTY: false, columns: 80, hasColors }, {})).toEqual({
    width: 100,
    color: false,
  })
  expect(terminalOf({ isTTY: true, columns: 80, hasColors }, { COLUMNS: '60' })).toEqual({
    width: 80,
    color: true,
  })
  expect(terminalOf({ isTTY: true, columns: 500, hasColors: () => false }, {})).toEqual({
    width: 120,
    color: false,
  })
})

test.each([
  ['80', 80],
  ['160', 160],
  ['12', 40],
  ['0', 100],
  ['-5', 100],
  ['wide', 100],
])('a pipe is as wide as COLUMNS: %s', (COLUMNS, width) => {
  const pipe = { isTTY: false, columns: 0, hasColors: () => false } as const
  expect(terminalOf(pipe, { COLUMNS }).width).toBe(width)
})

test('a cause is drawn without Markdown, within the width', () => {
  const page = [
    '# T0: a cause',
    '',
    'It has `a name`, **weight** and [a link](https://example.com) to [a file](../file.md).',
    '',
    '| state | how it shows |',
    '|---|---|',
    '| draining | `a \\| b` |',
    '',
    '```sh',
    'kubectl get nodes -o wide --show-labels   # not wrapped',
    '```',
    '',
    '- Wait for',
    '',
  ].join('\n')
  expect(pageText(page, plainTerminal)).toEqual([
    'T0: a cause',
    '',
    'It has `a name`, weight and a link',
    '(https://example.com) to a file.',
    '',
    '  - draining: `a \\| b`',
    '',
    '    kubectl get nodes -o wide --show-labels   # not wrapped',
    '',
    '  - Wait for',
  ])
})

describe('taints and tolerations on the command line', () => {
  test.each([
    ['gpu:NoSchedule', { kind: 'taint', taint: { key: 'gpu', effect: 'NoSchedule' } }],
    [
      'example.com/gpu=a100:NoExecute',
      { kind: 'taint', taint: { key: 'example.com/gpu', value: 'a100', effect: 'NoExecute' } },
    ],
    ['gpu:NoSchedule-', { kind: 'remove-taint', key: 'gpu', effect: 'NoSchedule' }],
    ['gpu-', { kind: 'remove-taint', key: 'gpu' }],
  ])('%s', (text, change) => {
    expect(parseTaintChange(text, ['a'])).toEqual({ ...change, nodes: ['a'] })
  })

  test.each([
    ['gpu', { key: 'gpu', operator: 'Exists' }],
    ['gpu:NoSchedule', { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }],
    ['gpu=a100', { key: 'gpu', operator: 'Equal', value: 'a100' }],
    ['gpu=', { key: 'gpu', operator: 'Equal', value: '' }],
  ])('%s', (text, toleration) => {
    expect(parseToleration(text)).toEqual(toleration)
  })

  test.each([
    '',
    ':NoSchedule',
    'gpu',
    'gpu:',
    'gpu:Never',
    'g u:NoSchedule',
    'gpu=a b:NoSchedule',
    'gpu=1:NoSchedule-',
  ])('%j is not a taint', (text) => {
    expect(() => parseTaintChange(text, [])).toThrow(UsageError)
  })
})
