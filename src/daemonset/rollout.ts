import type { DaemonSet, Pod } from '../kubernetes/objects.ts'
import { isAvailable, isBound, isTerminating } from './pod-state.ts'
import { isRollingUpdate, rollingUpdateLimits } from './update-strategy.ts'

/** What the roll-out of a changed template meets. */
export interface RolloutScene {
  /** Nodes with pods of the old template, wrong ones too, and those that were just given one of the new. */
  readonly nodes: readonly RolloutNode[]
  /** How many nodes should have a pod and have none. */
  readonly lacking: number
  /** Pods whose node is gone. */
  readonly strays: readonly Pod[]
  /** RFC 3339. */
  readonly now: string
}

export interface RolloutNode {
  readonly shouldRun: boolean
  /** In the controller's order; empty where it was just given one of the new template. */
  readonly pods: readonly Pod[]
  /** Whether its kubelet answers: where none does, a new pod does not start and a deleted one stays, terminating. */
  readonly isReady: () => boolean
}

export interface Rollout {
  /** Pods that are replaced by ones of the new template. */
  readonly replaced: readonly Pod[]
  /** Pods that are deleted where nothing takes their place. */
  readonly removed: readonly Pod[]
  /** true: it stops before the end, since pods that are not available use up its limits; `replaced` is what it comes to once they do not. */
  readonly blocked: boolean
}

/**
 * What the roll-out of a changed template does until it comes to rest, all pods being of the old one. It looks at every node with a pod,
 * wrong ones too. A new pod is taken to be as available as the one it replaces.
 */
export function rollOut(
  daemonSet: DaemonSet,
  { nodes, lacking, strays, now }: RolloutScene,
): Rollout {
  if (!isRollingUpdate(daemonSet)) return { replaced: [], removed: [], blocked: false }
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0
  const replaced: Pod[] = []
  const unavailable: Pod[] = []
  const serving: Pod[] = []
  let [desired, inTheWay, servingRight] = [lacking, lacking, 0]
  for (const { shouldRun, pods, isReady } of nodes) {
    const live = pods.filter((pod) => !isTerminating(pod))
    const [first] = live
    // What counts in the end: a new pod where there was none, else one as available as the old.
    const serves =
      pods.length === 0
        ? isReady()
        : first !== undefined && isAvailable(first, minReadySeconds, now)
    if (shouldRun) desired++
    if (shouldRun && first) replaced.push(first)
    if (shouldRun && serves) servingRight++
    if (!shouldRun)
      for (const pod of live)
        (isAvailable(pod, minReadySeconds, now) ? serving : unavailable).push(pod)
    const hangs = pods.length > 0 && (!first || !isReady())
    if (hangs || (shouldRun && !serves)) inTheWay++
  }
  const { maxSurge, maxUnavailable } = rollingUpdateLimits(daemonSet, desired)
  if (maxSurge === 0) {
    const full = inTheWay >= maxUnavailable
    return {
      replaced,
      removed: [...unavailable, ...(full ? [] : serving)],
      blocked: full && servingRight + serving.length > 0,
    }
  }
  // With maxSurge, the controller gives up the whole roll-out at the first pod whose node is gone.
  if (strays.some(isBound)) return { replaced, removed: [], blocked: true }
  // A serving pod on a wrong node goes only while more pods serve than are desired.
  const surplus = Math.max(0, servingRight + serving.length - desired)
  return {
    replaced,
    removed: [...unavailable, ...serving.slice(0, surplus)],
    blocked: surplus < serving.length,
  }
}
