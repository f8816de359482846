import type { DaemonSet, Node, Pod } from '../../src/kubernetes/objects.ts'
import { ApiError, MERGE_PATCH } from './api.ts'
import type { TestCluster } from './control-plane.ts'
import { STAYS_UNREADY_ANNOTATION } from './kwok.ts'
import { until } from './processes.ts'
import type { Random } from './random.ts'
import {
  LABEL_KEYS,
  randomLabels,
  randomPodSpec,
  randomTaint,
  randomUpdateStrategy,
  TAINT_KEYS,
} from './random-objects.ts'
import {
  addTaint,
  labelNode,
  listDaemonSets,
  listNodes,
  listPods,
  makeDaemonSet,
  makeNode,
  removeTaint,
  resumeHeartbeat,
  stopHeartbeat,
} from './workload.ts'

/**
 * The objects from which a change chooses. They are read once in a round, so a later change may
 * choose a deleted one.
 */
export interface ChangeContext {
  readonly cluster: TestCluster
  readonly random: Random
  readonly nodes: readonly Node[]
  readonly daemonSets: readonly DaemonSet[]
  readonly pods: readonly Pod[]
}

type Change = (context: ChangeContext) => Promise<unknown>

const CONTAINERS = [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }]
const FINALIZER = 'test.daemonset-triage/held'
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json'

/** The random changes. A change that is listed twice is made twice as often. */
const CHANGES: readonly (readonly [name: string, change: Change])[] = [
  [
    'taint a node',
    (context) => addTaint(context.cluster, aNode(context), randomTaint(context.random)),
  ],
  [
    'taint a node',
    (context) => addTaint(context.cluster, aNode(context), randomTaint(context.random)),
  ],
  [
    'untaint a node',
    (context) => removeTaint(context.cluster, aNode(context), context.random.pick(TAINT_KEYS)),
  ],
  [
    'relabel a node',
    (context) => labelNode(context.cluster, aNode(context), randomLabels(context.random)),
  ],
  [
    'remove a label',
    (context) =>
      labelNode(context.cluster, aNode(context), { [context.random.pick(LABEL_KEYS)]: null }),
  ],
  [
    'cordon or uncordon',
    (context) => patchNode(context, { spec: { unschedulable: context.random.chance(0.5) } }),
  ],
  ['set a condition', setCondition],
  ['stop the heartbeat of a node', (context) => stopHeartbeat(context.cluster, aNode(context))],
  ['resume the heartbeat of a node', (context) => resumeHeartbeat(context.cluster, aNode(context))],
  ['add or delete a node', addOrDeleteNode],
  ['add or delete a node', addOrDeleteNode],
  ['recreate a node', recreateNode],
  ['change placement', changePlacement],
  ['change placement', changePlacement],
  [
    'change strategy',
    (context) =>
      patchDaemonSet(context, { spec: { updateStrategy: randomUpdateStrategy(context.random) } }),
  ],
  ['delete a pod', (context) => context.cluster.request('DELETE', podPath(aPod(context)))],
  ['delete a pod that a finalizer holds', deleteHeldPod],
  ['make a pod unready', makeUnready],
  ['end a pod', failPod],
  [
    'relabel a pod',
    (context) =>
      context.cluster.request(
        'PATCH',
        podPath(aPod(context)),
        { metadata: { labels: { app: 'other' } } },
        MERGE_PATCH,
      ),
  ],
  ['create an orphan that matches', makeOrphan],
  ['create an orphan that matches', makeOrphan],
  ['create a pod with the labels of another DaemonSet', createPodOfAnotherOwner],
  ['recreate a DaemonSet without its pods', recreateDaemonSet],
  ['start deleting a DaemonSet', startDeletingDaemonSet],
  ['finish deleting DaemonSets', removeFinalizers],
  ['create a DaemonSet', createRandomDaemonSet],
]

/**
 * Makes `count` random changes and returns their names, without those that the API server refused.
 */
export async function makeRandomChanges(
  cluster: TestCluster,
  random: Random,
  count: number,
): Promise<string[]> {
  const [nodes, daemonSets, pods] = await Promise.all([
    listNodes(cluster),
    listDaemonSets(cluster),
    listPods(cluster),
  ])
  // Pods have random names. Sorted by DaemonSet and node, the same seed chooses the same pods.
  const place = ({ metadata, spec }: Pod) =>
    `${metadata.namespace} ${metadata.labels?.app} ${spec?.nodeName} ${metadata.creationTimestamp}`
  const context = {
    cluster,
    random,
    nodes,
    daemonSets,
    pods: pods.toSorted((one, other) => (place(one) < place(other) ? -1 : 1)),
  }
  const done: string[] = []
  for (let index = 0; index < count; index++) {
    const [name, change] = random.pick(CHANGES)
    if (await unlessRefused(change(context))) done.push(name)
  }
  return done
}

