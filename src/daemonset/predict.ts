import type { DaemonSet, Node, Pod } from '../kubernetes/objects.ts'
import { type Change, changedDaemonSet, changedNodes } from './change.ts'
import { claimedPods } from './claims.ts'
import { count } from './count.ts'
import type { Decision } from './decide.ts'
import { judge } from './judge.ts'
import { selectsEverything } from './label-selector.ts'
import { isBound, isTerminal, isTerminating } from './pod-state.ts'
import { type PodsByNode, podsByNode } from './pods-by-node.ts'
import type { Count, World } from './recount.ts'
import { type Rollout, type RolloutNode, rollOut } from './rollout.ts'

export type { Change } from './change.ts'

export interface Outcome {
  readonly before: Count
  readonly after: Count
  /** Nodes that are misscheduled before, after. */
  readonly misscheduledBefore: readonly string[]
  readonly misscheduledAfter: readonly string[]
  /** Nodes that would newly get a pod. */
  readonly gained: readonly string[]
  /** Pods that are gone because of the change, with none in their place. */
  readonly lost: readonly string[]
  /** Pods that the roll-out of the changed template replaces; 0 under OnDelete and where the template stays. */
  readonly podsRestarted: number
  /** true: the roll-out stops before the end, since pods that are not available use up its limits. `podsRestarted` is the whole of it all the same. */
  readonly rolloutBlocked: boolean
}

/**
 * What `status` shows before the change, counted afresh, and after it, once the controller has come to rest. The change gets credit only for what
 * it does itself. Assumptions:
 * - What was not done before (a pod that should have been deleted or created long ago) has a cause that the change does not remove.
 * - A pod that is terminating already stays, unless its node is deleted.
 * - A pod that is deleted is gone, save a running one on a node that is not ready, and one that finalizers hold before it was ever bound.
 * - A new pod becomes ready on a ready node, a replaced one is as ready as its predecessor. Nothing else refuses them (quota, admission, resources).
 * - While the DaemonSet is being deleted or selects everything, the controller does nothing; the numbers are the bare formula.
 */
export function predict(daemonSet: DaemonSet, world: World, change: Change): Outcome {
  const changed = changedDaemonSet(daemonSet, change)
  const nodes = changedNodes(world.nodes, change)
  const byNode = podsByNode(claimedPods(daemonSet, world.pods), world.serverVersion)
  const before = places(world.nodes, byNode, judge(daemonSet, world))
  const moved = places(nodes, byNode, judge(changed, { ...world, nodes }))
  const { after, gained, rollout } = settle(changed, {
    before,
    moved,
    change,
    templateChanged: changed !== daemonSet,
    strays: strays(byNode, before),
    now: world.now,
  })
  const remaining = new Set(after.flatMap(({ pods }) => pods))
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0
  return {
    before: count(before, minReadySeconds, world.now),
    after: count(after, minReadySeconds, world.now),
    misscheduledBefore: misscheduled(before),
    misscheduledAfter: misscheduled(after),
    gained,
    lost: before.flatMap(({ pods }) => pods.filter((pod) => !remaining.has(pod)).map(({ metadata }) => metadata.name)),
    podsRestarted: rollout.replaced.length,
    rolloutBlocked: rollout.blocked,
  }
}

/** A node with what the controller makes of it and the pods that count on it. */
interface Place extends Decision {
  readonly node: Node
  readonly pods: readonly Pod[]
}

interface Move {
  readonly before: readonly Place[]
  /** After the change, before the controller has acted. */
  readonly moved: readonly Place[]
  readonly change: Change
  readonly templateChanged: boolean
  /** Pods bound to nodes that are gone. */
  readonly strays: readonly Pod[]
  readonly now: string
}

function places(nodes: readonly Node[], byNode: PodsByNode, decisionOn: (index: number) => Decision): readonly Place[] {
  return nodes.map((node, index) => {
    const { shouldRun, shouldContinueRunning, reasons } = decisionOn(index)
    const pods = byNode.get(node.metadata.name) ?? NONE
    return { node, shouldRun, shouldContinueRunning, reasons, pods }
  })
}

const NONE: readonly Pod[] = []

function strays(byNode: PodsByNode, before: readonly Place[]): readonly Pod[] {
  const names = new Set(before.map(({ node }) => node.metadata.name))
  const stray = [...byNode].filter(([name]) => !names.has(name)).flatMap(([, pods]) => pods)
  return stray.filter((pod) => isBound(pod) && !isTerminating(pod))
}

/** Lets the controller act on the changed world until nothing moves any more. */
function settle(daemonSet: DaemonSet, { before, moved, change, templateChanged, strays, now }: Move) {
  const acts = !daemonSet.metadata.deletionTimestamp && !selectsEverything(daemonSet.spec.selector)
  const earlier = new Map(before.map((place) => [place.node.metadata.name, place]))
  const gains = ({ node, shouldRun, pods }: Place) =>
    acts && shouldRun && pods.length === 0 && !earlier.get(node.metadata.name)?.shouldRun
  const rollout = acts && templateChanged ? rollOut(daemonSet, rolloutNodes(moved, gains), strays, now) : NO_ROLLOUT
  const removed = new Set(rollout.removed)
  const named = new Set(change.kind === 'delete-pods' ? change.pods : [])
  const after = moved.map((place): Place => {
    if (gains(place)) return { ...place, pods: [newPod(place.node)] }
    if (place.pods.length === 0) return place
    const held = earlier.get(place.node.metadata.name)?.shouldContinueRunning === false
    const deletes = (pod: Pod) =>
      named.has(pod.metadata.name) || (acts && !held && (!place.shouldContinueRunning || removed.has(pod)))
    const pods = place.pods.filter((pod) => !deletes(pod) || !goesWhenDeleted(pod, place.node))
    // Deleted pods of a right node are replaced and as ready as they were, so they stand for their successors.
    return pods.length === 0 && place.shouldRun && acts ? place : { ...place, pods }
  })
  return { after, gained: moved.filter(gains).map(({ node }) => node.metadata.name), rollout }
}

const NO_ROLLOUT: Rollout = { replaced: [], removed: [], blocked: false }

// The roll-out does not look at nodes that neither have the pod nor should.
function rolloutNodes(moved: readonly Place[], gains: (place: Place) => boolean): readonly RolloutNode[] {
  return moved
    .filter(({ shouldRun, pods }) => shouldRun || pods.length > 0)
    .map((place) => ({
      shouldRun: place.shouldRun,
      pods: place.pods,
      gains: gains(place),
      kubeletAnswers: isReadyNode(place.node),
    }))
}

function goesWhenDeleted(pod: Pod, node: Node): boolean {
  if (isTerminating(pod)) return false
  if (isTerminal(pod)) return true
  if (isBound(pod)) return isReadyNode(node)
  return (pod.metadata.finalizers ?? []).length === 0
}

function isReadyNode(node: Node): boolean {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  return ready === undefined || ready.status === 'True'
}

function newPod(node: Node): Pod {
  const status = isReadyNode(node) ? 'True' : 'False'
  const conditions = [{ type: 'Ready', status, lastTransitionTime: '1970-01-01T00:00:00Z' }]
  return { metadata: { name: '' }, spec: { nodeName: node.metadata.name }, status: { phase: 'Running', conditions } }
}

function misscheduled(places: readonly Place[]): readonly string[] {
  return places.filter(({ shouldRun, pods }) => !shouldRun && pods.length > 0).map(({ node }) => node.metadata.name)
}
