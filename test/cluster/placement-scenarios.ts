import type { NodeSelectorTerm, Taint } from '../../src/kubernetes/objects.ts'
import { STAYS_TERMINATING_ANNOTATION } from './kwok.ts'
import { until } from './processes.ts'
import {
  denyDeletion,
  HELD_BY_FINALIZER,
  untilUnreachable,
  type VerdictScenario,
} from './reproduce.ts'
import { labelNode, stopHeartbeat } from './workload.ts'

const EVICT: Taint = { key: 'maintenance', effect: 'NoExecute' }
/** Keeps the pod in Terminating for its whole grace period. */
const STAYS_TERMINATING = { metadata: { annotations: { [STAYS_TERMINATING_ANNOTATION]: '' } } }
const requiredAffinity = (term: NodeSelectorTerm) => ({
  spec: {
    template: {
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
          },
        },
      },
    },
  },
})

/** The controller deletes the pods, and something holds them. */
export const PLACEMENT_SCENARIOS: readonly VerdictScenario[] = [
  {
    name: 'p1',
    findings: ['P1/K1'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async trigger(set) {
      await set.patchPod(0, STAYS_TERMINATING)
      await labelNode(set.cluster, set.node(1), { tier: 'gold' })
      await set.patch({ spec: { template: { spec: { nodeSelector: { tier: 'gold' } } } } })
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p2',
    findings: ['P2/K4'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 1 } },
    async trigger(set) {
      await set.patchPod(0, HELD_BY_FINALIZER)
      await labelNode(set.cluster, set.node(0), { case: 'other' })
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p5-k1',
    findings: ['P5/K1'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async trigger(set) {
      await set.patchPod(0, STAYS_TERMINATING)
      await set.taint(0, EVICT)
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p5-k4',
    findings: ['P5/K4'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 1 } },
    async trigger(set) {
      await set.patchPod(0, HELD_BY_FINALIZER)
      await set.taint(0, EVICT)
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p5-k5',
    findings: ['P5/K5'],
    nodes: [[], []],
    async trigger(set) {
      await denyDeletion(set)
      await set.taint(0, EVICT)
      await until('an event for a denied deletion', async () => {
        const events = await set.cluster.kubectl([
          '-n',
          set.namespace,
          'get',
          'events',
          '-o',
          'name',
          '--field-selector=reason=FailedDelete',
        ])
        return events !== '' || undefined
      })
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p5-k2',
    findings: ['P5/K2'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 1 } },
    async trigger(set) {
      await stopHeartbeat(set.cluster, set.node(0))
      await untilUnreachable(set)
      await set.taint(0, EVICT)
      await set.waitUntilTerminating(0)
      // Before its grace period of 1 s has passed, the pod only counts as stopping.
      await new Promise((resolve) => setTimeout(resolve, 3000))
      await set.waitUntilCounted(1)
    },
  },
  {
    // The API server accepts the value, but the controller cannot parse it as a number.
    name: 'p3',
    findings: ['P3/K1'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async trigger(set) {
      await set.patchPod(0, STAYS_TERMINATING)
      await set.patch(
        requiredAffinity({ matchExpressions: [{ key: 'cpus', operator: 'Gt', values: ['many'] }] }),
      )
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p3-empty',
    findings: ['P3/K1'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async trigger(set) {
      await set.patchPod(0, STAYS_TERMINATING)
      await set.patch(requiredAffinity({}))
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p4',
    findings: ['P4/K1'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async trigger(set) {
      await set.patchPod(0, STAYS_TERMINATING)
      await set.patch({ spec: { template: { spec: { nodeName: set.node(1) } } } })
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p2-k3',
    findings: ['P2/K3'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 1 } },
    async trigger(set) {
      await set.patchPod(0, STAYS_TERMINATING)
      await labelNode(set.cluster, set.node(0), { case: 'other' })
      await set.waitUntilTerminating(0)
      // Until its grace period of 1 s is over, this is K1.
      await new Promise((resolve) => setTimeout(resolve, 3000))
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p2-k6',
    findings: ['P2/K6'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async trigger(set) {
      for (const _ of [1, 2, 3]) {
        await labelNode(set.cluster, set.node(0), { case: 'other' })
        await set.waitFor(({ desiredNumberScheduled }) => desiredNumberScheduled === 1)
        await labelNode(set.cluster, set.node(0), { case: set.namespace })
        await set.waitFor(({ numberReady }) => numberReady === 2)
      }
      // Keeps the last pod for the scan; otherwise it would be gone within a second.
      await set.patchPod(0, STAYS_TERMINATING)
      await labelNode(set.cluster, set.node(0), { case: 'other' })
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
  {
    // The rollout created and deleted pods too, but nothing flaps.
    name: 'p2-k1-rollout',
    findings: ['P2/K1'],
    nodes: [[], [], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async trigger(set) {
      await set.patch({ spec: { template: { metadata: { annotations: { version: '2' } } } } })
      await set.waitFor(
        ({ observedGeneration = 0, updatedNumberScheduled, numberReady }) =>
          observedGeneration > 1 && updatedNumberScheduled === 3 && numberReady === 3,
      )
      await set.patchPod(0, STAYS_TERMINATING)
      await labelNode(set.cluster, set.node(0), { case: 'other' })
      await set.waitUntilTerminating(0)
      await set.waitUntilCounted(1)
    },
  },
]
