import { describe, expect, test } from 'vitest'
import { predict } from '../src/daemonset/predict.ts'
import { recount } from '../src/daemonset/recount.ts'
import { type World, worldOf } from '../src/daemonset/world.ts'
import type {
  DaemonSet,
  Node,
  Pod,
  SelectorRequirement,
  Taint,
  Toleration,
} from '../src/kubernetes/objects.ts'

// mulberry32: the same seed gives the same cluster, so a failure can be reproduced from its seed.
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

interface Case {
  readonly daemonSet: DaemonSet
  readonly world: World
  readonly toleration: Toleration
}

function randomCase(seed: number): Case {
  const next = random(seed)
  const one = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T
  const some = <T>(most: number, make: () => T): readonly T[] =>
    Array.from({ length: Math.floor(next() * (most + 1)) }, make)
  const taint = (): Taint => ({
    key: one(['a', 'b', 'c']),
    value: one(['', '1', '2']),
    effect: one(['NoSchedule', 'NoSchedule', 'NoExecute', 'PreferNoSchedule']),
  })
  const toleration = (): Toleration => ({
    key: one(['a', 'b', 'c', '']),
    operator: one(['Exists', 'Equal', 'Gt', '']),
    value: one(['', '1', '2']),
    effect: one(['', 'NoSchedule', 'NoExecute']),
  })
  const requirement = (): SelectorRequirement => ({
    key: one(['pool', 'zone']),
    operator: one(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Odd']),
    values: some(2, () => one(['1', '2', 'x'])),
  })
  const terms = some(2, () => ({ matchExpressions: some(2, requirement) }))
  const nodes = some(8, () => 0).map(
    (_, index): Node => ({
      metadata: {
        name: `n${index}`,
        labels: next() < 0.7 ? { pool: one(['1', '2', 'x']) } : { zone: one(['1', '2']) },
      },
      spec: { taints: some(3, taint) },
    }),
  )
  const owner = { kind: 'DaemonSet', name: 'd', uid: 'u', controller: true }
  const pods = some(12, () => 0).map(
    (_, index): Pod => ({
      metadata: {
        name: `p${index}`,
        namespace: 'x',
        labels: { app: 'd' },
        ownerReferences: next() < 0.9 ? [owner] : [],
      },
      spec: { nodeName: `n${Math.floor(next() * 9)}` },
      status: {
        phase: one(['Running', 'Pending', 'Failed']),
        conditions: [{ type: 'Ready', status: one(['True', 'False']) }],
      },
    }),
  )
  const affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  }
  const spec = { tolerations: some(2, toleration), ...(next() < 0.4 ? { affinity } : {}) }
  const updateStrategy = { type: one(['RollingUpdate', 'OnDelete']) }
  return {
    daemonSet: {
      metadata: { name: 'd', namespace: 'x', uid: 'u' },
      spec: { selector: { matchLabels: { app: 'd' } }, template: { spec }, updateStrategy },
    },
    world: worldOf({ nodes, pods, now: '2026-11-24T03:00:00Z' }),
    toleration: toleration(),
  }
}

const seeds = Array.from({ length: 400 }, (_, index) => index + 1)

describe('in any cluster', () => {
  test('another toleration never lowers the desired number', () => {
    for (const seed of seeds) {
      const { daemonSet, world, toleration } = randomCase(seed)
      const { before, after } = predict(daemonSet, world, {
        kind: 'tolerate',
        tolerations: [toleration],
      })
      expect(after.desiredNumberScheduled, `seed ${seed}`).toBeGreaterThanOrEqual(
        before.desiredNumberScheduled,
      )
    }
  })

  test('the order of taints, nodes and pods does not matter', () => {
    for (const seed of seeds) {
      const { daemonSet, world } = randomCase(seed)
      const { lists } = world
      const reversed = worldOf({
        ...lists,
        nodes: [...lists.nodes]
          .reverse()
          .map((node) => ({ ...node, spec: { taints: [...(node.spec?.taints ?? [])].reverse() } })),
        pods: [...lists.pods].reverse(),
      })
      expect(recount(daemonSet, reversed).count, `seed ${seed}`).toEqual(
        recount(daemonSet, world).count,
      )
    }
  })

  test('deleting all misscheduled pods leaves nothing misscheduled and everything else unchanged', () => {
    for (const seed of seeds) {
      const { daemonSet, world } = randomCase(seed)
      const pods = recount(daemonSet, world)
        .nodes.filter(({ misscheduled }) => misscheduled)
        .flatMap((node) => node.pods)
      const { before, after } = predict(daemonSet, world, { kind: 'delete-pods', pods })
      expect(after, `seed ${seed}`).toEqual({ ...before, numberMisscheduled: 0 })
    }
  })

  test('adding and removing a taint leaves the decisions unchanged', () => {
    for (const seed of seeds) {
      const { daemonSet, world } = randomCase(seed)
      const nodes = world.lists.nodes.map(({ metadata }) => metadata.name)
      const tainted = worldOf({
        ...world.lists,
        nodes: world.lists.nodes.map((node) => ({
          ...node,
          spec: { taints: [...(node.spec?.taints ?? []), { key: 'new', effect: 'NoSchedule' }] },
        })),
      })
      const { after } = predict(daemonSet, tainted, { kind: 'remove-taint', nodes, key: 'new' })
      expect(after.desiredNumberScheduled, `seed ${seed}`).toBe(
        recount(daemonSet, world).count.desiredNumberScheduled,
      )
    }
  })

  test('a NoSchedule taint moves nodes from scheduled to misscheduled, one for one', () => {
    for (const seed of seeds) {
      const { daemonSet, world } = randomCase(seed)
      const nodes = world.lists.nodes.map(({ metadata }) => metadata.name)
      const { before, after } = predict(daemonSet, world, {
        kind: 'taint',
        nodes,
        taint: { key: 'new', effect: 'NoSchedule' },
      })
      const held = (count: typeof before) => count.currentNumberScheduled + count.numberMisscheduled
      expect(held(after), `seed ${seed}`).toBe(held(before))
      expect(after.numberMisscheduled, `seed ${seed}`).toBeGreaterThanOrEqual(
        before.numberMisscheduled,
      )
    }
  })

  test('every node that should not run the pod has reasons, and exactly one decides', () => {
    for (const seed of seeds) {
      const { daemonSet, world } = randomCase(seed)
      for (const { shouldRun, reasons, name } of recount(daemonSet, world).nodes) {
        expect(reasons.filter(({ decides }) => decides).length, `seed ${seed}, ${name}`).toBe(
          shouldRun ? 0 : 1,
        )
      }
    }
  })
})
