import type { PodSpec, Taint } from '../../src/kubernetes/objects.ts'
import { MERGE_PATCH } from './api.ts'
import { STAYS_TERMINATING_ANNOTATION } from './kwok.ts'
import { until } from './processes.ts'
import { denyDeletion, untilUnreachable, type VerdictScenario } from './reproduce.ts'
import { labelNode, makeDaemonSet, stopHeartbeat, waitForStatus } from './workload.ts'

const GPU: Taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }
const EVICT: Taint = { key: 'maintenance', effect: 'NoExecute' }
const TOLERATES_GPU: PodSpec = {
  tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
}
const CONTAINERS = [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }]
/** Keeps the pod in Terminating for its whole grace period. */
const STAYS_TERMINATING = { metadata: { annotations: { [STAYS_TERMINATING_ANNOTATION]: '' } } }
const HELD_BY_FINALIZER = { metadata: { finalizers: ['example.com/held'] } }

/** The causes that a control plane without kubelets and cloud controllers can reproduce. */
export const VERDICT_SCENARIOS: readonly VerdictScenario[] = [
  {
    name: 't1',
    findings: ['T1'],
    nodes: [[], []],
    async trigger(set) {
      await stopHeartbeat(set.cluster, set.node(0))
      await untilUnreachable(set)
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't3',
    findings: ['T3'],
    remedy: 'tolerate',
    nodes: [[], [], []],
    async trigger(set) {
      await set.taint(1, GPU)
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't4',
    findings: ['T4'],
    variant: 'draining',
    remedy: 'tolerate',
    nodes: [[], []],
    async trigger(set) {
      const { request } = set.cluster
      await request('POST', '/api/v1/namespaces/default/pods', {
        metadata: { name: 'worker', annotations: { [STAYS_TERMINATING_ANNOTATION]: '' } },
        spec: { nodeName: set.node(0), terminationGracePeriodSeconds: 600, containers: CONTAINERS },
      })
      await request(
        'PATCH',
        `/api/v1/nodes/${set.node(0)}`,
        { spec: { unschedulable: true } },
        MERGE_PATCH,
      )
      const decided = String(Math.floor(Date.now() / 1000))
      await set.taint(0, {
        key: 'ToBeDeletedByClusterAutoscaler',
        value: decided,
        effect: 'NoSchedule',
      })
      await request('DELETE', '/api/v1/namespaces/default/pods/worker')
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't6',
    findings: ['T6'],
    remedy: 'delete-pod',
    nodes: [[GPU], [GPU], []],
    async trigger(set) {
      await set.taint(2, GPU)
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't7',
    findings: ['T7'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { podSpec: TOLERATES_GPU, updateStrategy: { type: 'OnDelete' } },
    async trigger(set) {
      await set.patch({ spec: { template: { spec: { tolerations: null } } } })
      await set.waitUntilCounted(1)
    },
  },
  {
    // No node is desired, and a percentage of 0 is 0, so the rollout never starts.
    name: 't8',
    findings: ['T8'],
    variant: 'none-desired',
    remedy: 'delete-pod',
    nodes: [[GPU], [GPU]],
    spec: {
      podSpec: TOLERATES_GPU,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
    },
    async trigger(set) {
      await set.patch({ spec: { template: { spec: { tolerations: null } } } })
      await set.waitUntilCounted(2)
    },
  },
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
    name: 'o1',
    findings: ['O1'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { updateStrategy: { type: 'OnDelete' } },
    async trigger(set) {
      await set.cluster.request('POST', `/api/v1/namespaces/${set.namespace}/pods`, {
        metadata: { name: 'by-hand', labels: { app: 'agent' } },
        spec: { nodeName: set.node(0), containers: CONTAINERS },
      })
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'o2',
    findings: ['O2'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { updateStrategy: { type: 'OnDelete' } },
    async trigger(set) {
      const other = { namespace: set.namespace, name: 'other' }
      const make = () =>
        makeDaemonSet(set.cluster, {
          ...other,
          matchLabels: { app: 'agent' },
          podSpec: { ...TOLERATES_GPU, nodeSelector: { 'kubernetes.io/hostname': set.node(0) } },
        })
      await make()
      await waitForStatus(set.cluster, other, ({ numberReady }) => numberReady === 1)
      await set.cluster.kubectl([
        '-n',
        set.namespace,
        'delete',
        'daemonset',
        'other',
        '--cascade=orphan',
      ])
      await set.waitUntilCounted(1)
      await make()
    },
  },
  {
    name: 'o3',
    findings: ['O3'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { podSpec: TOLERATES_GPU, updateStrategy: { type: 'OnDelete' } },
    async trigger(set) {
      const { kubectl } = set.cluster
      await kubectl(['-n', set.namespace, 'delete', 'daemonset', 'agent', '--cascade=orphan'])
      // Timestamps of the API have whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const podSpec = { nodeSelector: { case: set.namespace } }
      await makeDaemonSet(set.cluster, { ...set, podSpec, updateStrategy: { type: 'OnDelete' } })
      await set.waitUntilCounted(1)
    },
  },
  {
    name: 'p5-k2',
    findings: ['P5/K2', 'T1'],
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
    name: 's6',
    findings: ['T3', 'S6'],
    remedy: 'recount',
    nodes: [[], []],
    async trigger(set) {
      // Wait until no pending event of the new pods can make the controller count.
      await new Promise((resolve) => setTimeout(resolve, 5000))
      await set.taint(0, GPU)
    },
  },
  {
    name: 's3',
    findings: ['S3'],
    variant: 'deletion',
    nodes: [[], []],
    async trigger(set) {
      await set.taint(0, GPU)
      await set.touchUntilCounted(1)
      await set.patch(HELD_BY_FINALIZER)
      await set.cluster.request('DELETE', set.path)
    },
  },
]
