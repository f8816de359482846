import { controllerRef, isAvailable, isTerminating } from '../../../src/daemonset/object-state.ts'
import { type Recount, recount } from '../../../src/daemonset/recount.ts'
import { isRollingUpdate, rollingUpdateLimits } from '../../../src/daemonset/rollout.ts'
import { worldOf } from '../../../src/daemonset/world.ts'
import type { DaemonSet, DaemonSetStatus, Pod } from '../../../src/kubernetes/objects.ts'
import type { Timers } from '../../timers.ts'
import type { Faults } from '../api/faults.ts'
import { deleteObject, type ObjectStore } from '../object-store.ts'
import { currentRevision, daemonPod, ownerReference } from './daemonset-template.ts'
import { recordEvent } from './events.ts'
import { daemonSetsToSync } from './sync-triggers.ts'

/** What the DaemonSet controller works on. */
export interface ControllerOptions {
  readonly store: ObjectStore
  readonly timers: Timers
  readonly faults: Faults
  readonly serverVersion: string
  /** From a change to the sync that it causes. */
  readonly syncDelayMs: number
}

/**
 * Syncs DaemonSets as kube-controller-manager does: creates and deletes pods, rolls out a changed
 * template, writes the status. It does not support maxSurge and uses maxUnavailable instead. A
 * DaemonSet that starts with a status keeps it until a sync, so a scenario can start with a stale
 * status.
 */
export function runDaemonSetController(options: ControllerOptions): void {
  const { store, timers, serverVersion, syncDelayMs } = options
  const queued = new Map<string, () => void>()
  const enqueue = ({ metadata: { namespace, name } }: DaemonSet, delayMs = syncDelayMs) => {
    const key = `${namespace}/${name}`
    if (queued.has(key)) return
    const run = () => {
      queued.delete(key)
      const daemonSet = store.get('daemonsets', namespace, name)
      const retryMs = daemonSet && sync(options, daemonSet)
      if (daemonSet && retryMs !== undefined) enqueue(daemonSet, retryMs)
    }
    queued.set(key, timers.after(delayMs, run))
  }
  store.onChange((change) => {
    for (const daemonSet of daemonSetsToSync(store, change, serverVersion)) enqueue(daemonSet)
  })
  for (const daemonSet of store.list('daemonsets')) if (!daemonSet.status) sync(options, daemonSet)
}

/** Until a deletion that admission denied is tried again. */
const RETRY_MS = 5000

/** One sync. Returns after how many milliseconds the next is due even without a change. */
function sync(options: ControllerOptions, daemonSet: DaemonSet): number | undefined {
  const { store, serverVersion } = options
  const { metadata, spec } = daemonSet
  const controllerRevisions = () => store.list('controllerrevisions', metadata.namespace)
  const count = () => {
    const now = new Date().toISOString()
    const world = worldOf({
      nodes: store.list('nodes'),
      pods: store.list('pods'),
      serverVersion,
      controllerRevisions: controllerRevisions(),
      now,
    })
    return recount(daemonSet, world)
  }
  const first = count()
  if (!first.statusWritten) return undefined
  const hash = currentRevision(store, daemonSet)
  adopt(store, daemonSet, first.claimed)
  const wasDenied = managePods(options, daemonSet, first, hash)
  const second = count()
  const old = oldPodsToDelete(daemonSet, second, hash, new Date().toISOString())
  for (const pod of old) deletePod(options, daemonSet, pod)
  writeStatus(store, daemonSet, count(), hash)
  if (wasDenied) return RETRY_MS
  const minReady = (spec.minReadySeconds ?? 0) * 1000
  return minReady > 0 && second.count.numberReady > second.count.numberAvailable
    ? minReady
    : undefined
}

/** Becomes the owner of claimed pods that have none. */
function adopt(store: ObjectStore, daemonSet: DaemonSet, claimed: readonly Pod[]): void {
  for (const pod of claimed) {
    if (controllerRef(pod)) continue
    store.update('pods', {
      ...pod,
      metadata: {
        ...pod.metadata,
        ownerReferences: [...(pod.metadata.ownerReferences ?? []), ownerReference(daemonSet)],
      },
    })
  }
}

/** Creates and deletes pods. Returns whether admission denied a deletion. */
function managePods(
  options: ControllerOptions,
  daemonSet: DaemonSet,
  counted: Recount,
  hash: string,
): boolean {
  const { store } = options
  const { nodes, claimed, controllerDeletes } = counted
  const toDelete = claimed.filter(({ metadata }) => controllerDeletes.includes(metadata.name))
  const denied = toDelete.filter((pod) => !deletePod(options, daemonSet, pod))
  for (const { name, shouldRun, pods } of nodes) {
    if (!shouldRun || pods.length > 0) continue
    const pod = store.create('pods', daemonPod(daemonSet, name, hash))
    recordDaemonSetEvent(store, daemonSet, 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  }
  return denied.length > 0
}

/** Returns false if admission denied the deletion. */
function deletePod(
  { store, faults }: ControllerOptions,
  daemonSet: DaemonSet,
  { metadata: { namespace, name } }: Pod,
): boolean {
  const pod = store.get('pods', namespace, name)
  if (!pod || pod.metadata.deletionTimestamp !== undefined) return true
  const denied = faults.take('denied', 'delete', 'pods')
  if (denied) {
    const reason = `admission webhook "${denied.webhook}" denied the request: ${denied.message}`
    recordDaemonSetEvent(store, daemonSet, 'FailedDelete', `Error deleting: ${reason}`, 'Warning')
    return false
  }
  deleteObject(store, 'pods', pod)
  recordDaemonSetEvent(store, daemonSet, 'SuccessfulDelete', `Deleted pod: ${name}`)
  return true
}

const recordDaemonSetEvent = (
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

/** Writes the status if it changed. Omits counts of zero where the API does. */
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

/**
 * Old pods that the rollout deletes now without exceeding maxUnavailable. As in Kubernetes, pods on
 * nodes that should not have one count too.
 */
function oldPodsToDelete(
  daemonSet: DaemonSet,
  { nodes, claimed, count }: Recount,
  hash: string,
  now: string,
): Pod[] {
  if (!isRollingUpdate(daemonSet)) return []
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0
  const available = (pod: Pod) => isAvailable(pod, minReadySeconds, now)
  let unavailable = 0
  const broken: Pod[] = []
  const serving: Pod[] = []
  const byName = new Map(claimed.map((pod) => [pod.metadata.name, pod]))
  for (const { pods } of nodes) {
    if (pods.length === 0) continue
    const live = pods.flatMap((name) => byName.get(name) ?? []).filter((pod) => !isTerminating(pod))
    const current = live.find((pod) => pod.metadata.labels?.['controller-revision-hash'] === hash)
    const old = live.find((pod) => pod.metadata.labels?.['controller-revision-hash'] !== hash)
    if (current ? !available(current) : !old) unavailable++
    if (current || !old) continue
    if (available(old)) serving.push(old)
    else broken.push(old)
  }
  const { maxUnavailable } = rollingUpdateLimits(daemonSet, count.desiredNumberScheduled)
  return [...broken, ...serving.slice(0, Math.max(0, maxUnavailable - unavailable))]
}
