import { isReadyNode } from '../../daemonset/object-state.ts'
import type { Node } from '../../kubernetes/objects.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { isSilent } from '../facts/readiness.ts'
import type { Cache, SnapshotIndex } from '../facts/snapshot-index.ts'
import {
  type Blocker,
  blockersAmong,
  podsToEvict,
  type StoppingPod,
  stoppingPods,
} from './drain-blockers.ts'
import type { Leaving } from './leaving.ts'
import {
  AUTOSCALER,
  type ExpiredLease,
  expiredLeaseOf,
  lastToolEvent,
  type ToolEvent,
} from './tool-activity.ts'

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
  /** What `until` is the sum of; undefined if something states it as it is. */
  readonly estimate?: Estimate
  /** The last event of the tool about the node. */
  readonly lastEvent?: ToolEvent
  /** The tool's Lease, if it has expired. */
  readonly expiredLease?: ExpiredLease
}

/** The time for the pods of a node, and then for the machine and its Node object. */
export interface Estimate {
  /** RFC 3339: when the last pod should have left. */
  readonly podsBy: string
  /** The pod whose grace period ends then; undefined: the autoscaler's own limits. */
  readonly pod?: string
  /** Milliseconds for the machine in the cloud, and for the Node object after it. */
  readonly machineMs: number
  readonly objectMs: number
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
  const estimate = estimateOf(observed, pods.length)
  const sum = estimate && sumOf(estimate)
  const until = statedEnd(observed) ?? sum
  return {
    state: stateOf(observed),
    blockers,
    stopping,
    remaining: pods.length,
    ...(leaving.since && { since: leaving.since }),
    ...(until && { until }),
    ...(estimate && until === sum && { estimate }),
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

/** MaxCloudProviderNodeDeletionTime of the cluster autoscaler. */
const MACHINE_MS = 5 * MINUTE_MS
/** MaxKubernetesEmptyNodeDeletionTime of the cluster autoscaler. */
const OBJECT_MS = 3 * MINUTE_MS
/** How long a node may be silent while its removal ends: both of these, and some minutes more. */
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

/** Karpenter's own limit, if the node has one. Nothing ends a drain that is blocked. */
function statedEnd({ node, blockers }: Observed): string | undefined {
  return blockers.length > 0
    ? undefined
    : node.metadata.annotations?.['karpenter.sh/nodeclaim-termination-timestamp']
}

/** RFC 3339. */
function sumOf({ podsBy, machineMs, objectMs }: Estimate): string {
  return rfc3339(Date.parse(podsBy) + machineMs + objectMs)
}

/**
 * The last grace period, if all pods are in theirs. The cluster autoscaler with default flags gives pods 5 s, evictions for 2 min, 630 s to stop, and
 * 2 min more for annotations that delay the deletion. It expects a machine to be gone 5 min after
 * the cloud accepted its deletion, and its Node object 3 min later.
 */
function estimateOf(
  { node, leaving, stopping, blockers }: Observed,
  remaining: number,
): Estimate | undefined {
  if (blockers.length > 0) return undefined
  const isAutoscaler = leaving.taint?.key === AUTOSCALER
  const removal = { machineMs: MACHINE_MS, objectMs: isAutoscaler ? OBJECT_MS : 0 }
  const ends = stopping.map(({ by, pod }): Estimate => ({ podsBy: by, pod, ...removal }))
  const { since } = leaving
  const areAllStopping = remaining > 0 && stopping.length === remaining
  if (isAutoscaler && since?.from === 'value' && !areAllStopping) {
    const delayed = Object.keys(node.metadata.annotations ?? {}).some((key) =>
      key.startsWith('delay-deletion.cluster-autoscaler.kubernetes.io/'),
    )
    const podsBy = rfc3339(Date.parse(since.at) + (755 + (delayed ? 120 : 0)) * 1000)
    ends.push({ podsBy, ...removal })
  }
  return ends.sort((a, b) => Date.parse(a.podsBy) - Date.parse(b.podsBy)).at(-1)
}

// An expired Lease means that the tool is not running or has lost its rights.
