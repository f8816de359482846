import { isAvailable, isTerminal } from '../../daemonset/pod-state.ts'
import { isRollingUpdate, rollingUpdateLimits } from '../../daemonset/rollout.ts'
import type { Pod } from '../../kubernetes/objects.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { currentTemplateTest } from '../facts/pod-facts.ts'

/** Whether a roll-out goes on, and what stops it. */
export interface RolloutState {
  /**
   * `none-desired`: no node is right any more, and a percentage of nothing is nothing. `blocked`: unavailable pods use up the limit.
   * `surge-hangs`: an old controller tries to surge onto the wrong node and never deletes there.
   */
  readonly state: 'going-on' | 'blocked' | 'none-desired' | 'surge-hangs'
  readonly limit: number
  /** Current pods that are not available, on right and on wrong nodes. */
  readonly unavailable: readonly Pod[]
  readonly updated: number | undefined
  readonly desired: number
}

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
  const percentage =
    typeof (daemonSet.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1) === 'string'
  const nobody = isRollingUpdate(daemonSet) && desired === 0 && percentage
  return {
    state: stateOf(
      { nobody, surges: maxSurge > 0, full: unavailable.length >= limit },
      index.snapshot.serverVersion,
    ),
    limit,
    unavailable,
    updated: daemonSet.status?.updatedNumberScheduled,
    desired,
  }
}

function stateOf(
  {
    nobody,
    surges,
    full,
  }: { readonly nobody: boolean; readonly surges: boolean; readonly full: boolean },
  serverVersion: string | undefined,
): RolloutState['state'] {
  if (surges && hangsWithSurge(serverVersion)) return 'surge-hangs'
  if (nobody && !surges) return 'none-desired'
  return full ? 'blocked' : 'going-on'
}

// https://github.com/kubernetes/kubernetes/pull/119317 (1.29), and by their dates its back-ports to 1.28.3 and 1.27.7.
function hangsWithSurge(serverVersion: string | undefined): boolean {
  const version = /^v?1\.(\d+)\.(\d+)/.exec(serverVersion ?? '')
  const [minor = Number.POSITIVE_INFINITY, patch = 0] = (version?.slice(1) ?? []).map(Number)
  return minor < 27 || (minor === 27 && patch < 7) || (minor === 28 && patch < 3)
}
