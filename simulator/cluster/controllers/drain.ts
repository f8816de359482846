import { controllerRef } from '../../../src/daemonset/object-state.ts'
import type { Pod } from '../../../src/kubernetes/objects.ts'
import type { Timers } from '../../timers.ts'
import { deleteObject, type ObjectStore } from '../object-store.ts'
import { recordEvent } from './events.ts'
import { deleteNode, podsOn } from './node-lifecycle.ts'
import { taintNode } from './taints.ts'

/** The taint that the cluster autoscaler adds before it drains a node. */
export const SCALE_DOWN_TAINT = 'ToBeDeletedByClusterAutoscaler'

/** The pods that a drain evicts: all but DaemonSet pods and static pods. */
export const podsToDrain = (store: ObjectStore, node: string): readonly Pod[] =>
  podsOn(store, node).filter(
    (pod) => !['DaemonSet', 'Node'].includes(controllerRef(pod)?.kind ?? ''),
  )

/** Deletes every pod that a drain evicts, each with its own grace period. */
function drainNode(store: ObjectStore, node: string): void {
  for (const pod of podsToDrain(store, node)) deleteObject(store, 'pods', pod)
}

/**
 * Scales a node down as the cluster autoscaler does: adds the taint, drains the node, and deletes
 * it when the drain has finished.
 */
export function scaleDown(store: ObjectStore, timers: Timers, name: string): void {
  const node = store.get('nodes', undefined, name)
  if (!node) return
  const value = String(Math.floor(Date.now() / 1000))
  taintNode(
    store,
    name,
    { key: SCALE_DOWN_TAINT, value, effect: 'NoSchedule' },
    'cluster-autoscaler',
  )
  recordEvent(store, {
    kind: 'Node',
    object: node,
    reason: 'ScaleDown',
    message: 'marked the node as toBeDeleted/unschedulable',
    source: 'cluster-autoscaler',
  })
  drainNode(store, name)
  removeWhenDrained(store, timers, name)
}

/** Deletes the node `delayMs` after its drain has finished. */
export function removeWhenDrained(
  store: ObjectStore,
  timers: Timers,
  name: string,
  delayMs = 1500,
): void {
  const deleteIfDrained = () => {
    if (podsToDrain(store, name).length > 0) return
    unsubscribe()
    timers.after(delayMs, () => deleteNode(store, name))
  }
  const unsubscribe = store.onChange(({ resource }) => {
    if (resource === 'pods') deleteIfDrained()
  })
  deleteIfDrained()
}

/** Ends every terminating pod on the node now, as if its work were done. */
export function finishTerminatingPods(store: ObjectStore, node: string): void {
  for (const pod of podsOn(store, node))
    if (pod.metadata.deletionTimestamp) deleteObject(store, 'pods', pod, 0)
}