/** Creates a random DaemonSet. Draws again while the API server refuses it. */
export async function makeRandomDaemonSet(
  cluster: TestCluster,
  random: Random,
  namespace: string,
  name: string,
  nodeNames: readonly string[],
): Promise<void> {
  const make = () => {
    const podSpec = randomPodSpec(random, nodeNames)
    const minReadySeconds = random.pick([0, 0, 0, 1, 3600])
    return makeDaemonSet(cluster, {
      namespace,
      name,
      podSpec,
      minReadySeconds,
      updateStrategy: randomUpdateStrategy(random),
    })
  }
  while (!(await unlessRefused(make())));
}

/** Waits for the request. Returns false if the API server refused it. */
export async function unlessRefused(request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return false
    throw error
  }
}

const aNode = ({ random, nodes }: ChangeContext) => random.pick(nodes).metadata.name
const aPod = ({ random, pods }: ChangeContext) => random.pick(pods)
const podPath = ({ metadata }: Pod) =>
  `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`
const podsPath = ({ metadata }: DaemonSet) => `/api/v1/namespaces/${metadata.namespace}/pods`
const daemonSetPath = ({ metadata }: DaemonSet) =>
  `/apis/apps/v1/namespaces/${metadata.namespace}/daemonsets/${metadata.name}`

const patchNode = (context: ChangeContext, patch: unknown) =>
  context.cluster.request('PATCH', `/api/v1/nodes/${aNode(context)}`, patch, MERGE_PATCH)

const patchDaemonSet = (context: ChangeContext, patch: unknown) =>
  context.cluster.request(
    'PATCH',
    daemonSetPath(context.random.pick(context.daemonSets)),
    patch,
    MERGE_PATCH,
  )

const setPodStatus = ({ cluster }: ChangeContext, pod: Pod, status: unknown) =>
  cluster.request('PATCH', `${podPath(pod)}/status`, { status }, STRATEGIC_MERGE_PATCH)

async function makeUnready(context: ChangeContext): Promise<void> {
  const pod = aPod(context)
  await context.cluster.request(
    'PATCH',
    podPath(pod),
    { metadata: { annotations: { [STAYS_UNREADY_ANNOTATION]: '' } } },
    MERGE_PATCH,
  )
  await setPodStatus(context, pod, { conditions: [{ type: 'Ready', status: 'False' }] })
}

function failPod(context: ChangeContext): Promise<unknown> {
  return setPodStatus(context, aPod(context), {
    phase: context.random.pick(['Failed', 'Succeeded', 'Unknown']),
  })
}

function setCondition({ cluster, random, nodes }: ChangeContext): Promise<unknown> {
  const type = random.pick([
    'NetworkUnavailable',
    'NetworkUnavailable',
    'MemoryPressure',
    'DiskPressure',
    'PIDPressure',
  ])
  const conditions = [{ type, status: random.pick(['True', 'True', 'False']), reason: 'Test' }]
  const path = `/api/v1/nodes/${random.pick(nodes).metadata.name}/status`
  return cluster.request('PATCH', path, { status: { conditions } }, STRATEGIC_MERGE_PATCH)
}

function addRandomNode({ cluster, random }: ChangeContext, name: string): Promise<unknown> {
  return makeNode(cluster, name, {
    labels: randomLabels(random),
    taints: random.some(0, 1, () => randomTaint(random)),
  })
}

/** Keeps the number of nodes near 16. */
function addOrDeleteNode(context: ChangeContext): Promise<unknown> {
  const { cluster, random, nodes } = context
  if (random.chance(nodes.length / 32))
    return cluster.request('DELETE', `/api/v1/nodes/${aNode(context)}`)
  return addRandomNode(context, `late-${random.int(1e6)}`)
}

async function recreateNode(context: ChangeContext): Promise<void> {
  const name = aNode(context)
  await context.cluster.request('DELETE', `/api/v1/nodes/${name}`)
  await addRandomNode(context, name)
}

function changePlacement({ cluster, random, nodes, daemonSets }: ChangeContext): Promise<unknown> {
  const { tolerations, nodeSelector, affinity, hostNetwork, nodeName } = randomPodSpec(
    random,
    nodes.map(({ metadata }) => metadata.name),
  )
  // null removes what is not drawn this time. A nodeSelector in a merge patch keeps its former
  // keys.
  const spec = {
    tolerations,
    affinity: affinity ?? null,
    hostNetwork: hostNetwork ?? null,
    nodeName: nodeName ?? null,
  }
  const patch = {
    spec: {
      template: { spec: { ...spec, ...(nodeSelector === undefined && { nodeSelector: null }) } },
    },
  }
  return cluster.request('PATCH', daemonSetPath(random.pick(daemonSets)), patch, MERGE_PATCH)
}

