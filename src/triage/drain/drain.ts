import { isReadyNode } from '../../daemonset/object-state.ts'
import type { Node } from '../../kubernetes/objects.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { isSilent } from '../facts/readiness.ts'
import { type Cache, eventTime, type SnapshotIndex } from '../facts/snapshot-index.ts'
import {
  type Blocker,
  blockersAmong,
  podsToEvict,
  type StoppingPod,
  stoppingPods,
} from './drain-blockers.ts'
import { isKarpenter, type Leaving } from './leaving.ts'

/**
 * `draining`: within its usual time. `blocked`: something prevents the pods from leaving.
 * `left-over`: nothing acts on the node any longer. `machine-off`: a taint says that the machine is
 * off. `silent`: it should be gone by now and does not respond; whether the machine still exists is
 * unknown.
 */
export type DrainState = 'draining' | 'blocked' | 'left-over' | 'machine-off' | 'silent'

/** The progress of the removal of a node. Times are RFC 3339. */
export interface Drain extends Pick<Leaving, 'since'> {
  readonly state: DrainState
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

/** The state of the removal of a node, by the timeouts of the tool that removes it. */
export function drainOf(index: SnapshotIndex, node: Node, leaving: Leaving): Drain {
  const id = `${node.metadata.name} ${leaving.taint?.key ?? ''}`
  return index.cached(DRAINS, id, () => examine(index, node, leaving))
}

/**
 * Whether a taint says that the machine is off: the cloud provider's, or a person's. A kubelet that
 * does not respond shows neither.
 */
export function isKnownOff(node: Node): boolean {
  return !isReadyNode(node) && (node.spec?.taints ?? []).some(({ key }) => OFF.includes(key))
}

const DRAINS: Cache<Drain> = {}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

interface Observed extends Pick<Drain, 'blockers' | 'stopping' | 'lastEvent' | 'expiredLease'> {
  readonly now: number
  readonly node: Node
  readonly leaving: Leaving
}

function examine(index: SnapshotIndex, node: Node, leaving: Leaving): Drain {
  const pods = podsToEvict(index, node, leaving)
  const stopping = stoppingPods(pods, index.now)
  const blockers = blockersAmong(index, pods, leaving, node)
  const lastEvent = lastToolEvent(index, node)
  const expiredLease = expiredLeaseOf(index, leaving)
  const observed = { now: index.now, node, leaving, blockers, stopping, lastEvent, expiredLease }
  const until = endOf(observed)
  return {
    state: stateOf(observed),
    blockers,
    stopping,
    remaining: pods.length,
    ...(leaving.since && { since: leaving.since }),
    ...(until && { until }),
    ...(lastEvent && { lastEvent }),
    ...(expiredLease && { expiredLease }),
  }
}

/** Set by the cloud controller-manager: the taint itself says that the machine is off. */
export const SHUTDOWN = 'node.cloudprovider.kubernetes.io/shutdown'
const OFF: readonly string[] = [SHUTDOWN, 'node.kubernetes.io/out-of-service']

function stateOf(observed: Observed): DrainState {
  const { node, leaving, blockers, expiredLease } = observed
  if (isKnownOff(node)) return 'machine-off'
  if (leaving.taint?.key === SHUTDOWN) return 'left-over'
  const isDeleting = Boolean(node.metadata.deletionTimestamp)
  if (blockers.length > 0) return isAbandoned(observed) ? 'left-over' : 'blocked'
  if (expiredLease && isDeleting) return 'blocked'
  const age = ageOf(observed)
  const isOverdue = age > limitOf(leaving) || (expiredLease !== undefined && age > 5 * MINUTE_MS)
  if (!isOverdue || isActive(observed)) return 'draining'
  if (isSilent(node)) return silenceOf(observed) > DELETION_MS ? 'silent' : 'draining'
  return isDeleting ? 'draining' : 'left-over'
}

/** How long a Node object may outlive its machine: up to 5 min in the cloud, 3 min in the cluster. */
const DELETION_MS = 10 * MINUTE_MS

/** For how long the kubelet has not reported; 0 if that is unknown. Milliseconds. */
function silenceOf({ node, now }: Observed): number {
  if (!isSilent(node)) return 0
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  return now - (milliseconds(ready?.lastTransitionTime) ?? now)
}

/**
 * Whether nothing acts on a node that still has blockers: long past the limit, not cordoned, not
 * being deleted.
 */
function isAbandoned(observed: Observed): boolean {
  const { node, leaving } = observed
  return (
    ageOf(observed) > Math.max(limitOf(leaving), HOUR_MS) &&
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

/**
 * Milliseconds. If the start is unknown, the node is leaving at least as long as it has been
 * silent.
 */
function ageOf(observed: Observed): number {
  const { leaving, now } = observed
  return leaving.since ? now - Date.parse(leaving.since.at) : silenceOf(observed)
}

/** Milliseconds. */
function limitOf({ known }: Leaving): number {
  return (known.limitSeconds ?? 3600) * 1000
}

/**
 * The cluster autoscaler with default flags: 5 s, evictions for 2 min, pods for 630 s, 2 min more
 * for annotations that delay the deletion, and up to 5 min in the cloud. Karpenter has no limit
 * except the one in its annotation.
 */
function endOf({ node, leaving, stopping, blockers }: Observed): string | undefined {
  if (blockers.length > 0) return undefined
  const annotations = Object.entries(node.metadata.annotations ?? {})
  const limit = annotations.find(
    ([key]) => key === 'karpenter.sh/nodeclaim-termination-timestamp',
  )?.[1]
  if (limit) return limit
  const ends = stopping.map(({ by }) => Date.parse(by) + 5 * MINUTE_MS)
  const { since } = leaving
  if (leaving.taint?.key === AUTOSCALER && since?.from === 'value') {
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
function expiredLeaseOf(index: SnapshotIndex, leaving: Leaving): Drain['expiredLease'] {
  const name = leaseName(leaving)
  const lease = name && (index.lease('kube-system', name) ?? index.lease('karpenter', name))
  if (!lease) return undefined
  const renewed = milliseconds(lease.spec?.renewTime)
  const allowed = (lease.spec?.leaseDurationSeconds ?? 15) * 1000 + 2 * MINUTE_MS
  return renewed !== undefined && index.now - renewed > allowed
    ? { lease: `${lease.metadata.namespace ?? 'kube-system'}/${name}`, renewed: rfc3339(renewed) }
    : undefined
}

const AUTOSCALER = 'ToBeDeletedByClusterAutoscaler'

/** The Lease of the tool that removes the node, if it has one. */
export function leaseName(leaving: Leaving): string | undefined {
  if (leaving.taint?.key === AUTOSCALER) return 'cluster-autoscaler'
  return isKarpenter(leaving) ? 'karpenter-leader-election' : undefined
}
