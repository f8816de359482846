import { isAvailable, isTerminal } from '../../daemonset/object-state.ts'
import { isRollingUpdate, rollingUpdateLimits } from '../../daemonset/rollout.ts'
import type { Pod } from '../../kubernetes/objects.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { currentTemplateTest } from '../facts/pod-facts.ts'

/** Whether the current rollout proceeds, and what stops it. */
export interface RolloutState {
  /**
   * `going-on`: it proceeds. `blocked`: unavailable pods use up the limit. `none-desired`: no node
   * should run the pod, and the limit is a percentage of nothing. `surge-hangs`: an old controller
   * tries to surge on the misscheduled node and never deletes the pod there.
   */
  readonly state: 'going-on' | 'blocked' | 'none-desired' | 'surge-hangs'
  /** maxSurge or maxUnavailable, in pods. */
  readonly limit: number
  /** Pods of the current template that are not available, on misscheduled nodes too. */
  readonly unavailable: readonly Pod[]
  readonly updated: number | undefined
  readonly desired: number
}

/**
 * The state of the rollout, judging by the strategy, the pods of the current template and the
 * server version.
 */
export function rolloutState(facts: DaemonSetFacts): RolloutState {
  const { daemonSet, recount, revisions, index } = facts
  const desired = recount.count.desiredNumberScheduled
  const { maxUnavailable, maxSurge } = rollingUpdateLimits(daemonSet, desired)
  const limit = maxSurge > 0 ? maxSurge : maxUnavailable
  const isCurrent = currentTemplateTest(daemonSet, revisions, recount.claimed)
  const unavailable = recount.claimed.filter(
    (pod) =>
      isCurrent(pod) === true &&
      !isTerminal(pod) &&
      !isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, index.world.lists.now),
  )
  return {
    state: stateOf(facts, maxSurge > 0, unavailable.length >= limit),
    limit,
    unavailable,
    updated: daemonSet.status?.updatedNumberScheduled,
    desired,
  }
}

function stateOf(
  { daemonSet, recount, index }: DaemonSetFacts,
  surges: boolean,
  isFull: boolean,
): RolloutState['state'] {
  if (surges && hangsWithSurge(index.snapshot.serverVersion)) return 'surge-hangs'
  const maxUnavailable = daemonSet.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1
  const isPercentOfNothing =
    isRollingUpdate(daemonSet) &&
    recount.count.desiredNumberScheduled === 0 &&
    typeof maxUnavailable === 'string'
  if (isPercentOfNothing && !surges) return 'none-desired'
  return isFull ? 'blocked' : 'going-on'
}

// https://github.com/kubernetes/kubernetes/pull/119317 (1.29); judging by their dates, backported
// to 1.28.3 and 1.27.7.
function hangsWithSurge(serverVersion: string | undefined): boolean {
  const version = /^v?1\.(\d+)\.(\d+)/.exec(serverVersion ?? '')
  const [minor = Number.POSITIVE_INFINITY, patch = 0] = (version?.slice(1) ?? []).map(Number)
  return minor < 27 || (minor === 27 && patch < 7) || (minor === 28 && patch < 3)
}
