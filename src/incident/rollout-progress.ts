import { targetNodeName } from '../daemonset/daemon-pods.ts'
import {
  controllerRef,
  isAvailable,
  isBound,
  isTerminal,
  isTerminating,
} from '../daemonset/object-state.ts'
import type { ContainerStatus, DaemonSet, Pod } from '../kubernetes/objects.ts'
import { code, joined, plural, time, type Words, words } from '../words/words.ts'
import type { FollowedRollout } from './action-log.ts'

/** The counts of a DaemonSet's status that show how far a rollout is. */
export type RolloutCounts = NonNullable<FollowedRollout['counts']>

/** undefined: the status is older than the spec, so its counts say nothing about the rollout. */
export function rolloutCounts({ metadata, status }: DaemonSet): RolloutCounts | undefined {
  if (!status || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined
  return {
    desired: status.desiredNumberScheduled ?? 0,
    updated: status.updatedNumberScheduled ?? 0,
    available: status.numberAvailable ?? 0,
  }
}

/** As `kubectl rollout status` decides it. */
export function isComplete({ desired, updated, available }: RolloutCounts): boolean {
  return updated >= desired && available >= desired
}

/** `3 of 28 pods updated, 2 available`. */
export function progressWords({ desired, updated, available }: RolloutCounts): Words {
  return [
    `${updated} of ${desired} ${plural(desired, 'pod', 'pods')} updated, ${available} available`,
  ]
}

/** A pod that the rollout waits for. */
export interface WaitingPod {
  readonly name: string
  /** undefined: the node is unknown. */
  readonly node: string | undefined
  /** `CrashLoopBackOff`, `Pending: 0/1 nodes are available…`. */
  readonly why: Words
  /** It is not only slow: it fails, cannot be scheduled, or should have stopped by now. */
  readonly isFailing: boolean
}

/**
 * The pods of the DaemonSet that are not available, or that stop, failing ones first. Old pods that
 * wait for their turn are available and not among them.
 */
export function waitingPods(
  { metadata: { uid }, spec }: DaemonSet,
  pods: readonly Pod[],
  now: Date,
): readonly WaitingPod[] {
  const at = now.toISOString()
  const waiting = pods
    .filter((pod) => controllerRef(pod)?.uid === uid)
    .filter((pod) => isTerminating(pod) || !isAvailable(pod, spec.minReadySeconds ?? 0, at))
    .map((pod): WaitingPod => {
      const { why, isFailing } = stateOf(pod, now)
      return { name: pod.metadata.name, node: targetNodeName(pod), why, isFailing }
    })
  return [
    ...waiting.filter(({ isFailing }) => isFailing),
    ...waiting.filter(({ isFailing }) => !isFailing),
  ]
}

/** Pods named in one post; the rest are counted. */
const mostPods = 5

/** `` `x` on `n1`: CrashLoopBackOff; `y` on `n2`: Pending. 3 more wait. `` Empty without pods. */
export function waitingPodsWords(waiting: readonly WaitingPod[]): Words {
  const shown = waiting.slice(0, mostPods).map(({ name, node, why }) => {
    const where = node === undefined ? [] : words` on ${code(node)}`
    return words`${code(name)}${where}: ${why}`
  })
  if (shown.length === 0) return []
  const more = waiting.length - shown.length
  return words`${joined(shown, '; ')}.${more > 0 ? ` ${more} more ${plural(more, 'waits', 'wait')}.` : ''}`
}

/** Reasons of a waiting container that do not go away in a moment. */
const failing =
  /BackOff$|^(Err\w*|CreateContainer\w*Error|RunContainerError|InvalidImageName|ImageInspectError)$/

function stateOf(pod: Pod, now: Date): Pick<WaitingPod, 'why' | 'isFailing'> {
  const { deletionTimestamp } = pod.metadata
  if (isTerminating(pod) && deletionTimestamp !== undefined) {
    const isOverdue = Date.parse(deletionTimestamp) < now.getTime()
    const why = isOverdue
      ? words`Terminating, should have stopped ${time(deletionTimestamp)}`
      : words`Terminating, has until ${time(deletionTimestamp)}`
    return { why, isFailing: isOverdue }
  }
  const { phase = 'Pending', reason } = pod.status ?? {}
  if (isTerminal(pod)) return { why: [reason ? `${phase} (${reason})` : phase], isFailing: true }
  if (!isBound(pod)) {
    const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    const isRefused = scheduled?.status === 'False'
    const why = scheduled?.message ? `Pending: ${scheduled.message}` : 'Pending, not scheduled'
    return { why: [why.replace(/\.$/, '')], isFailing: isRefused }
  }
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  const container = [...initContainerStatuses, ...containerStatuses].find(
    ({ state }) => state?.waiting?.reason !== undefined,
  )
  if (container) return containerState(container)
  return { why: [phase === 'Running' ? 'Running, not Ready' : phase], isFailing: false }
}

function containerState({ state, name, restartCount = 0 }: ContainerStatus) {
  const reason = state?.waiting?.reason ?? ''
  const restarts =
    restartCount > 0 ? `, ${restartCount} ${plural(restartCount, 'restart', 'restarts')}` : ''
  const why = words`${reason}${name === undefined ? [] : words` (container ${code(name)}${restarts})`}`
  return { why, isFailing: failing.test(reason) }
}
