import { expect, test } from 'vitest'
import {
  matchesLabelSelector,
  meetsRequirements,
  parseLabelSelector,
} from '../src/daemonset/label-selector.ts'

test('a selector combines matchLabels and matchExpressions', () => {
  const selector = {
    matchLabels: { app: 'agent' },
    matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['dev'] }],
  }
  expect(matchesLabelSelector(selector, { app: 'agent' })).toBe(true)
  expect(matchesLabelSelector(selector, { app: 'agent', tier: 'dev' })).toBe(false)
  expect(matchesLabelSelector(selector, { tier: 'prod' })).toBe(false)
})

test('null matches nothing, an empty selector everything', () => {
  expect(matchesLabelSelector(null, { app: 'agent' })).toBe(false)
  expect(matchesLabelSelector({}, undefined)).toBe(true)
})

test('an invalid expression matches nothing', () => {
  expect(
    matchesLabelSelector(
      { matchExpressions: [{ key: 'n', operator: 'Gt', values: ['1'] }] },
      { n: '2' },
    ),
  ).toBe(false)
  expect(
    matchesLabelSelector({ matchExpressions: [{ key: 'n', operator: 'NotIn', values: [] }] }, {}),
  ).toBe(false)
})

test.each([
  ['', { a: '1' }, true],
  ['a=1', { a: '1' }, true],
  ['a == 1, b', { a: '1', b: '' }, true],
  ['a!=1', {}, true],
  ['a!=1', { a: '1' }, false],
  ['a in (1, 2),c notin (3,4)', { a: '2', c: '5' }, true],
  ['a in (1,2)', { a: '3' }, false],
  ['!a', { a: '' }, false],
  ['!a', {}, true],
  ['a=', { a: '' }, true],
  ['kubernetes.io/os=linux', { 'kubernetes.io/os': 'linux' }, true],
  ['n>5', { n: '6' }, true],
  ['n<5', { n: '6' }, false],
] as const)('kubectl’s %j on %j: %s', (text, labels, meets) => {
  const requirements = parseLabelSelector(text)
  expect(requirements && meetsRequirements(requirements, labels)).toBe(meets)
})

test.each(['a in (', 'a in', '=b', 'a=b=c', ',', 'a,,b', '-a', 'a=b c', 'x/y/z=1', 'n>five'])(
  '%j is not a selector',
  (text) => {
    expect(parseLabelSelector(text)).toBeUndefined()
  },
)
