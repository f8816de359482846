import type { DaemonSet, Node, Pod } from '../../src/kubernetes/objects.ts'
import { ApiError, MERGE_PATCH } from './api.ts'
import type { TestCluster } from './control-plane.ts'
import { UNREADY_ANNOTATION } from './kwok.ts'
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
  reviveNode,
  silenceNode,
} from './workload.ts'

/** What a change may choose from; read once for each round, so a later change of the round may find its object gone. */
export interface Scene {
  readonly cluster: TestCluster
  readonly random: Random
  readonly nodes: readonly Node[]
  readonly daemonSets: readonly DaemonSet[]
  readonly pods: readonly Pod[]
}

type Change = (scene: Scene) => Promise<unknown>

const CONTAINERS = [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }]
const FINALIZER = 'test.daemonset-triage/held'
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json'

/** Every way in which the test disturbs the cluster. To try another, add it here; one named twice comes twice as often. */
const CHANGES: readonly (readonly [name: string, change: Change])[] = [
  ['taint a node', (scene) => addTaint(scene.cluster, aNode(scene), randomTaint(scene.random))],
  ['taint a node', (scene) => addTaint(scene.cluster, aNode(scene), randomTaint(scene.random))],
  [
    'untaint a node',
    (scene) => removeTaint(scene.cluster, aNode(scene), scene.random.pick(TAINT_KEYS)),
  ],
  ['relabel a node', (scene) => labelNode(scene.cluster, aNode(scene), randomLabels(scene.random))],
  [
    'remove a label',
    (scene) => labelNode(scene.cluster, aNode(scene), { [scene.random.pick(LABEL_KEYS)]: null }),
  ],
  [
    'cordon or uncordon',
    (scene) => patchNode(scene, { spec: { unschedulable: scene.random.chance(0.5) } }),
  ],
  ['set a condition', setCondition],
  ['silence a node', (scene) => silenceNode(scene.cluster, aNode(scene))],
  ['revive a node', (scene) => reviveNode(scene.cluster, aNode(scene))],
  ['join a node, or delete one', joinOrDelete],
  ['join a node, or delete one', joinOrDelete],
  ['delete a node and join it again', rejoinNode],
  ['change placement', changePlacement],
  ['change placement', changePlacement],
  [
    'change strategy',
    (scene) =>
      patchDaemonSet(scene, { spec: { updateStrategy: randomUpdateStrategy(scene.random) } }),
  ],
  ['delete a pod', (scene) => scene.cluster.request('DELETE', podPath(aPod(scene)))],
  ['delete a pod that a finalizer holds', deleteHeldPod],
  ['make a pod unready', makeUnready],
  ['make a pod fail', makeFail],
  [
    'relabel a pod',
    (scene) =>
      scene.cluster.request(
        'PATCH',
        podPath(aPod(scene)),
        { metadata: { labels: { app: 'other' } } },
        MERGE_PATCH,
      ),
  ],
  ['make an orphan that matches', makeOrphan],
  ['make a pending orphan that matches', makeOrphan],
  ['give a pod to another DaemonSet', giveAway],
  ['delete a DaemonSet, leave its pods, make it again', recreateOverOrphans],
  ['begin to delete a DaemonSet', beginToDelete],
  ['let deleted DaemonSets go', letGo],
  ['make a DaemonSet', makeAnother],
]

/** Does `count` random changes and returns their names. A change that the server refuses, or that comes too late, is left out. */
export async function disturb(
  cluster: TestCluster,
  random: Random,
  count: number,
): Promise<string[]> {
  const [nodes, daemonSets, pods] = await Promise.all([
    listNodes(cluster),
    listDaemonSets(cluster),
    listPods(cluster),
  ])
  // By place, as the names of pods are random: the same seed then chooses the same pods, as far as the cluster is the same.
  const place = ({ metadata, spec }: Pod) =>
    `${metadata.namespace} ${metadata.labels?.app} ${spec?.nodeName} ${metadata.creationTimestamp}`
  const scene = {
    cluster,
    random,
    nodes,
    daemonSets,
    pods: pods.toSorted((one, other) => (place(one) < place(other) ? -1 : 1)),
  }
  const done: string[] = []
  for (let index = 0; index < count; index++) {
    const [name, change] = random.pick(CHANGES)
    if (await unlessRefused(change(scene))) done.push(name)
  }
  return done
}

/** What the server refuses is drawn again. */
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

/** False if the API server refused. */
export async function unlessRefused(request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return false
    throw error
  }
}

const aNode = ({ random, nodes }: Scene) => random.pick(nodes).metadata.name
const aPod = ({ random, pods }: Scene) => random.pick(pods)
const podPath = ({ metadata }: Pod) =>
  `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`
const podsPath = ({ metadata }: DaemonSet) => `/api/v1/namespaces/${metadata.namespace}/pods`
const daemonSetPath = ({ metadata }: DaemonSet) =>
  `/apis/apps/v1/namespaces/${metadata.namespace}/daemonsets/${metadata.name}`

