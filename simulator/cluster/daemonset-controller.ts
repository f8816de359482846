import { controllerRef } from '../../src/daemonset/pod-state.ts'
import { type Recount, recount } from '../../src/daemonset/recount.ts'
import { worldOf } from '../../src/daemonset/world.ts'
import type { DaemonSet, DaemonSetStatus, Pod } from '../../src/kubernetes/objects.ts'
import type { Timers } from '../timers.ts'
import { daemonPod } from './daemon-pod.ts'
import { currentRevision } from './daemonset-revisions.ts'
import { deleteObject } from './delete-object.ts'
import type { Faults } from './faults.ts'
import type { ObjectStore } from './object-store.ts'
import { recordEvent } from './record-event.ts'
import { daemonSetsToSync } from './recount-triggers.ts'
import { oldPodsToDelete } from './rolling-update.ts'

export interface ControllerOptions {
  readonly store: ObjectStore
  readonly timers: Timers
  readonly faults: Faults
  readonly serverVersion: string
  /** Milliseconds between a change and the sync that it causes. */
  readonly syncDelay: number
}

/**
 * Acts on DaemonSets as kube-controller-manager does: makes and deletes pods, rolls out a changed template, writes the status. Only
 * maxSurge is not known to it: such a DaemonSet is rolled out by maxUnavailable. A DaemonSet that has a status at the start keeps it until
 * something happens to it, so that a stale one can be shown.
 */
export function runDaemonSetController(options: ControllerOptions): void {
  const { store, timers, serverVersion, syncDelay } = options
  const waiting = new Map<string, () => void>()
  const enqueue = ({ metadata: { namespace, name } }: DaemonSet, delay = syncDelay) => {
    const key = `${namespace}/${name}`
    if (waiting.has(key)) return
    const run = () => {
      waiting.delete(key)
      const daemonSet = store.get('daemonsets', namespace, name)
      const again = daemonSet && sync(options, daemonSet)
      if (daemonSet && again !== undefined) enqueue(daemonSet, again)
    }
    waiting.set(key, timers.after(delay, run))
  }
  store.onChange((change) => {
    for (const daemonSet of daemonSetsToSync(store, change, serverVersion)) enqueue(daemonSet)
  })
  for (const daemonSet of store.list('daemonsets')) if (!daemonSet.status) sync(options, daemonSet)
}

/** Milliseconds until a deletion that was refused is tried again. */
const RETRY = 5000

/** One sync. Returns after how many milliseconds another is due by the clock alone. */
function sync(options: ControllerOptions, daemonSet: DaemonSet): number | undefined {
  const { store, serverVersion } = options
  const { metadata, spec } = daemonSet
  const controllerRevisions = () => store.list('controllerrevisions', metadata.namespace)
  const count = () => {
    const now = new Date().toISOString()
    return recount(
      daemonSet,
      worldOf({
        nodes: store.list('nodes'),
        pods: store.list('pods'),
        serverVersion,
        controllerRevisions: controllerRevisions(),
        now,
      }),
    )
  }
  const first = count()
  if (!first.statusWritten) return undefined
  const hash = currentRevision(store, daemonSet)
  adopt(store, daemonSet, first.claimed)
  const refused = manage(options, daemonSet, first, hash)
  const second = count()
  const old = oldPodsToDelete(daemonSet, second, hash, new Date().toISOString())
  for (const pod of old) deletePod(options, daemonSet, pod)
  writeStatus(store, daemonSet, count(), hash)
  if (refused) return RETRY
  const minReady = (spec.minReadySeconds ?? 0) * 1000
  return minReady > 0 && second.count.numberReady > second.count.numberAvailable
    ? minReady
    : undefined
}

function adopt(
  store: ObjectStore,
  { metadata: { name, uid } }: DaemonSet,
  claimed: readonly Pod[],
): void {
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  for (const pod of claimed) {
    if (controllerRef(pod)) continue
    store.update('pods', {
      ...pod,
      metadata: {
        ...pod.metadata,
        ownerReferences: [...(pod.metadata.ownerReferences ?? []), owner],
      },
    })
  }
}

/** Returns whether a deletion was refused. */
function manage(
  options: ControllerOptions,
  daemonSet: DaemonSet,
  counted: Recount,
  hash: string,
): boolean {
  const { store } = options
  const { nodes, claimed, controllerDeletes } = counted
  const going = claimed.filter(({ metadata }) => controllerDeletes.includes(metadata.name))
  const refused = going.filter((pod) => !deletePod(options, daemonSet, pod))
  for (const { name, shouldRun, pods } of nodes) {
    if (!shouldRun || pods.length > 0) continue
    const pod = store.create('pods', daemonPod(daemonSet, name, hash))
    tell(store, daemonSet, 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  }
  return refused.length > 0
}

/** false: admission refused it. */
function deletePod(
  { store, faults }: ControllerOptions,
  daemonSet: DaemonSet,
  { metadata: { namespace, name } }: Pod,
): boolean {
  const pod = store.get('pods', namespace, name)
  if (!pod || pod.metadata.deletionTimestamp !== undefined) return true
  const denied = faults.take('denied', 'delete', 'pods')
  if (denied) {
    const why = `admission webhook "${denied.webhook}" denied the request: ${denied.message}`
    tell(store, daemonSet, 'FailedDelete', `Error deleting: ${why}`, 'Warning')
    return false
  }
  deleteObject(store, 'pods', pod)
  tell(store, daemonSet, 'SuccessfulDelete', `Deleted pod: ${name}`)
  return true
}

const tell = (
  store: ObjectStore,
  object: DaemonSet,
  reason: string,
  message: string,
  type: 'Normal' | 'Warning' = 'Normal',
) =>
  recordEvent(store, {
    kind: 'DaemonSet',
    object,
    reason,
    message,
    type,
    source: 'daemonset-controller',
  })

/** Nothing is written that did not change. Counts of zero that the API omits are omitted. */
function writeStatus(
  store: ObjectStore,
  { metadata }: DaemonSet,
  { count, nodes, claimed }: Recount,
  hash: string,
): void {
  const current = new Set(
    claimed
      .filter((pod) => pod.metadata.labels?.['controller-revision-hash'] === hash)
      .map((pod) => pod.metadata.name),
  )
  const updated = nodes.filter(
    ({ shouldRun, pods }) => shouldRun && pods[0] !== undefined && current.has(pods[0]),
  ).length
  const { numberAvailable, numberUnavailable, ...counts } = count
  const status: DaemonSetStatus = {
    ...counts,
    ...(numberAvailable > 0 && { numberAvailable }),
    ...(numberUnavailable > 0 && { numberUnavailable }),
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    observedGeneration: metadata.generation ?? 1,
  }
  store.change('daemonsets', metadata.namespace, metadata.name, (now) => ({ ...now, status }))
}
