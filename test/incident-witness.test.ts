import { expect, test } from 'vitest'
import { type Evidence, incidentState } from '../src/incident/witness.ts'

const firing = (holds: boolean | undefined): Evidence => ({ alert: 'firing', holds })
const absent = (holds: boolean | undefined): Evidence => ({ alert: 'absent', holds })

test.each([
  ['it fires and the count holds', [firing(true)], 'open'],
  ['it fires and the count is 0', [firing(false)], 'fixed'],
  ['it is gone and the count holds', [absent(true)], 'cleared'],
  ['it is gone and the count is 0', [absent(false)], 'closed'],
  ['the cluster is unreadable and it fires', [firing(undefined)], 'unreadable'],
  ['the cluster is unreadable and it is gone', [absent(undefined)], 'unreadable'],
  ['one of several is open', [absent(false), firing(false), absent(true), firing(true)], 'open'],
  [
    'one of several cannot be judged, and none is open',
    [absent(false), firing(undefined)],
    'unreadable',
  ],
  ['one is cleared and one fixed', [firing(false), absent(true)], 'cleared'],
  ['one is fixed and the others are over', [absent(false), firing(false)], 'fixed'],
  ['there is nobody to ask', [], 'closed'],
] as const)('%s', (_, evidence, state) => {
  expect(incidentState(evidence)).toBe(state)
})
