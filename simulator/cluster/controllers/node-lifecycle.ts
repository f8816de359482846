import { untoleratedTaints } from '../../../src/daemonset/tolerations.ts'
import type { Node, Pod, Taint } from '../../../src/kubernetes/objects.ts'
import type { Timers } from '../../timers.ts'
import { deleteObject, type ObjectStore } from '../object-store.ts'
import { kubernetesTime } from '../resources.ts'
import {
  healthyConditions,
  isNodeReady,
  notReadyPod,
  unknownConditions,
  withConditions,
} from './conditions.ts'
import { recordEvent } from './events.ts'
import { changeTaints } from './taints.ts'

/** How fast the node controllers are. */
export interface NodeLifecycleOptions {
  readonly store: ObjectStore
  readonly timers: Timers
  /** From the deletion of a node to the removal of its pods. */
  readonly podGcMs: number
}

const CONTROLLER = 'kube-controller-manager'

/**
 * Removes pods of deleted nodes, and evicts pods that do not tolerate a NoExecute taint, as
 * kube-controller-manager does.
 */
export function runNodeLifecycle({ store, timers, podGcMs }: NodeLifecycleOptions): void {
  const removePods = (name: string) => {
    if (store.get('nodes', undefined, name)) return
    for (const pod of podsOn(store, name))
      store.remove('pods', pod.metadata.namespace, pod.metadata.name)
  }
  store.onChange(({ resource, before, after }) => {
    if (resource !== 'nodes') return
    if (!after && before) timers.after(podGcMs, () => removePods(before.metadata.name))
    if (after) evict({ store, timers }, after as Node)
  })
}

/**
 * As if the kubelet stopped reporting: Ready is Unknown, the node gets both unreachable taints, its
 * pods are no longer Ready.
 */
export function makeNodeUnreachable(store: ObjectStore, name: string): void {
  const at = kubernetesTime()
  setNode(
    store,
    name,
    (node) => ({
      ...node,
      status: { ...node.status, conditions: unknownConditions(node.status?.conditions ?? [], at) },
    }),
    at,
  )
}

/** As if the kubelet reported a problem: Ready is False, the node gets both not-ready taints. */
export function makeNodeNotReady(
  store: ObjectStore,
  name: string,
  reason: string,
  message: string,
): void {
  const at = kubernetesTime()
  const failed = {
    type: 'Ready',
    status: 'False',
    reason,
    message,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  }
  const fail = (node: Node) => ({
    ...node,
    status: {
      ...node.status,
      conditions: [
        ...(node.status?.conditions ?? []).filter(({ type }) => type !== 'Ready'),
        failed,
      ],
    },
  })
  setNode(store, name, fail, at)
}

/** Makes the node and its pods Ready, and removes the not-ready and unreachable taints. */
export function recoverNode(store: ObjectStore, name: string): void {
  const at = kubernetesTime()
  setNode(
    store,
    name,
    (node) => ({ ...node, status: { ...node.status, conditions: healthyConditions(at) } }),
    at,
  )
}

/** Deletes the Node object. Its pods are removed after `podGcMs`. */
export const deleteNode = (store: ObjectStore, name: string) =>
  store.remove('nodes', undefined, name)

/** All pods bound to this node. */
export const podsOn = (store: ObjectStore, node: string): readonly Pod[] =>
  store.list('pods').filter(({ spec }) => spec?.nodeName === node)

function setNode(store: ObjectStore, name: string, change: (node: Node) => Node, at: string): void {
  const node = store.change('nodes', undefined, name, change)
  if (!node) return
  const ready = isNodeReady(node)
  recordEvent(store, {
    kind: 'Node',
    object: node,
    reason: ready ? 'NodeReady' : 'NodeNotReady',
    message: `Node ${name} status is now: ${ready ? 'NodeReady' : 'NodeNotReady'}`,
    source: ready ? 'kubelet' : 'node-controller',
  })
  changeTaints(store, name, CONTROLLER, (taints) => [
    ...taints.filter(({ key }) => !CONDITION_TAINTS.includes(key)),
    ...conditionTaints(node, at),
  ])
  for (const pod of podsOn(store, name)) {
    const isRunning = pod.status?.phase === 'Running'
    if (isRunning)
      store.update(
        'pods',
        ready
          ? withConditions(pod, [{ type: 'Ready', status: 'True', lastTransitionTime: at }])
          : notReadyPod(pod, at),
      )
  }
}

const CONDITION_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

/**
 * A node that is not Ready gets two taints. DaemonSet pods tolerate the NoExecute one by default,
 * but not the NoSchedule one.
 */
function conditionTaints(node: Node, timeAdded: string): readonly Taint[] {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  if (!ready || ready.status === 'True') return []
  const key =
    ready.status === 'Unknown' ? 'node.kubernetes.io/unreachable' : 'node.kubernetes.io/not-ready'
  return [
    { key, effect: 'NoSchedule', timeAdded },
    { key, effect: 'NoExecute', timeAdded },
  ]
}

/**
 * The taint-eviction controller. It evicts a pod after the shortest `tolerationSeconds` that
 * applies.
 */
function evict({ store, timers }: { store: ObjectStore; timers: Timers }, node: Node): void {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
  if (taints.length === 0) return
  for (const pod of podsOn(store, node.metadata.name)) {
    const tolerations = pod.spec?.tolerations ?? []
    const toleratedForNow = untoleratedTaints(taints, tolerations).length === 0
    const neverTolerated = untoleratedTaints(
      taints,
      tolerations.filter(({ tolerationSeconds }) => tolerationSeconds === undefined),
    )
    if (neverTolerated.length === 0 || pod.metadata.deletionTimestamp) continue
    const seconds = tolerations.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? [])
    timers.after(toleratedForNow ? Math.min(...seconds) * 1000 : 0, () => evictPod(store, pod))
  }
}

function evictPod(store: ObjectStore, { metadata: { namespace, name, uid } }: Pod): void {
  const pod = store.get('pods', namespace, name)
  const node = pod?.spec?.nodeName && store.get('nodes', undefined, pod.spec.nodeName)
  if (!pod || pod.metadata.uid !== uid || pod.metadata.deletionTimestamp || !node) return
  if (!(node.spec?.taints ?? []).some(({ effect }) => effect === 'NoExecute')) return
  const disruption = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  }
  const marked = store.update(
    'pods',
    withConditions(pod, [{ ...disruption, lastTransitionTime: kubernetesTime() }]),
  )
  const message = `Marking for deletion Pod ${namespace}/${name}`
  recordEvent(store, {
    kind: 'Pod',
    object: pod,
    reason: 'TaintManagerEviction',
    message,
    source: 'taint-eviction-controller',
  })
  deleteObject(store, 'pods', marked)
}
