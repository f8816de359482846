import type {
  DaemonSet,
  DaemonSetStatus,
  Node,
  Pod,
  PodSpec,
  Taint,
} from '../../src/kubernetes/objects.ts'
import { ApiError, JSON_PATCH, MERGE_PATCH, type Request } from './api.ts'
import type { TestCluster } from './control-plane.ts'
import { KWOK_LABEL } from './kwok.ts'
import { until } from './processes.ts'

/** Label of the nodes and namespaces that tests create. */
export const TEST_LABEL = 'test.daemonset-triage/made'

/** What `makeNode` and `makeNodes` set besides the name. */
export interface NodeOptions {
  /** Names are `<prefix>-0`, `<prefix>-1`, …; default prefix `node`. */
  readonly prefix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  /** false: kwok sends no heartbeat for the node, so it is never Ready. */
  readonly alive?: boolean
}

/** Creates a node. It becomes Ready 1 to 2 s later; see `waitForReadyNodes`. */
export function makeNode(
  { request }: TestCluster,
  name: string,
  options: Omit<NodeOptions, 'prefix'> = {},
): Promise<Node> {
  const { labels, taints = [], alive = true } = options
  const own = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    [TEST_LABEL]: 'true',
    ...(alive && { [KWOK_LABEL]: 'true' }),
  }
  return request<Node>('POST', '/api/v1/nodes', {
    metadata: { name, labels: { ...own, ...labels } },
    spec: { taints },
  })
}

/** Creates nodes and returns their names. */
export async function makeNodes(
  cluster: TestCluster,
  count: number,
  options: NodeOptions = {},
): Promise<string[]> {
  const { prefix = 'node', ...rest } = options
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
  await Promise.all(names.map((name) => makeNode(cluster, name, rest)))
  return names
}

/** Waits until these nodes are Ready and without the not-ready and unreachable taints. */
export async function waitForReadyNodes(
  cluster: TestCluster,
  names: readonly string[],
  timeoutMs = 60_000,
): Promise<void> {
  const ready = (node: Node) =>
    node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') &&
    isReachable(node)
  await until(
    `${names.length} Ready nodes`,
    async () => {
      const byName = new Map((await listNodes(cluster)).map((node) => [node.metadata.name, node]))
      return names.every((name) => ready(byName.get(name) ?? ({} as Node))) || undefined
    },
    { timeoutMs, intervalMs: 250 },
  )
}

/** Whether the node is without the taints of a missing heartbeat. */
export const isReachable = ({ spec }: Node): boolean =>
  !spec?.taints?.some(
    ({ key }) => key === 'node.kubernetes.io/not-ready' || key === 'node.kubernetes.io/unreachable',
  )

/** Every node of the cluster. */
export const listNodes = async ({ request }: TestCluster): Promise<Node[]> =>
  (await request<{ items: Node[] }>('GET', '/api/v1/nodes')).items

