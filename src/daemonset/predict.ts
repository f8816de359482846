import type { DaemonSet, Node, Pod } from '../kubernetes/objects.ts'
import { type Change, changedDaemonSet, changedNodes } from './change.ts'
import { claimedPods } from './claims.ts'
import { count } from './count.ts'
import type { Decision } from './decide.ts'
import { judge } from './judge.ts'
import { selectsEverything } from './label-selector.ts'
import { isBound, isTerminal, isTerminating } from './pod-state.ts'
import { type PlacedPods, placePods } from './pods-by-node.ts'
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
  const { on, strays } = placePods(claimedPods(daemonSet, world.pods), world.nodes, world.serverVersion)
  const before = places(daemonSet, changed, world, change, on)
  const { after, gained, rollout } = settle(changed, {
    before,
    change,
    templateChanged: changed !== daemonSet,
    strays,
    now: world.now,
  })
  const remaining = new Set(after.flatMap(({ pods }) => pods))
  const gone = on.flatMap((pods) => pods.filter((pod) => !remaining.has(pod)))
  return {
    before: countPlaces(before, ({ was }) => was, daemonSet, world.now),
    after: countPlaces(after, ({ is }) => is, daemonSet, world.now),
    misscheduledBefore: misscheduled(before, ({ was }) => was),
    misscheduledAfter: misscheduled(after, ({ is }) => is),
    gained: gained.map(({ node }) => node.metadata.name),
    lost: gone.map(({ metadata }) => metadata.name),
    podsRestarted: rollout.replaced.length,
    rolloutBlocked: rollout.blocked,
  }
}

/** A node with the pods that count on it, and what the controller makes of it before and after the change. */
interface Place {
  readonly node: Node
  readonly pods: readonly Pod[]
  readonly was: Decision
  readonly is: Decision
}

interface Move {
  readonly before: readonly Place[]
  readonly change: Change
  readonly templateChanged: boolean
  /** Pods whose node is gone. */
  readonly strays: readonly Pod[]
  readonly now: string
}

function places(daemonSet: DaemonSet, changed: DaemonSet, world: World, change: Change, on: PlacedPods['on']): readonly Place[] {
  const nodes = changedNodes(world.nodes, change)
  const wasOn = judge(daemonSet, world)
  const isOn = changed === daemonSet && nodes === world.nodes ? wasOn : judge(changed, { ...world, nodes })
  return nodes.map((node, index) => ({ node, pods: on[index] ?? [], was: wasOn(index), is: isOn(index) }))
}

/** Lets the controller act on the changed world until nothing moves any more. */
function settle(daemonSet: DaemonSet, { before, change, templateChanged, strays, now }: Move) {
  const acts = !daemonSet.metadata.deletionTimestamp && !selectsEverything(daemonSet.spec.selector)
  const gains = ({ was, is, pods }: Place) => acts && is.shouldRun && !was.shouldRun && pods.length === 0
  const rollout = acts && templateChanged ? rollOut(daemonSet, rolloutNodes(before, gains), strays, now) : NO_ROLLOUT
  const removed = new Set(rollout.removed)
  const named = new Set(change.kind === 'delete-pods' ? change.pods : [])
  const left = change.kind === 'delete-node' ? withoutNodes(before, change.nodes) : before
  const after = left.map((place): Place => {
    if (gains(place)) return { ...place, pods: [newPod(place.node)] }
    if (place.pods.length === 0) return place
    const { was, is, node } = place
    const controllerDeletes = (pod: Pod) => acts && was.shouldContinueRunning && (!is.shouldContinueRunning || removed.has(pod))
    const deleted = (pod: Pod) => named.has(pod.metadata.name) || controllerDeletes(pod)
    const pods = place.pods.filter((pod) => !deleted(pod) || !goesWhenDeleted(pod, node))
    // Deleted pods of a right node are replaced and as ready as they were, so they stand for their successors.
    return pods.length === 0 && is.shouldRun && acts ? place : { ...place, pods }
  })
  return { after, gained: left.filter(gains), rollout }
}

const NO_ROLLOUT: Rollout = { replaced: [], removed: [], blocked: false }

// The roll-out does not look at nodes that neither have the pod nor should.
function rolloutNodes(places: readonly Place[], gains: (place: Place) => boolean): readonly RolloutNode[] {
  return places
    .filter(({ is, pods }) => is.shouldRun || pods.length > 0)
    .map((place) => ({
      shouldRun: place.is.shouldRun,
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

function withoutNodes(places: readonly Place[], names: readonly string[]): readonly Place[] {
  const deleted = new Set(names)
  return places.filter(({ node }) => !deleted.has(node.metadata.name))
}

function countPlaces(places: readonly Place[], decisionOn: (place: Place) => Decision, daemonSet: DaemonSet, now: string): Count {
  const shouldRun = places.map((place) => decisionOn(place).shouldRun)
  return count(
    places.map(({ pods }) => pods),
    (index) => shouldRun[index] === true,
    daemonSet.spec.minReadySeconds ?? 0,
    now,
  )
}

function misscheduled(places: readonly Place[], decisionOn: (place: Place) => Decision): readonly string[] {
  return places.filter((place) => place.pods.length > 0 && !decisionOn(place).shouldRun).map(({ node }) => node.metadata.name)
}