const patchNode = (scene: Scene, patch: unknown) =>
  scene.cluster.request('PATCH', `/api/v1/nodes/${aNode(scene)}`, patch, MERGE_PATCH)

const patchDaemonSet = (scene: Scene, patch: unknown) =>
  scene.cluster.request(
    'PATCH',
    daemonSetPath(scene.random.pick(scene.daemonSets)),
    patch,
    MERGE_PATCH,
  )

const setPodStatus = ({ cluster }: Scene, pod: Pod, status: unknown) =>
  cluster.request('PATCH', `${podPath(pod)}/status`, { status }, STRATEGIC_MERGE_PATCH)

async function makeUnready(scene: Scene): Promise<void> {
  const pod = aPod(scene)
  await scene.cluster.request(
    'PATCH',
    podPath(pod),
    { metadata: { annotations: { [UNREADY_ANNOTATION]: '' } } },
    MERGE_PATCH,
  )
  await setPodStatus(scene, pod, { conditions: [{ type: 'Ready', status: 'False' }] })
}

function makeFail(scene: Scene): Promise<unknown> {
  return setPodStatus(scene, aPod(scene), {
    phase: scene.random.pick(['Failed', 'Succeeded', 'Unknown']),
  })
}

function setCondition({ cluster, random, nodes }: Scene): Promise<unknown> {
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

function joinNode({ cluster, random }: Scene, name: string): Promise<unknown> {
  return makeNode(cluster, name, {
    labels: randomLabels(random),
    taints: random.some(0, 1, () => randomTaint(random)),
  })
}

/** Keeps the number of nodes near 16, whatever else takes some away. */
function joinOrDelete(scene: Scene): Promise<unknown> {
  const { cluster, random, nodes } = scene
  if (random.chance(nodes.length / 32))
    return cluster.request('DELETE', `/api/v1/nodes/${aNode(scene)}`)
  return joinNode(scene, `late-${random.int(1e6)}`)
}

async function rejoinNode(scene: Scene): Promise<void> {
  const name = aNode(scene)
  await scene.cluster.request('DELETE', `/api/v1/nodes/${name}`)
  await joinNode(scene, name)
}

function changePlacement({ cluster, random, nodes, daemonSets }: Scene): Promise<unknown> {
  const { tolerations, nodeSelector, affinity, hostNetwork, nodeName } = randomPodSpec(
    random,
    nodes.map(({ metadata }) => metadata.name),
  )
  // null takes away what is not drawn again; a nodeSelector in a merge patch would keep its former keys.
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

/** It stays, terminating; sometimes with its containers ended, as a kubelet reports them. */
async function deleteHeldPod(scene: Scene): Promise<void> {
  const pod = aPod(scene)
  const { request } = scene.cluster
  await request('PATCH', podPath(pod), { metadata: { finalizers: [FINALIZER] } }, MERGE_PATCH)
  await request('DELETE', podPath(pod))
  const phase = scene.random.pick([undefined, 'Failed', 'Succeeded'])
  if (phase !== undefined) await setPodStatus(scene, pod, { phase })
}

/** A pod of nobody with a DaemonSet's labels: bound, or pinned but unbound, or neither. */
function makeOrphan({ cluster, random, nodes, daemonSets }: Scene): Promise<unknown> {
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

/** The labels of one DaemonSet, the ownerReference of another one in the same namespace, which will let go of it. */
function giveAway({ cluster, random, nodes, daemonSets }: Scene): Promise<unknown> {
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

/** A finalizer keeps it as it is from then on: the controller writes no status any more. */
async function beginToDelete({ cluster, random, daemonSets }: Scene): Promise<void> {
  const path = daemonSetPath(random.pick(daemonSets))
  await cluster.request('PATCH', path, { metadata: { finalizers: [FINALIZER] } }, MERGE_PATCH)
  await cluster.request('DELETE', `${path}?propagationPolicy=Background`)
}

async function letGo({ cluster, daemonSets }: Scene): Promise<void> {
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

function makeAnother({ cluster, random, nodes, daemonSets }: Scene): Promise<unknown> {
  const { namespace = '' } = random.pick(daemonSets).metadata
  const names = nodes.map(({ metadata }) => metadata.name)
  return makeRandomDaemonSet(cluster, random, namespace, `late-${random.int(1e6)}`, names)
}

/** The new one adopts the pods of the old one, wherever they are. */
async function recreateOverOrphans({ cluster, random, nodes, daemonSets }: Scene): Promise<void> {
  const daemonSet = random.pick(daemonSets)
  const { name, namespace } = daemonSet.metadata
  const path = daemonSetPath(daemonSet)
  const { metadata } = await cluster.request<DaemonSet>('GET', path)
  // One that a finalizer holds would never be gone.
  if (metadata.deletionTimestamp !== undefined) return
  await cluster.request('DELETE', `${path}?propagationPolicy=Orphan`)
  await until(
    `${namespace}/${name} gone`,
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
