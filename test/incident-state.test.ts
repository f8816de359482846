import { describe, expect, it, test } from 'vitest'
import { observe, type Reading } from '../src/incident/observe.ts'
import {
  countHolds,
  type Evidence,
  incidentState,
  misscheduledNodes,
} from '../src/incident/state.ts'
import { observationOf } from '../src/incident/stored-observation.ts'
import { whyUnreadable } from '../src/incident/true-counts.ts'
import type { AlertRow } from '../src/store/store.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { diagnosis, finding, nodesTo, seenAs } from './incident-world.ts'

function alert(daemonset: string, more: Partial<AlertRow> = {}): AlertRow {
  return {
    cluster: 'prod',
    alertname: 'KubeDaemonSetMisScheduled',
    namespace: 'datadog',
    daemonset,
    state: 'firing',
    firstSeen: '',
    lastSeen: '',
    startsAt: '2026-11-24T03:00:00.000Z',
    labels: { alertname: 'KubeDaemonSetMisScheduled', namespace: 'datadog', daemonset },
    incident: 'inc_1',
    absentPolls: 0,
    closed: null,
    ...more,
  }
}
const reading = (...known: readonly Diagnosis[]): Reading => ({
  readable: true,
  diagnosis: (namespace, name) =>
    known.find((one) => one.namespace === namespace && one.name === name),
})
const unreadable: Reading = { readable: false, reason: 'no answer', diagnosis: () => undefined }
const [agent, proxy] = [diagnosis({ nodes: ['n1'] }), diagnosis({ name: 'proxy', nodes: ['n2'] })]

describe('what is observed', () => {
  it('names the DaemonSets in order, since the first of them fired', () => {
    const observation = observe(
      [alert('proxy', { startsAt: '2026-11-24T02:00:00.000Z' }), alert('agent')],
      reading(agent, proxy),
      undefined,
    )
    expect(observation.alerts.map(({ name }) => name)).toEqual(['agent', 'proxy'])
    expect(observation.since).toBe('2026-11-24T02:00:00.000Z')
    expect(observation.state).toBe('open')
  })

  it('does not depend on the order in which the store names the alerts', () => {
    const alerts = [alert('proxy'), alert('agent')]
    expect(observe(alerts, reading(agent, proxy), undefined)).toEqual(
      observe([...alerts].reverse(), reading(agent, proxy), undefined),
    )
  })

  it('unreadable keeps the last diagnoses and says why', () => {
    const last = seenAs('open', [agent])
    const observation = observe([alert('agent')], unreadable, last)
    expect(observation).toMatchObject({
      state: 'unreadable',
      unreadable: 'no answer',
      diagnoses: [agent],
    })
  })

  it('readable again takes the new diagnosis', () => {
    const observation = observe(
      [alert('agent')],
      reading(agent),
      seenAs('unreadable', [proxy], { unreadable: 'no answer' }),
    )
    expect(observation.diagnoses).toEqual([agent])
    expect(observation.unreadable).toBeUndefined()
  })

  it('keeps what was posted in the thread and when the channel was last woken', () => {
    const posted = { state: 'open', causes: ['T4'], nodes: 1 } as const
    const last = seenAs('open', [agent], { posted, lastBroadcast: '2026-11-24T03:00:00.000Z' })
    expect(observe([alert('agent')], reading(agent), last)).toMatchObject({
      posted,
      lastBroadcast: '2026-11-24T03:00:00.000Z',
    })
  })

  it('survives the store', () => {
    const observation = seenAs('open', [diagnosis({ nodes: ['n1'], findings: [finding('T4')] })])
    expect(observationOf({ observation: JSON.stringify(observation) })).toEqual(observation)
    expect(observationOf({ observation: null })).toBeUndefined()
  })
})

test.each([
  [
    'more nodes than the status shows',
    diagnosis({ nodes: ['n1'], status: { numberMisscheduled: 0 } }),
    true,
  ],
  ['a status that is stale and too high', diagnosis({ status: { numberMisscheduled: 2 } }), true],
  ['neither', diagnosis(), false],
  ['no such DaemonSet', diagnosis({ status: null }), false],
])('the count holds with %s: %#', (_, one, expected) => {
  expect(countHolds(one)).toBe(expected)
})

test('a node under several DaemonSets is named once', () => {
  expect(
    misscheduledNodes({
      diagnoses: [diagnosis({ nodes: ['n2', 'n1'] }), diagnosis({ name: 'b', nodes: nodesTo(2) })],
    }),
  ).toEqual(['n1', 'n2'])
})

test.each([
  [['events', 'leases'], undefined],
  [['nodes'], 'nodes: 403'],
  [['events', 'pods', 'daemonsets'], 'pods: 403; daemonsets: 403'],
])('without %j a count is worth: %s', (missing, expected) => {
  const unreadable = missing.map((resource) => ({ resource, reason: '403' }))
  expect(whyUnreadable({ takenAt: '', daemonSets: [], nodes: [], pods: [], unreadable })).toBe(
    expected,
  )
})

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
