import { isAvailable, isTerminal } from '../daemonset/pod-state.ts'
import { isRollingUpdate, rollingUpdateLimits } from '../daemonset/update-strategy.ts'
import type { Pod } from '../kubernetes/objects.ts'
import { currentTest, type DaemonSetFacts } from './facts.ts'

/** Whether a roll-out goes on, and what stops it. */
export interface RolloutState {
  /** `none-desired`: no node is right any more, and a percentage of nothing is nothing. `blocked`: unavailable pods use up the limit. */
  readonly state: 'going-on' | 'blocked' | 'none-desired'
  readonly limit: number
  /** Current pods that are not available, on right and on wrong nodes. */
  readonly unavailable: readonly Pod[]
  readonly updated: number | undefined
  readonly desired: number
}

export function rolloutState(facts: DaemonSetFacts): RolloutState {
  const { daemonSet, recount, revisions, index } = facts
  const desired = recount.count.desiredNumberScheduled
  const { maxUnavailable } = rollingUpdateLimits(daemonSet, desired)
  const isCurrent = currentTest(daemonSet, revisions, recount.claimed)
  const unavailable = recount.claimed.filter(
    (pod) =>
      isCurrent(pod) === true && !isTerminal(pod) && !isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, index.world.now),
  )
  const percentage = typeof (daemonSet.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1) === 'string'
  const nobody = isRollingUpdate(daemonSet) && desired === 0 && percentage
  return {
    state: nobody ? 'none-desired' : unavailable.length >= maxUnavailable ? 'blocked' : 'going-on',
    limit: maxUnavailable,
    unavailable,
    updated: daemonSet.status?.updatedNumberScheduled,
    desired,
  }
}
