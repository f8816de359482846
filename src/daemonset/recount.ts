import type { DaemonSet, Pod } from '../kubernetes/objects.ts'
import { deletesOnNode, deletesWithoutNode } from './controller-deletes.ts'
import { claimedPods, type PodsByNode, podsByNode } from './daemon-pods.ts'
import { decideAll, type Reason } from './decide.ts'
import { selectsEverything } from './label-selector.ts'
import { isAvailable, isReady } from './object-state.ts'
import { currentRevisionHash } from './rollout.ts'
import type { World } from './world.ts'

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
  /** Every node of the world, in the order of the list. */
  readonly nodes: readonly NodeVerdict[]
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
  const claimed = claimedPods(daemonSet, world)
  const pods = podsByNode(claimed, world)
  const decisionOn = decideAll(daemonSet, world)
  const verdicts = nodes.map((node, index): NodeVerdict => {
    const { shouldRun, shouldContinueRunning, reasons } = decisionOn(index)
    const names = namesOf(pods.onNode[index] ?? NO_PODS)
    return {
      name: node.metadata.name,
      shouldRun,
      shouldContinueRunning,
      misscheduled: !shouldRun && names.length > 0,
      pods: names,
      reasons,
    }
  })
  const counted: CountedNodes = {
    size: nodes.length,
    shouldRun: (index) => decisionOn(index).shouldRun,
    firstPod: (index) => pods.onNode[index]?.[0],
  }
  const statusWritten = controllerActs(daemonSet)
  return {
    count: count(counted, daemonSet.spec.minReadySeconds ?? 0, now),
    nodes: verdicts,
    claimed,
    controllerDeletes: statusWritten
      ? controllerDeletes(daemonSet, world, verdicts, pods)
      : NO_NAMES,
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

/** The nodes to count, by their index in a list of this size. */
export interface CountedNodes {
  readonly size: number
  readonly shouldRun: (index: number) => boolean
  /** The first pod in the controller's order, the only one whose readiness counts. */
  readonly firstPod: (index: number) => Pod | undefined
}

/**
 * Counts nodes as the controller does for `status`. A node that should not run the pod counts only
 * in `numberMisscheduled`.
 */
export function count(
  { size, shouldRun, firstPod }: CountedNodes,
  minReadySeconds: number,
  now: string,
): Count {
  let [desired, current, misscheduled, ready, available] = [0, 0, 0, 0, 0]
  for (let index = 0; index < size; index++) {
    const first = firstPod(index)
    if (!shouldRun(index)) {
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

function controllerDeletes(
  daemonSet: DaemonSet,
  world: World,
  verdicts: readonly NodeVerdict[],
  { onNode, withoutNode }: PodsByNode,
): readonly string[] {
  const { controllerRevisions, now } = world.lists
  const rules = { hash: currentRevisionHash(daemonSet, controllerRevisions), now }
  const deleted: Pod[] = []
  verdicts.forEach(({ shouldContinueRunning }, index) => {
    const pods = onNode[index]
    if (pods && pods.length > 0)
      deleted.push(...deletesOnNode(daemonSet, pods, shouldContinueRunning, rules))
  })
  return namesOf([...deleted, ...deletesWithoutNode(withoutNode)])
}
