import {
  CONTAINERS,
  GPU,
  HELD_BY_FINALIZER,
  TOLERATES_GPU,
  type VerdictScenario,
} from './reproduce.ts'
import { makeDaemonSet, waitForStatus } from './workload.ts'

/** Pods of another origin, and a status that is not true. */
export const STATUS_SCENARIOS: readonly VerdictScenario[] = [
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
