import { describe, expect, it, test } from 'vitest'
import { observe, type Reading, readingOf } from '../src/incident/observe.ts'
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
import { diagnosis, finding, nodesTo, observationAs, quietWorld } from './incident-world.ts'

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
  ending: () => undefined,
  diagnosis: (namespace, name) =>
    known.find((one) => one.namespace === namespace && one.name === name),
})
const unreadable: Reading = {
  readable: false,
  reason: 'no answer',
  ending: () => undefined,
  diagnosis: () => undefined,
}
const [agent, proxy] = [diagnosis({ nodes: ['n1'] }), diagnosis({ name: 'proxy', nodes: ['n2'] })]

describe('an observation', () => {
  it('lists the DaemonSets in order, since the first one fired', () => {
    const observation = observe(
      [alert('proxy', { startsAt: '2026-11-24T02:00:00.000Z' }), alert('agent')],
      reading(agent, proxy),
      undefined,
    )
    expect(observation.alerts.map(({ name }) => name)).toEqual(['agent', 'proxy'])
    expect(observation.diagnoses).toEqual([agent, proxy])
    expect(observation.since).toBe('2026-11-24T02:00:00.000Z')
    expect(observation.state).toBe('open')
  })

  it('does not depend on the order of the alerts in the store', () => {
    const alerts = [alert('proxy'), alert('agent')]
    expect(observe(alerts, reading(agent, proxy), undefined)).toEqual(
      observe([...alerts].reverse(), reading(agent, proxy), undefined),
    )
  })

  it('has each DaemonSet judged in its own namespace, and once in a round', async () => {
    const { bot } = await quietWorld()
    const spec = { selector: { matchLabels: { app: 'a' } }, template: {} }
    const daemonSets = ['one', 'two'].map((namespace) => ({
      metadata: { namespace, name: 'agent', uid: namespace },
      spec,
    }))
    const snapshot = {
      takenAt: alert('').startsAt,
      daemonSets,
      nodes: [],
      pods: [],
      unreadable: [],
    }
    const { diagnosis: of } = readingOf(bot, snapshot, [])
    expect(['one', 'two'].map((namespace) => of(namespace, 'agent')?.uid)).toEqual(['one', 'two'])
    expect(of('one', 'agent')).toBe(of('one', 'agent'))
  })

  it('goes on without a DaemonSet that a bug keeps from being judged', async () => {
    const { bot } = await quietWorld()
    const good = {
      metadata: { namespace: 'datadog', name: 'agent', uid: 'u' },
      spec: { selector: { matchLabels: { app: 'a' } }, template: {} },
    }
    const broken = {
      ...good,
      metadata: { namespace: 'datadog', name: 'proxy', uid: 'p' },
      get status(): never {
        throw new Error('a bug')
      },
    }
    const daemonSets = [broken, good]
    const snapshot = {
      takenAt: alert('').startsAt,
      daemonSets,
      nodes: [],
      pods: [],
      unreadable: [],
    }
    const { diagnosis: of } = readingOf(bot, snapshot, [])
    expect(of('datadog', 'proxy')).toBeUndefined()
    expect(of('datadog', 'agent')?.uid).toBe('u')
  })

  it('is unreadable, not cleared, if one of its DaemonSets could not be judged', () => {
    const alerts = [alert('agent', { state: 'absent' }), alert('proxy')]
    expect(observe(alerts, reading(agent), undefined).state).toBe('unreadable')
  })

  it('keeps the last diagnoses if the cluster is unreadable, and says why', () => {
    const last = observationAs('open', [agent])
    const observation = observe([alert('agent')], unreadable, last)
    expect(observation).toMatchObject({
      state: 'unreadable',
      unreadable: 'no answer',
      diagnoses: [agent],
    })
  })

  it('is unreadable, not closed, if the pods could not be read and so nothing counts', () => {
    const unread: Reading = {
      readable: false,
      reason: 'pods: forbidden',
      ending: () => undefined,
      diagnosis: () => diagnosis(),
    }
    const { state } = observe([alert('agent', { state: 'absent' })], unread, undefined)
    expect(state).toBe('unreadable')
  })

  it('takes the new diagnosis once the cluster is readable', () => {
    const observation = observe(
      [alert('agent')],
      reading(agent),
      observationAs('unreadable', [proxy], { unreadable: 'no answer' }),
    )
    expect(observation.diagnoses).toEqual([agent])
    expect(observation.unreadable).toBeUndefined()
  })

  it('keeps what was posted and the time of the last broadcast', () => {
    const posted = { state: 'open', causes: ['T4'], nodes: 1 } as const
    const last = observationAs('open', [agent], {
      posted,
      lastBroadcast: '2026-11-24T03:00:00.000Z',
      mentions: [],
      quiet: ['datadog/agent'],
    })
    expect(observe([alert('agent')], reading(agent), last)).toMatchObject({
      posted,
      lastBroadcast: '2026-11-24T03:00:00.000Z',
      mentions: [],
      quiet: ['datadog/agent'],
    })
  })

  it('is the same after it was stored', () => {
    const observation = observationAs('open', [
      diagnosis({ nodes: ['n1'], findings: [finding('T4')] }),
    ])
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

test('a node with several DaemonSets is listed once', () => {
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
  ['the alert fires and the count is above 0', [firing(true)], 'open'],
  ['the alert fires and the count is 0', [firing(false)], 'fixed'],
  ['the alert is absent and the count is above 0', [absent(true)], 'cleared'],
  ['the alert is absent and the count is 0', [absent(false)], 'closed'],
  ['the cluster is unreadable and the alert fires', [firing(undefined)], 'unreadable'],
  ['the cluster is unreadable and the alert is absent', [absent(undefined)], 'unreadable'],
  ['one of several is open', [absent(false), firing(false), absent(true), firing(true)], 'open'],
  [
    'one of several is unreadable and none is open',
    [absent(false), firing(undefined)],
    'unreadable',
  ],
  ['one is cleared and one fixed', [firing(false), absent(true)], 'cleared'],
  ['one is fixed and the others are closed', [absent(false), firing(false)], 'fixed'],
  ['there are no alerts', [], 'closed'],
] as const)('%s', (_, evidence, state) => {
  expect(incidentState(evidence)).toBe(state)
})
