import type { ControllerRevision, DaemonSet, Node, Pod } from '../../src/kubernetes/objects.ts'
import type { Random } from './random.ts'
import { randomLabels, randomPodSpec, randomTaint, randomUpdateStrategy } from './random-objects.ts'

/** The objects from which the controller's decision on one DaemonSet follows. */
export interface RandomWorld {
  readonly daemonSet: DaemonSet
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly controllerRevisions: readonly ControllerRevision[]
  /** `controller-revision-hash` of the current template. */
  readonly hash: string
  /** RFC 3339. */
  readonly now: string
}

const NOW = '2026-01-01T12:00:00Z'
const NAMESPACE = 'red'
const HASH = 'new'
const OWNER = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  name: 'agent',
  uid: 'u1',
  controller: true,
}
const OTHERS = [
  { ...OWNER, uid: 'u2' },
  { ...OWNER, name: 'other' },
  { ...OWNER, kind: 'StatefulSet' },
  { ...OWNER, controller: false },
]

/** A DaemonSet and 4 nodes with up to 4 pods each, some of them on a node that does not exist. */
export function randomWorld(random: Random): RandomWorld {
  const names = ['a', 'b', 'c', 'd']
  const updateStrategy = random.chance(0.3)
    ? {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 0, maxSurge: random.pick([1, '1%']) },
      }
    : randomUpdateStrategy(random)
  const labels = { app: 'agent' }
  const daemonSet: DaemonSet = {
    metadata: { name: OWNER.name, namespace: NAMESPACE, uid: OWNER.uid, generation: 1 },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: randomPodSpec(random, names) },
      updateStrategy,
      minReadySeconds: random.pick([0, 0, 60]),
    },
  }
  const nodes = names.map(
    (name): Node => ({
      metadata: { name, labels: randomLabels(random) },
      spec: { taints: random.some(0, 1, () => randomTaint(random)) },
    }),
  )
  const pods = [...names, 'gone', 'lost'].flatMap((node) =>
    random.some(0, 4, () => node).map((_, index) => randomPod(random, node, index)),
  )
  const controllerRevisions = [
    {
      metadata: {
        name: 'agent-new',
        namespace: NAMESPACE,
        labels: { 'controller-revision-hash': HASH },
        ownerReferences: [OWNER],
      },
      revision: 2,
    },
  ]
  return { daemonSet, nodes, pods, controllerRevisions, hash: HASH, now: NOW }
}

function randomPod(random: Random, node: string, index: number): Pod {
  const owners = random.chance(0.7)
    ? [OWNER]
    : random.pick([[], [], ...OTHERS.map((owner) => [owner])])
  return {
    metadata: {
      name: `${node}-${index}`,
      namespace: random.chance(0.95) ? NAMESPACE : 'blue',
      creationTimestamp: `2026-01-01T0${random.int(5)}:00:00Z`,
      labels: {
        app: random.chance(0.92) ? 'agent' : 'else',
        'controller-revision-hash': random.pick([HASH, HASH, 'old', 'older']),
      },
      ownerReferences: owners,
      ...(random.chance(0.2) && { deletionTimestamp: NOW }),
    },
    spec: randomPlace(random, node),
    status: {
      phase: random.pick(['Running', 'Running', 'Pending', 'Failed', 'Succeeded', 'Unknown']),
      conditions: [
        {
          type: 'Ready',
          status: random.pick(['True', 'True', 'False']),
          lastTransitionTime: random.pick(['2026-01-01T11:00:00Z', '2026-01-01T11:59:30Z']),
        },
      ],
    },
  }
}

/** Bound, pinned as the controller pins its pods, pinned to two nodes, or without a node. */
function randomPlace(random: Random, node: string): NonNullable<Pod['spec']> {
  if (random.chance(0.5)) return { nodeName: node }
  const values = random.chance(0.85) ? [node] : [node, 'a']
  const operator = random.chance(0.9) ? 'In' : 'NotIn'
  const pin = { matchFields: [{ key: 'metadata.name', operator, values }] }
  const terms = random.chance(0.8) ? [pin] : [{ matchExpressions: [] }, pin]
  if (random.chance(0.1)) return {}
  return {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
      },
    },
  }
}
