import { describe, expect, it, test } from 'vitest'
import {
  blindness,
  holds,
  misscheduledNodes,
  type Reading,
  see,
  seenOf,
} from '../src/incident/state.ts'
import type { AlertRow } from '../src/store/store.ts'
import type { Diagnosis } from '../src/triage/findings/finding.ts'
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
    fingerprints: {},
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
const blind: Reading = { readable: false, reason: 'no answer', diagnosis: () => undefined }
const [agent, proxy] = [diagnosis({ nodes: ['n1'] }), diagnosis({ name: 'proxy', nodes: ['n2'] })]

describe('what is seen', () => {
  it('names the DaemonSets in order, since the first of them fired', () => {
    const seen = see(
      [alert('proxy', { startsAt: '2026-11-24T02:00:00.000Z' }), alert('agent')],
      reading(agent, proxy),
      undefined,
    )
    expect(seen.alerts.map(({ name }) => name)).toEqual(['agent', 'proxy'])
    expect(seen.since).toBe('2026-11-24T02:00:00.000Z')
    expect(seen.state).toBe('open')
  })

  it('does not depend on the order in which the store names the alerts', () => {
    const alerts = [alert('proxy'), alert('agent')]
    expect(see(alerts, reading(agent, proxy), undefined)).toEqual(
      see([...alerts].reverse(), reading(agent, proxy), undefined),
    )
  })

  it('unreadable keeps the last diagnoses and says why', () => {
    const last = seenAs('open', [agent])
    const seen = see([alert('agent')], blind, last)
    expect(seen).toMatchObject({ state: 'unreadable', unreadable: 'no answer', diagnoses: [agent] })
  })

  it('readable again takes the new diagnosis', () => {
    const seen = see(
      [alert('agent')],
      reading(agent),
      seenAs('unreadable', [proxy], { unreadable: 'no answer' }),
    )
    expect(seen.diagnoses).toEqual([agent])
    expect(seen.unreadable).toBeUndefined()
  })

  it('keeps what the thread was told and when the channel was last woken', () => {
    const told = { state: 'open', causes: ['T4'], nodes: 1 } as const
    const last = seenAs('open', [agent], { told, lastBroadcast: '2026-11-24T03:00:00.000Z' })
    expect(see([alert('agent')], reading(agent), last)).toMatchObject({
      told,
      lastBroadcast: '2026-11-24T03:00:00.000Z',
    })
  })

  it('survives the store', () => {
    const seen = seenAs('open', [diagnosis({ nodes: ['n1'], findings: [finding('T4')] })])
    expect(seenOf({ view: JSON.stringify(seen) })).toEqual(seen)
    expect(seenOf({ view: null })).toBeUndefined()
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
  expect(holds(one)).toBe(expected)
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
  expect(blindness({ takenAt: '', daemonSets: [], nodes: [], pods: [], unreadable })).toBe(expected)
})