/** The pods of a namespace, or of the cluster. */
export const listPods = async ({ request }: TestCluster, namespace?: string): Promise<Pod[]> =>
  (
    await request<{ items: Pod[] }>(
      'GET',
      namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${namespace}/pods`,
    )
  ).items

/** The DaemonSets of all namespaces. */
export const listDaemonSets = async ({ request }: TestCluster): Promise<DaemonSet[]> =>
  (await request<{ items: DaemonSet[] }>('GET', '/apis/apps/v1/daemonsets')).items

/** Creates the namespace if it does not exist. */
export async function makeNamespace({ request }: TestCluster, name: string): Promise<void> {
  await request('POST', '/api/v1/namespaces', {
    metadata: { name, labels: { [TEST_LABEL]: 'true' } },
  }).catch((error) => {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
  })
}

/** What `makeDaemonSet` sets. */
export interface DaemonSetOptions {
  readonly namespace?: string
  readonly name: string
  /** Merged over a pod spec with one container. */
  readonly podSpec?: PodSpec
  readonly updateStrategy?: DaemonSet['spec']['updateStrategy']
  readonly minReadySeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  /** The selector, and the labels of the pods; default `app: <name>`. */
  readonly matchLabels?: Readonly<Record<string, string>>
}

/**
 * Creates a DaemonSet, and its namespace if it is not `default`. Throws ApiError if the API server
 * refuses it.
 */
export async function makeDaemonSet(
  cluster: TestCluster,
  options: DaemonSetOptions,
): Promise<DaemonSet> {
  const {
    namespace = 'default',
    name,
    podSpec = {},
    updateStrategy,
    minReadySeconds,
    labels,
  } = options
  const { matchLabels = { app: name } } = options
  if (namespace !== 'default') await makeNamespace(cluster, namespace)
  return cluster.request<DaemonSet>('POST', `/apis/apps/v1/namespaces/${namespace}/daemonsets`, {
    metadata: { name, labels },
    spec: {
      selector: { matchLabels },
      template: {
        metadata: { labels: matchLabels },
        spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }], ...podSpec },
      },
      updateStrategy,
      minReadySeconds,
    },
  })
}

const daemonSetPath = (namespace: string, name: string) =>
  `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`

/** Throws ApiError with status 404 if the DaemonSet does not exist. */
export const getDaemonSet = ({ request }: TestCluster, namespace: string, name: string) =>
  request<DaemonSet>('GET', daemonSetPath(namespace, name))

/**
 * Waits until `wanted` accepts the DaemonSet's status, and returns the status. Throws after
 * `timeoutMs` with the last status in the message.
 */
export async function waitForStatus(
  cluster: TestCluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  wanted: (status: DaemonSetStatus) => boolean,
  timeoutMs = 30_000,
): Promise<DaemonSetStatus> {
  let last: DaemonSetStatus = {}
  const ask = async () => {
    last = (await getDaemonSet(cluster, namespace, name)).status ?? {}
    return wanted(last) ? last : undefined
  }
  return until(`the status of ${namespace}/${name}`, ask, { timeoutMs }).catch((cause) => {
    throw new Error(`${cause.message}; last status: ${JSON.stringify(last)}`, { cause })
  })
}

/**
 * Changes an annotation of the DaemonSet, which makes the controller recount. Since Kubernetes 1.33
 * it does not recount on its own after a NoSchedule taint on a node that already runs the pod.
 */
export async function touchDaemonSet(
  { request }: TestCluster,
  namespace: string,
  name: string,
): Promise<void> {
  const annotations = { 'test.daemonset-triage/touched': `${Date.now()}-${Math.random()}` }
  await request('PATCH', daemonSetPath(namespace, name), { metadata: { annotations } }, MERGE_PATCH)
}

/**
 * Touches the DaemonSet until the controller counts this many misscheduled nodes. One touch may not
 * be enough: the controller may recount before its cache has the change to the node, and does not
 * recount after that. Throws after 30 s.
 */
export async function touchUntilCounted(
  cluster: TestCluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  misscheduled: number,
): Promise<void> {
  const touchAndLook = async () => {
    await touchDaemonSet(cluster, namespace, name)
    await waitForStatus(
      cluster,
      { namespace, name },
      (status) => status.numberMisscheduled === misscheduled,
      1000,
    )
    return true
  }
  await until(`a count of ${misscheduled} misscheduled nodes in ${namespace}/${name}`, touchAndLook)
}

/** Adds a taint to a node. It replaces one with the same key and effect. */
export function addTaint(cluster: TestCluster, node: string, taint: Taint): Promise<void> {
  return changeTaints(cluster.request, node, (taints) => [
    ...taints.filter((one) => !sameTaint(one, taint)),
    taint,
  ])
}

/** Removes taints with this key from a node; with `effect`, only the one with that effect. */
export function removeTaint(
  cluster: TestCluster,
  node: string,
  key: string,
  effect?: string,
): Promise<void> {
  return changeTaints(cluster.request, node, (taints) =>
    taints.filter(
      (taint) => taint.key !== key || (effect !== undefined && taint.effect !== effect),
    ),
  )
}

const sameTaint = (one: Taint, other: Taint) => one.key === other.key && one.effect === other.effect

/**
 * Reads the taints, changes them, and writes them only if the node has not changed: the list is
 * atomic and controllers write it too.
 */
async function changeTaints(
  request: Request,
  node: string,
  change: (taints: readonly Taint[]) => readonly Taint[],
): Promise<void> {
  for (;;) {
    const { metadata, spec } = await request<Node>('GET', `/api/v1/nodes/${node}`)
    const patch = [
      { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
      { op: 'add', path: '/spec/taints', value: change(spec?.taints ?? []) },
    ]
    try {
      await request('PATCH', `/api/v1/nodes/${node}`, patch, JSON_PATCH)
      return
    } catch (error) {
      // The API server answers 422 for a failed `test` operation, and 409 for a conflict.
      if (!(error instanceof ApiError) || (error.status !== 422 && error.status !== 409))
        throw error
      const { metadata: now } = await request<Node>('GET', `/api/v1/nodes/${node}`)
      if (now.resourceVersion === metadata.resourceVersion) throw error
    }
  }
}

/** Sets labels of a node; null removes a label. */
export async function labelNode(
  { request }: TestCluster,
  node: string,
  labels: Readonly<Record<string, string | null>>,
): Promise<void> {
  await request('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels } }, MERGE_PATCH)
}

/**
 * Stops the node's heartbeat. About 10 s later the node is NotReady (Unknown) and tainted, and its
 * pods remain.
 */
export const stopHeartbeat = (cluster: TestCluster, node: string) =>
  labelNode(cluster, node, { [KWOK_LABEL]: null })

/** Resumes the node's heartbeat. It is Ready after 1 to 2 s. */
export const resumeHeartbeat = (cluster: TestCluster, node: string) =>
  labelNode(cluster, node, { [KWOK_LABEL]: 'true' })
