import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { lastWriter } from '../facts/managed-fields.ts'
import { eventTime, type SnapshotIndex } from '../facts/snapshot-index.ts'
import { knownTaint, taintTime } from '../taints/taints.ts'
import {
  type Blocker,
  blockersAmong,
  isKarpenter,
  leavingPods,
  podsToLeave,
  type TerminatingPod,
} from './drain-blockers.ts'

/**
 * `draining`: within its time. `blocked`: something keeps the node from being emptied. `left-over`: nothing acts on the node any more.
 * `machine-off`: the machine is gone or stopped, only its Node object is left.
 */
export type DrainState = 'draining' | 'blocked' | 'left-over' | 'machine-off'

/** How far a node on its way out has come. Times are RFC 3339. */
export interface Drain {
  readonly state: DrainState
  /** Since when; from managedFields it is the latest possible moment. */
  readonly since?: {
    readonly at: string
    readonly from: 'value' | 'timeAdded' | 'deletionTimestamp' | 'managedFields'
  }
  readonly blockers: readonly Blocker[]
  readonly leaving: readonly TerminatingPod[]
  /** Pods that must still leave, those included. */
  readonly remaining: number
  /** When it should be over; undefined where nothing sets a limit. */
  readonly until?: string
  /** When its tool last said something about the node. */
  readonly lastAct?: { readonly reason: string; readonly at: string }
  /** Lease of the tool that has run out. */
  readonly toolGone?: { readonly lease: string; readonly renewed: string }
}

/** Judges the drain that a going-away taint announces, by the clocks of the tools that put such taints on. */
export function drainOf(index: SnapshotIndex, node: Node, taint: Taint): Drain {
  const known = drains.get(index) ?? new Map<string, Drain>()
  drains.set(index, known)
  const id = `${node.metadata.name} ${taint.key}`
  const drain = known.get(id) ?? judge(index, node, taint)
  known.set(id, drain)
  return drain
}

// Every DaemonSet on a node asks the same.
const drains = new WeakMap<SnapshotIndex, Map<string, Drain>>()

function judge(index: SnapshotIndex, node: Node, taint: Taint): Drain {
  const pods = podsToLeave(index, node, taint)
  const leaving = leavingPods(pods, index.now)
  const blockers = blockersAmong(index, pods, taint, node)
  const since = startOf(node, taint)
  const lastAct = lastActOn(index, node)
  const toolGone = goneTool(index, taint)
  const facts = { index, node, taint, blockers, leaving, since, lastAct, toolGone }
  const until = endOf(facts)
  return {
    state: stateOf(facts),
    blockers,
    leaving,
    remaining: pods.length,
    ...(since && { since }),
    ...(until && { until }),
    ...(lastAct && { lastAct }),
    ...(toolGone && { toolGone }),
  }
}

interface Known extends Pick<Drain, 'since' | 'blockers' | 'leaving' | 'lastAct' | 'toolGone'> {
  readonly index: SnapshotIndex
  readonly node: Node
  readonly taint: Taint
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

function stateOf({
  index,
  node,
  taint,
  blockers,
  leaving,
  since,
  lastAct,
  toolGone,
}: Known): DrainState {
  const down = isDown(node)
  if (taint.key === SHUTDOWN) return down ? 'machine-off' : 'left-over'
  const age = since ? index.now - Date.parse(since.at) : 0
  const limit = (knownTaint(taint.key).limitSeconds ?? 3600) * 1000
  const deleting = Boolean(node.metadata.deletionTimestamp)
  const acting =
    leaving.length > 0 ||
    (lastAct !== undefined && index.now - Date.parse(lastAct.at) < 10 * MINUTE)
  if (blockers.length > 0) {
    const abandoned =
      age > Math.max(limit, HOUR) && !acting && !deleting && !node.spec?.unschedulable
    return abandoned ? 'left-over' : 'blocked'
  }
  if (toolGone && deleting) return 'blocked'
  const old = age > limit || (toolGone !== undefined && age > 5 * MINUTE)
  if (acting || !old) return 'draining'
  if (down) return 'machine-off'
  return deleting ? 'draining' : 'left-over'
}

function startOf(node: Node, taint: Taint): Drain['since'] {
  const said = taintTime(taint)
  if (said) return said
  const { deletionTimestamp } = node.metadata
  if (isKarpenter(taint) && deletionTimestamp)
    return { at: deletionTimestamp, from: 'deletionTimestamp' }
  const written = lastWriter(node.metadata, ['f:spec', 'f:taints'])?.time
  return written ? { at: written, from: 'managedFields' } : undefined
}

/**
 * The autoscaler with default flags: 5 s, evictions for 2 min, pods for 630 s; 2 min more for annotations that delay the deletion,
 * and up to 5 min in the cloud. Karpenter has no limit but the one that it writes down.
 */
function endOf({ node, taint, leaving, since, blockers }: Known): string | undefined {
  if (blockers.length > 0) return undefined
  const annotations = Object.entries(node.metadata.annotations ?? {})
  const written = annotations.find(
    ([key]) => key === 'karpenter.sh/nodeclaim-termination-timestamp',
  )?.[1]
  if (written) return written
  const ends = leaving.map(({ by }) => Date.parse(by) + 5 * MINUTE)
  if (taint.key === 'ToBeDeletedByClusterAutoscaler' && since?.from === 'value') {
    const delayed = annotations.some(([key]) =>
      key.startsWith('delay-deletion.cluster-autoscaler.kubernetes.io/'),
    )
    ends.push(Date.parse(since.at) + (755 + (delayed ? 120 : 0)) * 1000 + 5 * MINUTE)
  }
  return ends.length > 0 ? rfc3339(Math.max(...ends)) : undefined
}

const SHUTDOWN = 'node.cloudprovider.kubernetes.io/shutdown'

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

function lastActOn(index: SnapshotIndex, node: Node): Drain['lastAct'] {
  const acts = index
    .eventsOf('Node', undefined, node.metadata.name)
    .filter(({ reason }) => TOOL_EVENTS.has(reason ?? ''))
    .map((event) => ({ reason: event.reason ?? '', at: eventTime(event) }))
    .sort((a, b) => b.at - a.at)
  const [last] = acts
  return last && last.at > 0 ? { reason: last.reason, at: rfc3339(last.at) } : undefined
}

// A lease that nobody renews: the tool is not running, or lost its rights.
function goneTool(index: SnapshotIndex, { key }: Taint): Drain['toolGone'] {
  const name =
    key === 'ToBeDeletedByClusterAutoscaler'
      ? 'cluster-autoscaler'
      : key.startsWith('karpenter.sh/')
        ? 'karpenter-leader-election'
        : ''
  const lease =
    name === '' ? undefined : (index.lease('kube-system', name) ?? index.lease('karpenter', name))
  const renewed = milliseconds(lease?.spec?.renewTime)
  if (!lease || renewed === undefined) return undefined
  const allowed = (lease.spec?.leaseDurationSeconds ?? 15) * 1000 + 2 * MINUTE
  return index.now - renewed > allowed
    ? { lease: `${lease.metadata.namespace ?? 'kube-system'}/${name}`, renewed: rfc3339(renewed) }
    : undefined
}

export function isDown(node: Node): boolean {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  return ready !== undefined && ready.status !== 'True'
}
