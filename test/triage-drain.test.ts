import { describe, expect, it } from 'vitest'
import type {
  Event,
  Node,
  Pod,
  PodDisruptionBudget,
  Snapshot,
  Taint,
} from '../src/kubernetes/objects.ts'
import { type Drain, drainOf } from '../src/triage/drain/drain.ts'
import { leavingByTaint } from '../src/triage/drain/leaving.ts'
import { indexSnapshot } from '../src/triage/facts/snapshot-index.ts'
import { plain } from '../src/words/words.ts'
import { minutesAgo, node, noSchedule, snapshot, unixSeconds, worker } from './triage-world.ts'

const AUTOSCALER = 'ToBeDeletedByClusterAutoscaler'

function drain(
  one: Node,
  taint: Taint,
  pods: readonly Pod[] = [],
  parts: Partial<Snapshot> = {},
): Drain {
  return drainOf(
    indexSnapshot(snapshot({ nodes: [one], pods, ...parts })),
    one,
    leavingByTaint(one, taint),
  )
}

function decided(minutes: number): Taint {
  return noSchedule(AUTOSCALER, unixSeconds(minutesAgo(minutes)))
}

function scaleDown(minutes: number): Event {
  return {
    metadata: { name: 'e', namespace: 'default' },
    involvedObject: { kind: 'Node', name: 'a' },
    reason: 'ScaleDown',
    lastTimestamp: minutesAgo(minutes),
  }
}

function budget(allowed: number): PodDisruptionBudget {
  return {
    metadata: { name: 'keep', namespace: 'ci' },
    spec: { selector: { matchLabels: { app: 'worker' } } },
    status: { disruptionsAllowed: allowed },
  }
}

describe('a node that the cluster autoscaler removes', () => {
  it('is draining for 20 min from the time in the taint’s value', () => {
    expect(drain(node('a'), decided(9))).toMatchObject({
      state: 'draining',
      since: { at: minutesAgo(9), from: 'value' },
    })
  })

  it('should be gone 755 s + 8 min after the decision, or 8 min after the last grace period', () => {
    const removal = { machineMs: 5 * 60_000, objectMs: 3 * 60_000 }
    expect(drain(node('a'), decided(9))).toMatchObject({
      until: '2026-11-24T03:23:35Z',
      estimate: { podsBy: '2026-11-24T03:15:35Z', ...removal },
    })
    const slow = worker('a', {
      deletionTimestamp: minutesAgo(-20),
      deletionGracePeriodSeconds: 1500,
    })
    expect(drain(node('a'), decided(9), [slow])).toMatchObject({
      until: minutesAgo(-28),
      estimate: { podsBy: minutesAgo(-20), pod: 'ci/worker-1', ...removal },
    })
    const quick = worker('a', { deletionTimestamp: minutesAgo(-1) })
    expect(drain(node('a'), decided(9), [quick]).until).toBe(minutesAgo(-9))
    const other = worker('a', { name: 'worker-2' })
    expect(drain(node('a'), decided(9), [quick, other]).until).toBe('2026-11-24T03:23:35Z')
  })

  it('gets 2 min more if an annotation delays the deletion', () => {
    const delayed = node('a', {
      metadata: { annotations: { 'delay-deletion.cluster-autoscaler.kubernetes.io/x': 'true' } },
    })
    expect(drain(delayed, decided(9)).until).toBe('2026-11-24T03:25:35Z')
  })

  it('is left over if it takes longer than the limit and nothing acts on it', () => {
    expect(drain(node('a'), decided(25)).state).toBe('left-over')
  })

  it('is not left over while there are recent autoscaler events or stopping pods', () => {
    expect(drain(node('a'), decided(25), [], { events: [scaleDown(4)] }).state).toBe('draining')
    expect(drain(node('a'), decided(25), [], { events: [scaleDown(14)] }).state).toBe('left-over')
    expect(
      drain(node('a'), decided(25), [worker('a', { deletionTimestamp: minutesAgo(-5) })]).state,
    ).toBe('draining')
  })

  it('is left over earlier if the autoscaler’s Lease has expired', () => {
    const lease = {
      metadata: { name: 'cluster-autoscaler', namespace: 'kube-system' },
      spec: { leaseDurationSeconds: 15, renewTime: minutesAgo(12) },
    }
    expect(drain(node('a'), decided(13), [], { leases: [lease] }).state).toBe('left-over')
  })

  it('is silent if it has not reported for long and the limit has passed, whatever the machine does', () => {
    expect(drain(node('a', { ready: 'Unknown' }), decided(25)).state).toBe('silent')
    expect(drain(node('a', { ready: 'False' }), decided(25)).state).toBe('left-over')
    expect(drain(node('a', { ready: 'Unknown' }), decided(15)).state).toBe('draining')
  })

  it('is blocked by a pod whose PodDisruptionBudget allows no disruptions', () => {
    expect(
      drain(node('a'), decided(9), [worker('a')], { podDisruptionBudgets: [budget(0)] }),
    ).toMatchObject({
      state: 'blocked',
      blockers: [{ pod: 'ci/worker-1' }],
    })
    expect(
      drain(node('a'), decided(9), [worker('a')], { podDisruptionBudgets: [budget(1)] }).state,
    ).toBe('draining')
  })

  it('stays blocked for an hour, whatever the limit; then it is left over unless it is cordoned', () => {
    const held = (minutes: number, unschedulable = false) =>
      drain(node('a', { unschedulable }), decided(minutes), [worker('a')], {
        podDisruptionBudgets: [budget(0)],
      }).state
    expect([held(25), held(59), held(61), held(61, true)]).toEqual([
      'blocked',
      'blocked',
      'left-over',
      'blocked',
    ])
  })

  it('is blocked by two budgets for one pod, which the eviction API refuses', () => {
    const two = [budget(1), { ...budget(1), metadata: { name: 'other', namespace: 'ci' } }]
    const [blocker] = drain(node('a'), decided(9), [worker('a')], {
      podDisruptionBudgets: two,
    }).blockers
    expect(plain(blocker?.why ?? [])).toBe(
      '2 PodDisruptionBudgets select it (`keep, other`), and the eviction API refuses such pods',
    )
  })

  it('is blocked by a pod without a controller, and by one past its grace period', () => {
    expect(drain(node('a'), decided(9), [worker('a', { ownerReferences: [] })]).state).toBe(
      'blocked',
    )
    const stuck = worker('a', { deletionTimestamp: minutesAgo(3), finalizers: ['example.com/x'] })
    const { state, blockers } = drain(node('a'), decided(9), [stuck])
    expect(state).toBe('blocked')
    expect(plain(blockers[0]?.why ?? [])).toBe(
      'its grace period ended at 2026-11-24 03:09 UTC, but finalizer `example.com/x` is still set',
    )
  })

  it('does not wait for daemon pods, static pods and finished pods', () => {
    const daemon = worker('a', {
      name: 'd',
      ownerReferences: [{ kind: 'DaemonSet', name: 'd', uid: 'd', controller: true }],
    })
    const mirror = worker('a', {
      name: 'm',
      ownerReferences: [],
      annotations: { 'kubernetes.io/config.mirror': 'x' },
    })
    const ended = {
      ...worker('a', { name: 'e', ownerReferences: [] }),
      status: { phase: 'Succeeded' },
    }
    expect(drain(node('a'), decided(9), [daemon, mirror, ended])).toMatchObject({
      state: 'draining',
      remaining: 0,
      blockers: [],
    })
  })
})

