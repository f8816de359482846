import type { Node } from '../../kubernetes/objects.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { eventTime, type SnapshotIndex } from '../facts/snapshot-index.ts'
import { isKarpenter, type Leaving } from './leaving.ts'

/** An event of the tool that removes a node. `at`: RFC 3339. */
export interface ToolEvent {
  readonly reason: string
  readonly at: string
}

/** A Lease that its holder has not renewed in time. */
export interface ExpiredLease {
  /** `namespace/name`. */
  readonly lease: string
  /** RFC 3339: when it was renewed last. */
  readonly renewed: string
}

/** Taint of the cluster autoscaler. */
export const AUTOSCALER = 'ToBeDeletedByClusterAutoscaler'

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

/** The newest event of the tool about the node; undefined if there is none. */
export function lastToolEvent(index: SnapshotIndex, node: Node): ToolEvent | undefined {
  const [last] = index
    .eventsOf('Node', undefined, node.metadata.name)
    .filter(({ reason }) => TOOL_EVENTS.has(reason ?? ''))
    .map((event) => ({ reason: event.reason ?? '', at: eventTime(event) }))
    .sort((a, b) => b.at - a.at)
  return last && last.at > 0 ? { reason: last.reason, at: rfc3339(last.at) } : undefined
}

/** Two minutes of delay are no sign of anything. Milliseconds. */
const DELAY_MS = 2 * 60_000

/** The tool's Lease if it has expired: the tool is not running, or has lost its rights. */
export function expiredLeaseOf(index: SnapshotIndex, leaving: Leaving): ExpiredLease | undefined {
  const name = leaseName(leaving)
  const lease = name && (index.lease('kube-system', name) ?? index.lease('karpenter', name))
  if (!lease) return undefined
  const renewed = milliseconds(lease.spec?.renewTime)
  const allowed = (lease.spec?.leaseDurationSeconds ?? 15) * 1000 + DELAY_MS
  return renewed !== undefined && index.now - renewed > allowed
    ? { lease: `${lease.metadata.namespace ?? 'kube-system'}/${name}`, renewed: rfc3339(renewed) }
    : undefined
}

/** The Lease of the tool that removes the node, if it has one. */
export function leaseName(leaving: Leaving): string | undefined {
  if (leaving.taint?.key === AUTOSCALER) return 'cluster-autoscaler'
  return isKarpenter(leaving) ? 'karpenter-leader-election' : undefined
}
