import type { Node, PodSpec, Taint } from '../../src/kubernetes/objects.ts'
import type { RemedyKind } from '../../src/triage/remedies/remedy.ts'
import { MERGE_PATCH } from './api.ts'
import type { TestCluster } from './control-plane.ts'
import { LINGER_ANNOTATION } from './kwok.ts'
import { until } from './processes.ts'
import {
  addTaint,
  type DaemonSetOptions,
  labelNode,
  listPods,
  makeDaemonSet,
  makeNamespace,
  makeNode,
  silenceNode,
  touchUntilCounted,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

/** One situation, made for real in a namespace and on nodes of its own. */
export interface Scene {
  /** Also the namespace; the DaemonSet is `agent`, its nodes `<name>-0`, …, and it runs on no other. */
  readonly name: string
  /** Findings that it must lead to, in order: an id, or an id and what holds the pods, `P5/K1`. */
  readonly findings: readonly string[]
  readonly variant?: string
  /** An answer that is tried for real: what was predicted of it must come. */
  readonly remedy?: RemedyKind
  /** Taints of each node from its birth. */
  readonly nodes: readonly (readonly Taint[])[]
  readonly spec?: Omit<DaemonSetOptions, 'name' | 'namespace'>
  /** From a DaemonSet whose pods all run to the situation. */
  happen(set: Stage): Promise<void>
}

/** The scene's DaemonSet, and what is done to it and its surroundings. */
export interface Stage {
  readonly cluster: TestCluster
  readonly namespace: string
  readonly name: string
  readonly path: string
  node(index: number): string
  taint(index: number, taint: Taint): Promise<void>
  /** Touches the DaemonSet until the controller counts so many misscheduled nodes. */
  touchedUntil(misscheduled: number): Promise<void>
  patch(patch: unknown): Promise<unknown>
  /** Waits until the controller counts so many misscheduled nodes. */
  counted(misscheduled: number): Promise<unknown>
  /** Patches the pod on a node. */
  patchPod(index: number, patch: unknown): Promise<void>
  /** Waits until the pod on a node is being deleted. */
  terminating(index: number): Promise<unknown>
}

const GPU: Taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }
const EVICT: Taint = { key: 'maintenance', effect: 'NoExecute' }
const TOLERATES_GPU: PodSpec = {
  tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
}
const CONTAINERS = [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }]
/** A pod that takes its hour to stop. */
const LINGERS = { metadata: { annotations: { [LINGER_ANNOTATION]: '' } } }
const HELD = { metadata: { finalizers: ['example.com/held'] } }

