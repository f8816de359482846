import type { DaemonSet, Pod } from '../kubernetes/objects.ts'
import { claimedPods } from './claims.ts'
import { deletesOnNode, deletesWithoutNode, type Rules } from './controller-deletes.ts'
import { type Count, type CountedNodes, count } from './count.ts'
import { currentRevisionHash } from './current-revision.ts'
import type { Reason } from './decide.ts'
import { judge, type World } from './judge.ts'
import { selectsEverything } from './label-selector.ts'
import { type PlacedPods, placePods } from './pods-by-node.ts'

export type { Count } from './count.ts'

export interface NodeVerdict {
  readonly name: string
  readonly shouldRun: boolean
  readonly shouldContinueRunning: boolean
  readonly misscheduled: boolean
  /** Names of the counted pods, in the controller's order. */
  readonly pods: readonly string[]
  readonly reasons: readonly Reason[]
}

export interface Recount {
  readonly count: Count
  /** Every node of the world, in its order. */
  readonly nodes: readonly NodeVerdict[]
  /** Pods that the controller claims, on whatever node. */
  readonly claimed: readonly Pod[]
  /** Names of the pods that it would delete in its next sync, back-off idle. */
  readonly controllerDeletes: readonly string[]
  /** false: the controller writes no status now (deleting, `selector: {}`); the numbers are then the bare formula. */
  readonly statusWritten: boolean
}

/** Counts as the DaemonSet controller of Kubernetes 1.28 and later does, and OpenShift's where the cluster is one, and keeps why. */
export function recount(daemonSet: DaemonSet, world: World): Recount {
  const claimed = claimedPods(daemonSet, world.pods)
  const placed = placePods(claimed, world.nodes, world.serverVersion)
  const decisionOn = judge(daemonSet, world)
  const nodes = world.nodes.map((node, index): NodeVerdict => {
    const { shouldRun, shouldContinueRunning, reasons } = decisionOn(index)
    const pods = namesOf(placed.on[index] ?? [])
    return {
      name: node.metadata.name,
      shouldRun,
      shouldContinueRunning,
      misscheduled: !shouldRun && pods.length > 0,
      pods,
      reasons,
    }
  })
  const statusWritten =
    !daemonSet.metadata.deletionTimestamp && !selectsEverything(daemonSet.spec.selector)
  const counted: CountedNodes = {
    size: nodes.length,
    shouldRun: (index) => decisionOn(index).shouldRun,
    firstPod: (index) => placed.on[index]?.[0],
  }
  return {
    count: count(counted, daemonSet.spec.minReadySeconds ?? 0, world.now),
    nodes,
    claimed,
    controllerDeletes: statusWritten
      ? controllerDeletes(daemonSet, world, nodes, placed)
      : NO_NAMES,
    statusWritten,
  }
}

const NO_NAMES: readonly string[] = []

function namesOf(pods: readonly Pod[]): readonly string[] {
  return pods.length === 0 ? NO_NAMES : pods.map(({ metadata }) => metadata.name)
}

function controllerDeletes(
  daemonSet: DaemonSet,
  world: World,
  nodes: readonly NodeVerdict[],
  { on, strays }: PlacedPods,
): readonly string[] {
  const rules: Rules = {
    hash: currentRevisionHash(daemonSet, world.controllerRevisions),
    now: world.now,
  }
  const deleted: Pod[] = []
  nodes.forEach(({ shouldContinueRunning }, index) => {
    const pods = on[index]
    if (pods && pods.length > 0)
      deleted.push(...deletesOnNode(daemonSet, pods, shouldContinueRunning, rules))
  })
  return namesOf([...deleted, ...deletesWithoutNode(strays)])
}