describe('a node that Karpenter replaces', () => {
  const taint = noSchedule('karpenter.sh/disrupted')

  it('is blocked by a do-not-disrupt annotation, for the duration in its value', () => {
    const annotated = (value: string, made: number) =>
      worker('a', {
        creationTimestamp: minutesAgo(made),
        annotations: { 'karpenter.sh/do-not-disrupt': value },
      })
    expect(drain(node('a'), taint, [annotated('true', 500)]).state).toBe('blocked')
    expect(drain(node('a'), taint, [annotated('1h', 30)]).state).toBe('blocked')
    expect(drain(node('a'), taint, [annotated('1h', 90)]).state).toBe('draining')
  })

  it('does not wait for pods that tolerate its taint', () => {
    const tolerant = worker(
      'a',
      { ownerReferences: [] },
      { tolerations: [{ key: 'karpenter.sh/disrupted', operator: 'Exists' }] },
    )
    expect(drain(node('a'), taint, [tolerant])).toMatchObject({ state: 'draining', remaining: 0 })
  })

  it('is left over after 1 h, unless it is being deleted', () => {
    const old = { taintsBy: ['karpenter', minutesAgo(70)] as const }
    expect(drain(node('a', old), taint).state).toBe('left-over')
    expect(
      drain(
        node('a', {
          ...old,
          metadata: { deletionTimestamp: minutesAgo(68), finalizers: ['karpenter.sh/termination'] },
        }),
        taint,
      ).state,
    ).toBe('draining')
  })
})

it('a machine with the shutdown taint is off, unless the node is Ready', () => {
  const taint = noSchedule('node.cloudprovider.kubernetes.io/shutdown')
  expect(drain(node('a', { ready: 'Unknown', taints: [taint] }), taint).state).toBe('machine-off')
  expect(drain(node('a', { taints: [taint] }), taint).state).toBe('left-over')
})