export const SCENES: readonly Scene[] = [
  {
    name: 't1',
    findings: ['T1'],
    nodes: [[], []],
    async happen(set) {
      await silenceNode(set.cluster, set.node(0))
      await untilUnreachable(set)
      await set.touchedUntil(1)
    },
  },
  {
    name: 't3',
    findings: ['T3'],
    remedy: 'tolerate',
    nodes: [[], [], []],
    async happen(set) {
      await set.taint(1, GPU)
      await set.touchedUntil(1)
    },
  },
  {
    name: 't4',
    findings: ['T4'],
    variant: 'draining',
    remedy: 'tolerate',
    nodes: [[], []],
    async happen(set) {
      const { request } = set.cluster
      await request('POST', '/api/v1/namespaces/default/pods', {
        metadata: { name: 'worker', annotations: { [LINGER_ANNOTATION]: '' } },
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
      await set.touchedUntil(1)
    },
  },
  {
    name: 't6',
    findings: ['T6'],
    remedy: 'delete-pod',
    nodes: [[GPU], [GPU], []],
    async happen(set) {
      await set.taint(2, GPU)
      await set.touchedUntil(1)
    },
  },
  {
    name: 't7',
    findings: ['T7'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { podSpec: TOLERATES_GPU, updateStrategy: { type: 'OnDelete' } },
    async happen(set) {
      await set.patch({ spec: { template: { spec: { tolerations: null } } } })
      await set.counted(1)
    },
  },
  {
    // No node is right any more, and a percentage of none is none: the roll-out never begins.
    name: 't8',
    findings: ['T8'],
    variant: 'none-desired',
    remedy: 'delete-pod',
    nodes: [[GPU], [GPU]],
    spec: {
      podSpec: TOLERATES_GPU,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
    },
    async happen(set) {
      await set.patch({ spec: { template: { spec: { tolerations: null } } } })
      await set.counted(2)
    },
  },
  {
    name: 'p1',
    findings: ['P1/K1'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async happen(set) {
      await set.patchPod(0, LINGERS)
      await labelNode(set.cluster, set.node(1), { tier: 'gold' })
      await set.patch({ spec: { template: { spec: { nodeSelector: { tier: 'gold' } } } } })
      await set.terminating(0)
      await set.counted(1)
    },
  },
  {
    name: 'p2',
    findings: ['P2/K4'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 1 } },
    async happen(set) {
      await set.patchPod(0, HELD)
      await labelNode(set.cluster, set.node(0), { case: 'other' })
      await set.terminating(0)
      await set.counted(1)
    },
  },
  {
    name: 'p5-k1',
    findings: ['P5/K1'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 3600 } },
    async happen(set) {
      await set.patchPod(0, LINGERS)
      await set.taint(0, EVICT)
      await set.terminating(0)
      await set.counted(1)
    },
  },
  {
    name: 'p5-k4',
    findings: ['P5/K4'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 1 } },
    async happen(set) {
      await set.patchPod(0, HELD)
      await set.taint(0, EVICT)
      await set.terminating(0)
      await set.counted(1)
    },
  },
  {
    name: 'p5-k5',
    findings: ['P5/K5'],
    nodes: [[], []],
    async happen(set) {
      await denyDeletion(set)
      await set.taint(0, EVICT)
      await until('a refused deletion', async () => {
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
      await set.counted(1)
    },
  },
  {
    name: 'o1',
    findings: ['O1'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { updateStrategy: { type: 'OnDelete' } },
    async happen(set) {
      await set.cluster.request('POST', `/api/v1/namespaces/${set.namespace}/pods`, {
        metadata: { name: 'by-hand', labels: { app: 'agent' } },
        spec: { nodeName: set.node(0), containers: CONTAINERS },
      })
      await set.counted(1)
    },
  },
  {
    name: 'o2',
    findings: ['O2'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { updateStrategy: { type: 'OnDelete' } },
    async happen(set) {
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
      await set.counted(1)
      await make()
    },
  },
  {
    name: 'o3',
    findings: ['O3'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { podSpec: TOLERATES_GPU, updateStrategy: { type: 'OnDelete' } },
    async happen(set) {
      const { kubectl } = set.cluster
      await kubectl(['-n', set.namespace, 'delete', 'daemonset', 'agent', '--cascade=orphan'])
      // The API tells times in whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const podSpec = { nodeSelector: { case: set.namespace } }
      await makeDaemonSet(set.cluster, { ...set, podSpec, updateStrategy: { type: 'OnDelete' } })
      await set.counted(1)
    },
  },
  {
    name: 'p5-k2',
    findings: ['P5/K2', 'T1'],
    nodes: [[], []],
    spec: { podSpec: { terminationGracePeriodSeconds: 1 } },
    async happen(set) {
      await silenceNode(set.cluster, set.node(0))
      await untilUnreachable(set)
      await set.taint(0, EVICT)
      await set.terminating(0)
      // Its grace period of a second must be over, or it is merely stopping.
      await new Promise((resolve) => setTimeout(resolve, 3000))
      await set.counted(1)
    },
  },
  {
    name: 's6',
    findings: ['T3', 'S6'],
    remedy: 'recount',
    nodes: [[], []],
    async happen(set) {
      // Until no event of its young pods is left that would make the controller count.
      await new Promise((resolve) => setTimeout(resolve, 5000))
      await set.taint(0, GPU)
    },
  },
  {
    name: 's3',
    findings: ['S3'],
    variant: 'deletion',
    nodes: [[], []],
    async happen(set) {
      await set.taint(0, GPU)
      await set.touchedUntil(1)
      await set.patch(HELD)
      await set.cluster.request('DELETE', set.path)
    },
  },
]

/** Makes nodes and DaemonSet, waits until all runs, and lets it happen. */
export async function play(cluster: TestCluster, scene: Scene): Promise<void> {
  const { name: namespace, nodes, spec = {} } = scene
  const node = (index: number) => `${namespace}-${index}`
  const names = nodes.map((_, index) => node(index))
  await Promise.all(
    nodes.map((taints, index) =>
      makeNode(cluster, node(index), { labels: { case: namespace, pool: namespace }, taints }),
    ),
  )
  await waitForReadyNodes(cluster, names)
  await makeNamespace(cluster, namespace)
  await makeDaemonSet(cluster, {
    ...spec,
    namespace,
    name: 'agent',
    podSpec: { ...spec.podSpec, nodeSelector: { case: namespace } },
  })
  const set = { namespace, name: 'agent' }
  const tolerates = spec.podSpec?.tolerations !== undefined
  const wanted = nodes.filter((taints) => tolerates || taints.length === 0).length
  await waitForStatus(
    cluster,
    set,
    (status) => status.numberReady === wanted && status.desiredNumberScheduled === wanted,
  )
  await scene.happen(setOf(cluster, namespace, node))
}

function setOf(cluster: TestCluster, namespace: string, node: (index: number) => string): Stage {
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/agent`
  const podOn = async (index: number) => {
    const found = (await listPods(cluster, namespace)).find(
      ({ spec }) => spec?.nodeName === node(index),
    )
    if (found === undefined) throw new Error(`no pod on ${node(index)}`)
    return found
  }
  return {
    cluster,
    namespace,
    name: 'agent',
    path,
    node,
    taint: (index, taint) => addTaint(cluster, node(index), taint),
    touchedUntil: (misscheduled) =>
      touchUntilCounted(cluster, { namespace, name: 'agent' }, misscheduled),
    patch: (patch) => cluster.request('PATCH', path, patch, MERGE_PATCH),
    counted: (misscheduled) =>
      waitForStatus(
        cluster,
        { namespace, name: 'agent' },
        ({ numberMisscheduled }) => numberMisscheduled === misscheduled,
      ),
    async patchPod(index, patch) {
      const { metadata } = await podOn(index)
      await cluster.request(
        'PATCH',
        `/api/v1/namespaces/${namespace}/pods/${metadata.name}`,
        patch,
        MERGE_PATCH,
      )
    },
    terminating: (index) =>
      until(
        `the deletion of the pod on ${node(index)}`,
        async () => (await podOn(index)).metadata.deletionTimestamp,
      ),
  }
}

async function untilUnreachable({ cluster, node }: Stage): Promise<void> {
  await until('the NoSchedule taint of a silent node', async () => {
    const { spec } = await cluster.request<Node>('GET', `/api/v1/nodes/${node(0)}`)
    return (
      spec?.taints?.some(
        ({ key, effect }) => key.endsWith('/unreachable') && effect === 'NoSchedule',
      ) || undefined
    )
  })
}

/** From here on nobody deletes a pod of the namespace. Admission policies act some seconds after they are made. */
async function denyDeletion({ cluster, namespace }: Stage): Promise<void> {
  const group = 'admissionregistration.k8s.io/v1'
  const metadata = { name: `keep-${namespace}` }
  await cluster.request('POST', `/apis/${group}/validatingadmissionpolicies`, {
    metadata,
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['pods'] },
        ],
      },
      matchConditions: [{ name: 'here', expression: `request.namespace == '${namespace}'` }],
      validations: [{ expression: 'false', message: 'pods are kept here' }],
    },
  })
  await cluster.request('POST', `/apis/${group}/validatingadmissionpolicybindings`, {
    metadata,
    spec: { policyName: metadata.name, validationActions: ['Deny'] },
  })
  const [pod] = await listPods(cluster, namespace)
  await until('a refusal', async () => {
    const attempt = cluster.request(
      'DELETE',
      `/api/v1/namespaces/${namespace}/pods/${pod?.metadata.name}?dryRun=All`,
    )
    return attempt.then(
      () => undefined,
      () => true,
    )
  })
}
