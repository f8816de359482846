import type { ControllerRevision, DaemonSet, Pod } from '../kubernetes/objects.ts'
import { controllerRef, isAvailable, isBound, isTerminating } from './object-state.ts'

/** Whether a template change replaces running pods. RollingUpdate is the API's default. */
export function isRollingUpdate(daemonSet: DaemonSet): boolean {
  return (daemonSet.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

/** Whether a rollout starts the new pod on a node before it deletes the old one. */
export function allowsSurge(daemonSet: DaemonSet): boolean {
  return rollingUpdateLimits(daemonSet, 1).maxSurge > 0
}

/**
 * maxUnavailable and maxSurge as numbers of pods for this many desired nodes; percentages are
 * rounded up. If both are 0, maxUnavailable becomes 1, except with no desired node: a percentage
 * then replaces nothing.
 */
export function rollingUpdateLimits(
  daemonSet: DaemonSet,
  desired: number,
): { readonly maxUnavailable: number; readonly maxSurge: number } {
  if (!isRollingUpdate(daemonSet)) return { maxUnavailable: 0, maxSurge: 0 }
  const { rollingUpdate } = daemonSet.spec.updateStrategy ?? {}
  const maxSurge = scaled(rollingUpdate?.maxSurge ?? 0, desired)
  const maxUnavailable = scaled(rollingUpdate?.maxUnavailable ?? 1, desired)
  return {
    maxUnavailable: maxUnavailable === 0 && maxSurge === 0 && desired > 0 ? 1 : maxUnavailable,
    maxSurge,
  }
}

/** The ControllerRevisions of a DaemonSet, newest first. */
export function revisionsOf(
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[] | undefined,
): readonly ControllerRevision[] {
  const { namespace, uid } = daemonSet.metadata
  return (revisions ?? [])
    .filter(
      (revision) =>
        revision.metadata.namespace === namespace && controllerRef(revision)?.uid === uid,
    )
    .sort(newestRevisionFirst)
}

/** Order of ControllerRevisions, for `sort`. */
export function newestRevisionFirst(a: ControllerRevision, b: ControllerRevision): number {
  return (b.revision ?? 0) - (a.revision ?? 0)
}

/**
 * The `controller-revision-hash` of pods from the current template; undefined if the revisions were
 * not read.
 */
export function currentRevisionHash(
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[] | undefined,
): string | undefined {
  return revisionsOf(daemonSet, revisions)[0]?.metadata.labels?.['controller-revision-hash']
}

/** The state in which the rollout of a changed template starts. */
export interface RolloutStart {
  /**
   * Nodes with pods of the old template, misscheduled ones included, and nodes that have just
   * received a pod of the new one.
   */
  readonly nodes: readonly RolloutNode[]
  /** Number of other nodes that should have a pod and have none. */
  readonly missingPods: number
  /** Pods whose node does not exist. */
  readonly withoutNode: readonly Pod[]
  /** RFC 3339. */
  readonly now: string
}

/** A node in a rollout. */
export interface RolloutNode {
  readonly shouldRun: boolean
  /** In the controller's order; empty if the node has just received a pod of the new template. */
  readonly pods: readonly Pod[]
  /**
   * Its pods have ended, are about to, or were kept from being bound by what the change removes, so
   * they do not show how their replacement does.
   */
  readonly startsAgain: boolean
  /**
   * Whether the kubelet responds. If not, a new pod does not start and a deleted one stays in
   * Terminating.
   */
  readonly isReady: () => boolean
}

/** The result of a rollout. */
export interface Rollout {
  /** Pods replaced by pods of the new template. */
  readonly replaced: readonly Pod[]
  /** Pods deleted without a replacement. */
  readonly removed: readonly Pod[]
  /**
   * true: unavailable pods use up its limits and it stops early. `replaced` is then what it would
   * replace without that.
   */
  readonly blocked: boolean
}

/**
 * What the rollout of a changed template does until it ends, if all pods are of the old template.
 * It includes pods on misscheduled nodes. A new pod counts as available if the pod it replaces was,
 * or if that one had ended.
 */
export function simulateRollout(daemonSet: DaemonSet, start: RolloutStart): Rollout {
  if (!isRollingUpdate(daemonSet)) return { replaced: [], removed: [], blocked: false }
  const tally = tallyOf(start, daemonSet.spec.minReadySeconds ?? 0)
  const { desired, replaced, wrongUnavailable, wrongAvailable, rightAvailable } = tally
  const { maxSurge, maxUnavailable } = rollingUpdateLimits(daemonSet, desired)
  if (maxSurge === 0) {
    const full = tally.unavailable >= maxUnavailable
    return {
      replaced,
      removed: [...wrongUnavailable, ...(full ? [] : wrongAvailable)],
      blocked: full && rightAvailable + wrongAvailable.length > 0,
    }
  }
  // With maxSurge, the controller aborts the rollout at the first bound pod whose node does not
  // exist.
  if (start.withoutNode.some(isBound)) return { replaced, removed: [], blocked: true }
  // It deletes available pods on misscheduled nodes only while more pods are available than
  // desired.
  const surplus = Math.max(0, rightAvailable + wrongAvailable.length - desired)
  return {
    replaced,
    removed: [...wrongUnavailable, ...wrongAvailable.slice(0, surplus)],
    blocked: surplus < wrongAvailable.length,
  }
}

/**
 * Pods and nodes as the rollout counts them. "Wrong" pods are on nodes that should not run the pod.
 */
interface Tally {
  readonly desired: number
  readonly replaced: readonly Pod[]
  readonly wrongUnavailable: readonly Pod[]
  readonly wrongAvailable: readonly Pod[]
  readonly rightAvailable: number
  /** Nodes that count against maxUnavailable. */
  readonly unavailable: number
}

function tallyOf({ nodes, missingPods, now }: RolloutStart, minReadySeconds: number): Tally {
  const replaced: Pod[] = []
  const wrongUnavailable: Pod[] = []
  const wrongAvailable: Pod[] = []
  let [desired, unavailable, rightAvailable] = [missingPods, missingPods, 0]
  for (const node of nodes) {
    const { shouldRun, pods } = node
    const live = pods.filter((pod) => !isTerminating(pod))
    const [first] = live
    const available = isAvailableAfter(node, first, minReadySeconds, now)
    if (shouldRun) {
      desired++
      if (first) replaced.push(first)
      if (available) rightAvailable++
    } else {
      for (const pod of live)
        (isAvailable(pod, minReadySeconds, now) ? wrongAvailable : wrongUnavailable).push(pod)
    }
    const isStuck = pods.length > 0 && ((!first && !node.startsAgain) || !node.isReady())
    if (isStuck || (shouldRun && !available)) unavailable++
  }
  return { desired, replaced, wrongUnavailable, wrongAvailable, rightAvailable, unavailable }
}

// A pod created on a node without one becomes available if the node is ready; a replacement is as
// available as the old pod.
function isAvailableAfter(
  { pods, startsAgain, isReady }: RolloutNode,
  first: Pod | undefined,
  minReadySeconds: number,
  now: string,
): boolean {
  if (pods.length === 0 || startsAgain) return isReady()
  return first !== undefined && isAvailable(first, minReadySeconds, now)
}

function scaled(value: number | string, total: number): number {
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(value)
  return percent ? Math.ceil((Number(percent[1]) * total) / 100) : 0
}
