import { untoleratedTaints } from '../../src/daemonset/tolerations.ts'
import type { Node, Pod, Taint } from '../../src/kubernetes/objects.ts'
import type { Timers } from '../timers.ts'
import { deleteObject } from './delete-object.ts'
import { healthyConditions, isNodeReady, unknownConditions } from './node-conditions.ts'
import type { ObjectStore } from './object-store.ts'
import { notReady, withConditions } from './pod-status.ts'
import { recordEvent } from './record-event.ts'
import { changeTaints } from './taint-node.ts'

export interface NodeLifecycleOptions {
  readonly store: ObjectStore
  readonly timers: Timers
  /** Milliseconds until pods of a node that is gone are removed. */
  readonly podGc: number
}

const CONTROLLER = 'kube-controller-manager'

/** Removes pods of nodes that are gone, and evicts pods that do not tolerate a NoExecute taint, as kube-controller-manager does. */
export function runNodeLifecycle({ store, timers, podGc }: NodeLifecycleOptions): void {
  const collect = (name: string) => {
    if (store.get('nodes', undefined, name)) return
    for (const pod of podsOn(store, name))
      store.remove('pods', pod.metadata.namespace, pod.metadata.name)
  }
  store.onChange(({ resource, before, after }) => {
    if (resource !== 'nodes') return
    if (!after && before) timers.after(podGc, () => collect(before.metadata.name))
    if (after) evict({ store, timers }, after as Node)
  })
}

/** The node's kubelet falls silent: Ready is Unknown, both taints are put on, its pods are no longer Ready. */
export function loseNode(store: ObjectStore, name: string): void {
  const at = now()
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

/** The kubelet says itself that the node is not Ready. */
export function failNode(store: ObjectStore, name: string, reason: string, message: string): void {
  const at = now()
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

/** The node is well again: Ready, without the taints, its pods Ready. */
export function recoverNode(store: ObjectStore, name: string): void {
  const at = now()
  setNode(
    store,
    name,
    (node) => ({ ...node, status: { ...node.status, conditions: healthyConditions(at) } }),
    at,
  )
}

/** Nothing of the node is left; its pods follow. */
export const removeNode = (store: ObjectStore, name: string) =>
  store.remove('nodes', undefined, name)

export const podsOn = (store: ObjectStore, node: string): readonly Pod[] =>
  store.list('pods').filter(({ spec }) => spec?.nodeName === node)

const now = () => new Date().toISOString().replace(/\.\d+/, '')

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
    ...taints.filter(({ key }) => !LIFECYCLE.includes(key)),
    ...conditionTaints(node, at),
  ])
  for (const pod of podsOn(store, name)) {
    const up = pod.status?.phase === 'Running'
    if (up)
      store.update(
        'pods',
        ready
          ? withConditions(pod, [{ type: 'Ready', status: 'True', lastTransitionTime: at }])
          : notReady(pod, at),
      )
  }
}

const LIFECYCLE = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

/** Two taints for a node that is not Ready: DaemonSet pods tolerate the NoExecute one by themselves, not the NoSchedule one. */
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

/** The taint-eviction controller goes by the pod's own tolerations, and waits as long as they say. */
function evict({ store, timers }: { store: ObjectStore; timers: Timers }, node: Node): void {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
  if (taints.length === 0) return
  for (const pod of podsOn(store, node.metadata.name)) {
    const tolerations = pod.spec?.tolerations ?? []
    const forNow = untoleratedTaints(taints, tolerations).length === 0
    const forGood = untoleratedTaints(
      taints,
      tolerations.filter(({ tolerationSeconds }) => tolerationSeconds === undefined),
    )
    if (forGood.length === 0 || pod.metadata.deletionTimestamp) continue
    const seconds = tolerations.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? [])
    timers.after(forNow ? Math.min(...seconds) * 1000 : 0, () => evictPod(store, pod))
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
    withConditions(pod, [{ ...disruption, lastTransitionTime: now() }]),
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
