import type { DaemonSet, Pod } from '../kubernetes/objects.ts'
import { isAvailable, isBound, isTerminating } from './pod-state.ts'
import { isRollingUpdate, rollingUpdateLimits } from './update-strategy.ts'

/** A node as the roll-out of a changed template meets it. */
export interface RolloutNode {
  readonly shouldRun: boolean
  /** In the controller's order. */
  readonly pods: readonly Pod[]
  /** true: it has none yet, and is given one of the new template before the roll-out begins. */
  readonly gains: boolean
  /** false: a pod that is deleted here stays, terminating. */
  readonly kubeletAnswers: boolean
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
 * wrong ones too. A new pod is taken to be as available as the one it replaces. `strays` are pods whose node is gone.
 */
export function rollOut(daemonSet: DaemonSet, nodes: readonly RolloutNode[], strays: readonly Pod[], now: string): Rollout {
  if (!isRollingUpdate(daemonSet)) return { replaced: [], removed: [], blocked: false }
  const available = (pod: Pod) => isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, now)
  const right = nodes.filter(({ shouldRun }) => shouldRun)
  const replaced = right.flatMap(({ pods }) => live(pods).slice(0, 1))
  const wrong = nodes.filter(({ shouldRun }) => !shouldRun).flatMap(({ pods }) => live(pods))
  const unavailable = wrong.filter((pod) => !available(pod))
  const serving = wrong.filter(available)
  const { maxSurge, maxUnavailable } = rollingUpdateLimits(daemonSet, right.length)
  if (maxSurge === 0) {
    const full = nodes.filter((node) => usesUpLimit(node, available)).length >= maxUnavailable
    return {
      replaced,
      removed: [...unavailable, ...(full ? [] : serving)],
      blocked: full && [...replaced, ...serving].some(available),
    }
  }
  // With maxSurge, the controller gives up the whole roll-out at the first pod whose node is gone.
  if (strays.some(isBound)) return { replaced, removed: [], blocked: true }
  // A serving pod on a wrong node goes only while more pods serve than are desired.
  const surplus = Math.max(
    0,
    replaced.filter(available).length + right.filter(gainsAvailable).length + serving.length - right.length,
  )
  return { replaced, removed: [...unavailable, ...serving.slice(0, surplus)], blocked: surplus < serving.length }
}

function live(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter((pod) => !isTerminating(pod))
}

// Whether, once its unavailable pods were replaced, a node still counts against maxUnavailable.
function usesUpLimit(node: RolloutNode, available: (pod: Pod) => boolean): boolean {
  if (node.pods.length === 0) return node.shouldRun && !gainsAvailable(node)
  const [first] = live(node.pods)
  if (!first || !node.kubeletAnswers) return true
  return node.shouldRun && !available(first)
}

function gainsAvailable({ gains, kubeletAnswers }: RolloutNode): boolean {
  return gains && kubeletAnswers
}
