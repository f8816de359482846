import { isReadyNode } from '../../daemonset/object-state.ts'
import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { lastWriter } from '../facts/managed-fields.ts'
import { type Cache, eventTime, type SnapshotIndex } from '../facts/snapshot-index.ts'
import { knownTaint, taintTime } from '../taints/taints.ts'
import {
  type Blocker,
  blockersAmong,
  isKarpenter,
  podsToEvict,
  type StoppingPod,
  stoppingPods,
} from './drain-blockers.ts'

/**
 * `draining`: within its usual time. `blocked`: something prevents the pods from leaving.
 * `left-over`: nothing acts on the node any longer. `machine-off`: the machine is gone or stopped,
 * and only its Node object is left.
 */
export type DrainState = 'draining' | 'blocked' | 'left-over' | 'machine-off'

/** The progress of the removal of a node. Times are RFC 3339. */
export interface Drain {
  readonly state: DrainState
  /** When it started. From managedFields, this is the latest possible time. */
  readonly since?: {
    readonly at: string
    readonly from: 'value' | 'timeAdded' | 'deletionTimestamp' | 'managedFields'
  }
  readonly blockers: readonly Blocker[]
  readonly stopping: readonly StoppingPod[]
  /** Number of pods that must still leave, including the blockers and the stopping ones. */
  readonly remaining: number
  /** When it should be done; undefined if nothing sets a limit. */
  readonly until?: string
  /** The last event of the tool about the node. */
  readonly lastEvent?: { readonly reason: string; readonly at: string }
  /** The tool's Lease, if it has expired. */
  readonly expiredLease?: { readonly lease: string; readonly renewed: string }
}

/**
 * The state of the drain that a `going-away` taint announces, by the timeouts of the tools that set
 * such taints.
 */
export function drainOf(index: SnapshotIndex, node: Node, taint: Taint): Drain {
  const id = `${node.metadata.name} ${taint.key}`
  return index.cached(DRAINS, id, () => examine(index, node, taint))
}

const DRAINS: Cache<Drain> = {}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

interface Observed
  extends Pick<Drain, 'since' | 'blockers' | 'stopping' | 'lastEvent' | 'expiredLease'> {
  readonly now: number
  readonly node: Node
  readonly taint: Taint
}

function examine(index: SnapshotIndex, node: Node, taint: Taint): Drain {
  const pods = podsToEvict(index, node, taint)
  const stopping = stoppingPods(pods, index.now)
  const blockers = blockersAmong(index, pods, taint, node)
  const since = startOf(node, taint)
  const lastEvent = lastToolEvent(index, node)
  const expiredLease = expiredLeaseOf(index, taint)
  const observed = {
    now: index.now,
    node,
    taint,
    blockers,
    stopping,
    since,
    lastEvent,
    expiredLease,
  }
  const until = endOf(observed)
  return {
    state: stateOf(observed),
    blockers,
    stopping,
    remaining: pods.length,
    ...(since && { since }),
    ...(until && { until }),
    ...(lastEvent && { lastEvent }),
    ...(expiredLease && { expiredLease }),
  }
}

/** Set by the cloud controller-manager: the taint itself says that the machine is off. */
export const SHUTDOWN = 'node.cloudprovider.kubernetes.io/shutdown'

function stateOf(observed: Observed): DrainState {
  const { node, taint, blockers, expiredLease } = observed
  if (taint.key === SHUTDOWN) return !isReadyNode(node) ? 'machine-off' : 'left-over'
  const isDeleting = Boolean(node.metadata.deletionTimestamp)
  if (blockers.length > 0) return isAbandoned(observed) ? 'left-over' : 'blocked'
  if (expiredLease && isDeleting) return 'blocked'
  const age = ageOf(observed)
  const isOverdue = age > limitOf(taint) || (expiredLease !== undefined && age > 5 * MINUTE_MS)
  if (!isOverdue || isActive(observed)) return 'draining'
  if (!isReadyNode(node)) return 'machine-off'
  return isDeleting ? 'draining' : 'left-over'
}

/**
 * Whether nothing acts on a node that still has blockers: long past the limit, not cordoned, not
 * being deleted.
 */
function isAbandoned(observed: Observed): boolean {
  const { node, taint } = observed
  return (
    ageOf(observed) > Math.max(limitOf(taint), HOUR_MS) &&
    !isActive(observed) &&
    !node.metadata.deletionTimestamp &&
    !node.spec?.unschedulable
  )
}

