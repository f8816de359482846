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

/** On the nodes and namespaces that tests make; those of the cluster itself have it not. */
export const TEST_LABEL = 'test.daemonset-triage/made'

export interface NodeOptions {
  /** Names are `<prefix>-0`, `<prefix>-1`, …; default prefix `node`. */
  readonly prefix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  /** false: no kwok keeps it alive, so it is never Ready. */
  readonly alive?: boolean
}

/** Makes a node. It becomes Ready a second or two later; see `waitForReadyNodes`. */
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

/** Makes nodes, 32 at a time, and returns their names. */
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

/** Waits until these nodes are Ready and without the taints of a young node. */
export async function waitForReadyNodes(
  cluster: TestCluster,
  names: readonly string[],
  timeout = 60_000,
): Promise<void> {
  const ready = ({ status, spec }: Node) =>
    status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') &&
    !spec?.taints?.some(
      ({ key }) =>
        key === 'node.kubernetes.io/not-ready' || key === 'node.kubernetes.io/unreachable',
    )
  await until(
    `${names.length} nodes Ready`,
    async () => {
      const byName = new Map((await listNodes(cluster)).map((node) => [node.metadata.name, node]))
      return names.every((name) => ready(byName.get(name) ?? ({} as Node))) || undefined
    },
    { timeout, interval: 250 },
  )
}

export const listNodes = async ({ request }: TestCluster): Promise<Node[]> =>
  (await request<{ items: Node[] }>('GET', '/api/v1/nodes')).items

export const listPods = async ({ request }: TestCluster, namespace?: string): Promise<Pod[]> =>
  (
    await request<{ items: Pod[] }>(
      'GET',
      namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${namespace}/pods`,
    )
  ).items

export const listDaemonSets = async ({ request }: TestCluster): Promise<DaemonSet[]> =>
  (await request<{ items: DaemonSet[] }>('GET', '/apis/apps/v1/daemonsets')).items

/** Makes the namespace if it is not there. */
export async function makeNamespace({ request }: TestCluster, name: string): Promise<void> {
  await request('POST', '/api/v1/namespaces', {
    metadata: { name, labels: { [TEST_LABEL]: 'true' } },
  }).catch((error) => {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
  })
}

export interface DaemonSetOptions {
  readonly namespace?: string
  readonly name: string
  /** Beside the one container that it gets by itself. */
  readonly podSpec?: PodSpec
  readonly updateStrategy?: DaemonSet['spec']['updateStrategy']
  readonly minReadySeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  /** Of the selector and of the pods; default `app: <name>`. */
  readonly matchLabels?: Readonly<Record<string, string>>
}

/** Makes a DaemonSet, and its namespace (default `default`). Throws ApiError if it is refused. */
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

export const getDaemonSet = ({ request }: TestCluster, namespace: string, name: string) =>
  request<DaemonSet>('GET', daemonSetPath(namespace, name))

/** Waits until the DaemonSet's status is as wanted, and returns it. Throws after `timeout` ms with the last status in the message. */
export async function waitForStatus(
  cluster: TestCluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  wanted: (status: DaemonSetStatus) => boolean,
  timeout = 30_000,
): Promise<DaemonSetStatus> {
  let last: DaemonSetStatus = {}
  const ask = async () => {
    last = (await getDaemonSet(cluster, namespace, name)).status ?? {}
    return wanted(last) ? last : undefined
  }
  return until(`status of ${namespace}/${name}`, ask, { timeout }).catch((cause) => {
    throw new Error(`${cause.message}; last seen ${JSON.stringify(last)}`, { cause })
  })
}

/**
 * Changes an annotation of the DaemonSet, which makes the controller count again. From Kubernetes 1.33 on it does not do so by itself
 * for a NoSchedule taint that comes under a running pod.
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
 * Touches the DaemonSet until its controller counts so many misscheduled nodes: what it sees of a node may be older than the touch, and then
 * nothing counts again. Throws after 30 s.
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
  await until(`${misscheduled} misscheduled in ${namespace}/${name}`, touchAndLook)
}

/** Puts a taint on a node, in place of one with the same key and effect. */
export function addTaint(cluster: TestCluster, node: string, taint: Taint): Promise<void> {
  return changeTaints(cluster.request, node, (taints) => [
    ...taints.filter((one) => !sameTaint(one, taint)),
    taint,
  ])
}

/** Takes a taint off a node: the one with this effect, or all of the key. */
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

/** The list is atomic and others write it too: read it, change it, write it only if it is still the one that was read. */
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
      // 422 is how a failed `test` is told.
      if (!(error instanceof ApiError) || (error.status !== 422 && error.status !== 409))
        throw error
      const { metadata: now } = await request<Node>('GET', `/api/v1/nodes/${node}`)
      if (now.resourceVersion === metadata.resourceVersion) throw error
    }
  }
}

/** Sets labels of a node; null takes one away. */
export async function labelNode(
  { request }: TestCluster,
  node: string,
  labels: Readonly<Record<string, string | null>>,
): Promise<void> {
  await request('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels } }, MERGE_PATCH)
}

/** The node's heartbeat ends: about 10 s later it is NotReady (Unknown) and tainted, and its pods stay. */
export const silenceNode = (cluster: TestCluster, node: string) =>
  labelNode(cluster, node, { [KWOK_LABEL]: null })

/** The heartbeat is back: Ready after 1 to 2 s. */
export const reviveNode = (cluster: TestCluster, node: string) =>
  labelNode(cluster, node, { [KWOK_LABEL]: 'true' })
