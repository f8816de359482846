import { controllerRef } from '../../src/daemonset/pod-state.ts'
import type { Pod } from '../../src/kubernetes/objects.ts'
import type { Timers } from '../timers.ts'
import { deleteObject } from './delete-object.ts'
import { podsOn, removeNode } from './node-lifecycle.ts'
import type { ObjectStore } from './object-store.ts'
import { recordEvent } from './record-event.ts'
import { taintNode } from './taint-node.ts'

export const SCALE_DOWN_TAINT = 'ToBeDeletedByClusterAutoscaler'

/** Pods that a drain asks to leave: not those of DaemonSets, which stay until the node is gone, nor static ones. */
export const drainedPods = (store: ObjectStore, node: string): readonly Pod[] =>
  podsOn(store, node).filter(
    (pod) => !['DaemonSet', 'Node'].includes(controllerRef(pod)?.kind ?? ''),
  )

/** Asks every pod but the DaemonSets' to leave, each in its own grace period. */
export function drainNode(store: ObjectStore, node: string): void {
  for (const pod of drainedPods(store, node)) deleteObject(store, 'pods', pod)
}

/** The cluster autoscaler's scale-down from its decision to the end: taint, drain, and once the last pod has left, the node goes. */
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

/** Deletes the node a moment after its drain is over. */
export function removeWhenDrained(
  store: ObjectStore,
  timers: Timers,
  name: string,
  pause = 1500,
): void {
  const done = () => {
    if (drainedPods(store, name).length > 0) return
    end()
    timers.after(pause, () => removeNode(store, name))
  }
  const end = store.onChange(({ resource }) => {
    if (resource === 'pods') done()
  })
  done()
}

/** What waits in its grace period on the node ends now, as if its work were done. */
export function finishPods(store: ObjectStore, node: string): void {
  for (const pod of podsOn(store, node))
    if (pod.metadata.deletionTimestamp) deleteObject(store, 'pods', pod, 0)
}