function isActive({ stopping, lastEvent, now }: Observed): boolean {
  return (
    stopping.length > 0 ||
    (lastEvent !== undefined && now - Date.parse(lastEvent.at) < 10 * MINUTE_MS)
  )
}

/** Milliseconds. 0 if the start is unknown. */
function ageOf({ since, now }: Observed): number {
  return since ? now - Date.parse(since.at) : 0
}

/** Milliseconds. */
function limitOf({ key }: Taint): number {
  return (knownTaint(key).limitSeconds ?? 3600) * 1000
}

function startOf(node: Node, taint: Taint): Drain['since'] {
  const added = taintTime(taint)
  if (added) return added
  const { deletionTimestamp } = node.metadata
  if (isKarpenter(taint) && deletionTimestamp)
    return { at: deletionTimestamp, from: 'deletionTimestamp' }
  const written = lastWriter(node.metadata, ['f:spec', 'f:taints'])?.time
  return written ? { at: written, from: 'managedFields' } : undefined
}

/**
 * The cluster autoscaler with default flags: 5 s, evictions for 2 min, pods for 630 s, 2 min more
 * for annotations that delay the deletion, and up to 5 min in the cloud. Karpenter has no limit
 * except the one in its annotation.
 */
function endOf({ node, taint, stopping, since, blockers }: Observed): string | undefined {
  if (blockers.length > 0) return undefined
  const annotations = Object.entries(node.metadata.annotations ?? {})
  const limit = annotations.find(
    ([key]) => key === 'karpenter.sh/nodeclaim-termination-timestamp',
  )?.[1]
  if (limit) return limit
  const ends = stopping.map(({ by }) => Date.parse(by) + 5 * MINUTE_MS)
  if (taint.key === 'ToBeDeletedByClusterAutoscaler' && since?.from === 'value') {
    const delayed = annotations.some(([key]) =>
      key.startsWith('delay-deletion.cluster-autoscaler.kubernetes.io/'),
    )
    ends.push(Date.parse(since.at) + (755 + (delayed ? 120 : 0)) * 1000 + 5 * MINUTE_MS)
  }
  return ends.length > 0 ? rfc3339(Math.max(...ends)) : undefined
}

const TOOL_EVENTS = new Set([
  'ScaleDown',
  'ScaleDownFailed',
  'ScaleDownEmpty',
  'ClusterAutoscalerCleanup',
  'DisruptionTerminating',
  'DisruptionBlocked',
  'DisruptionLaunching',
  'DisruptionWaitingReadiness',
  'FailedDraining',
  'TerminationGracePeriodExpiring',
  'AwaitingVolumeDetachment',
  'SpotInterruption',
  'ScheduledEvent',
  'ASGLifecycle',
  'RebalanceRecommendation',
  'CordonAndDrain',
  'ImpendingNodeTermination',
  'DeletingNode',
])

function lastToolEvent(index: SnapshotIndex, node: Node): Drain['lastEvent'] {
  const [last] = index
    .eventsOf('Node', undefined, node.metadata.name)
    .filter(({ reason }) => TOOL_EVENTS.has(reason ?? ''))
    .map((event) => ({ reason: event.reason ?? '', at: eventTime(event) }))
    .sort((a, b) => b.at - a.at)
  return last && last.at > 0 ? { reason: last.reason, at: rfc3339(last.at) } : undefined
}

// An expired Lease means that the tool is not running or has lost its rights.
function expiredLeaseOf(index: SnapshotIndex, { key }: Taint): Drain['expiredLease'] {
  const name = leaseName(key)
  const lease = name && (index.lease('kube-system', name) ?? index.lease('karpenter', name))
  if (!lease) return undefined
  const renewed = milliseconds(lease.spec?.renewTime)
  const allowed = (lease.spec?.leaseDurationSeconds ?? 15) * 1000 + 2 * MINUTE_MS
  return renewed !== undefined && index.now - renewed > allowed
    ? { lease: `${lease.metadata.namespace ?? 'kube-system'}/${name}`, renewed: rfc3339(renewed) }
    : undefined
}

/** The Lease of the tool that sets this taint, if it has one. */
export function leaseName(taintKey: string): string | undefined {
  if (taintKey === 'ToBeDeletedByClusterAutoscaler') return 'cluster-autoscaler'
  return taintKey.startsWith('karpenter.sh/') ? 'karpenter-leader-election' : undefined
}
