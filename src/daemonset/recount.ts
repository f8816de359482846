import type { DaemonSet, Pod } from '../kubernetes/objects.ts'
import { deletesOnNode, deletesWithoutNode } from './controller-deletes.ts'
import { claimedPods, podsByNode } from './daemon-pods.ts'
import { decideAll, type Reason } from './decide.ts'
import { selectsEverything } from './label-selector.ts'
import { isAvailable, isReady } from './object-state.ts'
import { currentRevisionHash } from './rollout.ts'
import { once, type World } from './world.ts'

/** The counts of `status`, recomputed. Unit: nodes. */
export interface Count {
  readonly desiredNumberScheduled: number
  readonly currentNumberScheduled: number
  readonly numberMisscheduled: number
  readonly numberReady: number
  readonly numberAvailable: number
  readonly numberUnavailable: number
}

/** The controller's decision on one node, with the pods that it counts there. */
export interface NodeVerdict {
  readonly name: string
  readonly shouldRun: boolean
  readonly shouldContinueRunning: boolean
  readonly misscheduled: boolean
  /** Names of the counted pods, in the controller's order. */
  readonly pods: readonly string[]
  readonly reasons: readonly Reason[]
}

/** The result of counting one DaemonSet. */
export interface Recount {
  readonly count: Count
  /** Every node of the world, in the order of the list. Made on first use. */
  readonly nodes: readonly NodeVerdict[]
  /** The nodes that are misscheduled, or should have a pod and have none; in the same order. */
  readonly wrongNodes: readonly NodeVerdict[]
  /** Pods that the controller claims, on any node. */
  readonly claimed: readonly Pod[]
  /** Names of the pods that its next sync deletes, unless it is backing off. */
  readonly controllerDeletes: readonly string[]
  /**
   * false: the controller does not update the status (DaemonSet being deleted, or `selector: {}`).
   * The count is then only the formula.
   */
  readonly statusWritten: boolean
}

/**
 * Counts like the DaemonSet controller of Kubernetes 1.28 and later (on OpenShift, like
 * OpenShift's) and keeps the reasons.
 */
export function recount(daemonSet: DaemonSet, world: World): Recount {
  const { nodes, now } = world.lists
  const { onNode, occupied } = podsByNode(daemonSet, world)
  const decisions = decideAll(daemonSet, world)
  const shouldRun = (index: number) => decisions.on(index).shouldRun
  const podsOn = (index: number) => onNode[index] ?? NO_PODS
  const missingPods = decisions.desired - occupied.filter(shouldRun).length
  const isWrong = (index: number) => shouldRun(index) !== podsOn(index).length > 0
  const verdict = (index: number): NodeVerdict => ({
    name: nodes[index]?.metadata.name ?? '',
    shouldRun: shouldRun(index),
    shouldContinueRunning: decisions.on(index).shouldContinueRunning,
    misscheduled: !shouldRun(index) && podsOn(index).length > 0,
    pods: namesOf(podsOn(index)),
    reasons: decisions.on(index).reasons,
  })
  const every = once(() => nodes.map((_, index) => verdict(index)))
  const withPods: CountedNodes<number> = { nodes: occupied, shouldRun, podsOn, missingPods }
  const statusWritten = controllerActs(daemonSet)
  return {
    count: count(withPods, daemonSet.spec.minReadySeconds ?? 0, now),
    get nodes() {
      return every()
    },
    wrongNodes: (missingPods > 0 ? [...nodes.keys()] : occupied).filter(isWrong).map(verdict),
    claimed: claimedPods(daemonSet, world),
    controllerDeletes: statusWritten ? controllerDeletes(daemonSet, world) : NO_NAMES,
    statusWritten,
  }
}

/**
 * Whether the controller manages pods and status: not while the DaemonSet is being deleted or
 * selects everything.
 */
export function controllerActs({ metadata, spec }: DaemonSet): boolean {
  return !metadata.deletionTimestamp && !selectsEverything(spec.selector)
}

/** The nodes to count. */
export interface CountedNodes<N> {
  readonly nodes: readonly N[]
  readonly shouldRun: (node: N) => boolean
  /** In the controller's order. Only the first pod's readiness counts. */
  readonly podsOn: (node: N) => readonly Pod[]
  /** Number of other nodes that should have a pod and have none. */
  readonly missingPods: number
}

/**
 * Counts nodes as the controller does for `status`. A node that should not run the pod counts only
 * in `numberMisscheduled`.
 */
export function count<N>(
  { nodes, shouldRun, podsOn, missingPods }: CountedNodes<N>,
  minReadySeconds: number,
  now: string,
): Count {
  let [desired, current, misscheduled, ready, available] = [missingPods, 0, 0, 0, 0]
  for (const node of nodes) {
    const [first] = podsOn(node)
    if (!shouldRun(node)) {
      if (first) misscheduled++
      continue
    }
    desired++
    if (!first) continue
    current++
    if (!isReady(first)) continue
    ready++
    if (isAvailable(first, minReadySeconds, now)) available++
  }
  return {
    desiredNumberScheduled: desired,
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    numberReady: ready,
    numberAvailable: available,
    numberUnavailable: desired - available,
  }
}

const NO_NAMES: readonly string[] = []
const NO_PODS: readonly Pod[] = []

function namesOf(pods: readonly Pod[]): readonly string[] {
  return pods.length === 0 ? NO_NAMES : pods.map(({ metadata }) => metadata.name)
}

function controllerDeletes(daemonSet: DaemonSet, world: World): readonly string[] {
  const { controllerRevisions, now } = world.lists
  const { onNode, occupied, withoutNode } = podsByNode(daemonSet, world)
  const decisions = decideAll(daemonSet, world)
  const rules = { hash: currentRevisionHash(daemonSet, controllerRevisions), now }
  const deleted = occupied.flatMap((index) => {
    const { shouldContinueRunning } = decisions.on(index)
    return deletesOnNode(daemonSet, onNode[index] ?? NO_PODS, shouldContinueRunning, rules)
  })
  return namesOf([...deleted, ...deletesWithoutNode(withoutNode)])
}