/**
 * Deletes a pod with a finalizer, so that it stays in Terminating. Sometimes its containers have
 * ended, as a kubelet reports.
 */
async function deleteHeldPod(context: ChangeContext): Promise<void> {
  const pod = aPod(context)
  const { request } = context.cluster
  await request('PATCH', podPath(pod), { metadata: { finalizers: [FINALIZER] } }, MERGE_PATCH)
  await request('DELETE', podPath(pod))
  const phase = context.random.pick([undefined, 'Failed', 'Succeeded'])
  if (phase !== undefined) await setPodStatus(context, pod, { phase })
}

/**
 * Creates a pod without an owner and with the labels of a DaemonSet: bound to a node, or unbound
 * with or without an affinity to one.
 */
function makeOrphan({ cluster, random, nodes, daemonSets }: ChangeContext): Promise<unknown> {
  const daemonSet = random.pick(daemonSets)
  const node = random.pick(nodes).metadata.name
  const pin = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }
  const spec = random.pick([
    { nodeName: node, tolerations: [{ operator: 'Exists' }] },
    { nodeName: node },
    {
      schedulerName: 'none',
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [pin] },
        },
      },
    },
    { schedulerName: 'none' },
  ])
  const metadata = { generateName: 'orphan-', labels: daemonSet.spec.template.metadata?.labels }
  return cluster.request('POST', podsPath(daemonSet), {
    metadata,
    spec: { containers: CONTAINERS, ...spec },
  })
}

/**
 * Creates a pod with the labels of one DaemonSet and the ownerReference of another, which then
 * releases it.
 */
function createPodOfAnotherOwner({
  cluster,
  random,
  nodes,
  daemonSets,
}: ChangeContext): Promise<unknown> {
  const owner = random.pick(daemonSets)
  const other = random.pick(
    daemonSets.filter(({ metadata }) => metadata.namespace === owner.metadata.namespace),
  )
  const { name, uid } = owner.metadata
  const ownerReferences = [
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ]
  const metadata = {
    generateName: 'given-',
    labels: other.spec.template.metadata?.labels,
    ownerReferences,
  }
  return cluster.request('POST', podsPath(owner), {
    metadata,
    spec: { nodeName: random.pick(nodes).metadata.name, containers: CONTAINERS },
  })
}

/**
 * Deletes a DaemonSet with a finalizer, so that it remains and the controller no longer writes its
 * status.
 */
async function startDeletingDaemonSet({
  cluster,
  random,
  daemonSets,
}: ChangeContext): Promise<void> {
  const path = daemonSetPath(random.pick(daemonSets))
  await cluster.request('PATCH', path, { metadata: { finalizers: [FINALIZER] } }, MERGE_PATCH)
  await cluster.request('DELETE', `${path}?propagationPolicy=Background`)
}

async function removeFinalizers({ cluster, daemonSets }: ChangeContext): Promise<void> {
  for (const daemonSet of daemonSets.filter(({ metadata }) =>
    metadata.finalizers?.includes(FINALIZER),
  )) {
    await cluster.request(
      'PATCH',
      daemonSetPath(daemonSet),
      { metadata: { finalizers: null } },
      MERGE_PATCH,
    )
  }
}

function createRandomDaemonSet({
  cluster,
  random,
  nodes,
  daemonSets,
}: ChangeContext): Promise<unknown> {
  const { namespace = '' } = random.pick(daemonSets).metadata
  const names = nodes.map(({ metadata }) => metadata.name)
  return makeRandomDaemonSet(cluster, random, namespace, `late-${random.int(1e6)}`, names)
}

/**
 * Deletes a DaemonSet, keeps its pods, and creates it again. The new one adopts the pods of the old
 * one.
 */
async function recreateDaemonSet({
  cluster,
  random,
  nodes,
  daemonSets,
}: ChangeContext): Promise<void> {
  const daemonSet = random.pick(daemonSets)
  const { name, namespace } = daemonSet.metadata
  const path = daemonSetPath(daemonSet)
  const { metadata } = await cluster.request<DaemonSet>('GET', path)
  // A finalizer would keep it forever.
  if (metadata.deletionTimestamp !== undefined) return
  await cluster.request('DELETE', `${path}?propagationPolicy=Orphan`)
  await until(
    `the deletion of ${namespace}/${name}`,
    async () => !(await unlessRefused(cluster.request('GET', path))) || undefined,
  )
  const names = nodes.map(({ metadata }) => metadata.name)
  const make = () => {
    const template = {
      ...daemonSet.spec.template,
      spec: { containers: CONTAINERS, ...randomPodSpec(random, names) },
    }
    const body = {
      metadata: { name, labels: daemonSet.metadata.labels },
      spec: { ...daemonSet.spec, template },
    }
    return cluster.request('POST', `/apis/apps/v1/namespaces/${namespace}/daemonsets`, body)
  }
  while (!(await unlessRefused(make())));
}
