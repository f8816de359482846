import type { DaemonSet, Node, Pod } from '../kubernetes/objects.ts'
import { type Change, changedDaemonSet } from './change.ts'
import { podsByNode } from './daemon-pods.ts'
import { type Decision, type Decisions, decideAll } from './decide.ts'
import { isBound, isOver, isReadyNode, isTerminal, isTerminating } from './object-state.ts'
import { type Count, controllerActs, count } from './recount.ts'
import { type Rollout, type RolloutNode, simulateRollout } from './rollout.ts'
import type { World } from './world.ts'

/** What a change does to one DaemonSet. Nodes and pods are names. */
export interface Prediction {
  readonly before: Count
  readonly after: Count
  /** Misscheduled nodes before the change. */
  readonly misscheduledBefore: readonly string[]
  /** Misscheduled nodes after the change. */
  readonly misscheduledAfter: readonly string[]
  /** Nodes that receive a pod they did not have. */
  readonly gained: readonly string[]
  /** Pods that the change removes without a replacement. */
  readonly lost: readonly string[]
  /**
   * Pods that the rollout of the changed template replaces; 0 under OnDelete or if the template
   * does not change.
   */
  readonly podsRestarted: number
  /**
   * true: unavailable pods use up the rollout's limits and it stops early. `podsRestarted` is still
   * the full number.
   */
  readonly rolloutBlocked: boolean
}

/**
 * What `status` shows before the change, recounted, and after it, once the controller has nothing
 * left to do. Only effects of the change itself are included. Assumptions:
 * - A pod that the controller should have created or deleted before has not been, and the change
 *   does not remove the cause.
 * - A pod that is already terminating stays, unless its node is deleted.
 * - A deleted pod goes away, except a running one on a node that is not ready, and an unbound one
 *   with finalizers.
 * - A new pod becomes ready on a ready node; a replacement is as ready as the pod it replaces, but
 *   one that has ended, stops, or could not be bound on a misscheduled node stops no rollout.
 *   Quota, admission and resources do not prevent new pods.
 * - While the DaemonSet is being deleted or selects everything, the controller does nothing; the
 *   count is only the formula.
 */
export function predict(daemonSet: DaemonSet, world: World, change: Change): Prediction {
  const changed = changedDaemonSet(daemonSet, change)
  const { withoutNode } = podsByNode(daemonSet, world)
  const { places, missingPods } = placesOf(daemonSet, changed, world, change)
  const { now } = world.lists
  const { after, gained, lost, rollout } = settle(changed, {
    places,
    missingPods,
    change,
    templateChanged: changed !== daemonSet,
    withoutNode,
    now,
  })
  return {
    before: countPlaces(places, shouldRunBefore, missingPods, daemonSet, now),
    after: countPlaces(after, shouldRunAfter, missingPods, daemonSet, now),
    misscheduledBefore: misscheduled(places, shouldRunBefore),
    misscheduledAfter: misscheduled(after, shouldRunAfter),
    gained,
    lost,
    podsRestarted: rollout.replaced.length,
    rolloutBlocked: rollout.blocked,
  }
}

/** A node that has pods or that the change affects, with the pods counted there. */
interface Place {
  readonly node: Node
  readonly pods: readonly Pod[]
  readonly before: Decision
  readonly after: Decision
}

interface ChangedState {
  readonly places: readonly Place[]
  /** Number of other nodes that should have a pod and have none, before and after. */
  readonly missingPods: number
  readonly change: Change
  readonly templateChanged: boolean
  /** Pods whose node does not exist. */
  readonly withoutNode: readonly Pod[]
  readonly now: string
}

const shouldRunBefore = ({ before }: Place) => before.shouldRun
const shouldRunAfter = ({ after }: Place) => after.shouldRun

function placesOf(daemonSet: DaemonSet, changed: DaemonSet, world: World, change: Change) {
  const { onNode, occupied } = podsByNode(daemonSet, world)
  const changedWorld = world.after(change)
  const before = decideAll(daemonSet, world)
  const after = decideAll(changed, changedWorld)
  const deleted = change.kind === 'delete-node' ? change.nodes : []
  const affected = new Set([
    ...occupied,
    ...deleted.flatMap((name) => world.nodeIndex(name) ?? []),
    ...differences(before, after, world.lists.nodes.length),
  ])
  const places = [...affected]
    .sort((a, b) => a - b)
    .flatMap((index): Place[] => {
      const node = changedWorld.lists.nodes[index]
      const pods = onNode[index] ?? NO_PODS
      return node ? [{ node, pods, before: before.on(index), after: after.on(index) }] : []
    })
  return { places, missingPods: after.desired - places.filter(shouldRunAfter).length }
}

/** The indexes of the nodes on which the decision whether to run the pod differs. */
function differences(before: Decisions, after: Decisions, size: number): readonly number[] {
  const found: number[] = []
  if (before === after) return found
  for (let index = 0; index < size; index++)
    if (before.on(index).shouldRun !== after.on(index).shouldRun) found.push(index)
  return found
}

const NO_PODS: readonly Pod[] = []

/** Lets the controller work on the changed world until it has nothing left to do. */
function settle(daemonSet: DaemonSet, state: ChangedState) {
  const { places, change } = state
  const acts = controllerActs(daemonSet)
  const rollout = acts && state.templateChanged ? rolloutOf(daemonSet, state) : NO_ROLLOUT
  const deletions: Deletions = {
    acts,
    byRollout: new Set(rollout.removed),
    pods: new Set(change.kind === 'delete-pods' ? change.pods : []),
  }
  const nodesDeleted = new Set(change.kind === 'delete-node' ? change.nodes : [])
  const after: Place[] = []
  const gained: string[] = []
  const lost: string[] = []
  for (const place of places) {
    const { node, pods } = place
    if (nodesDeleted.has(node.metadata.name)) {
      lost.push(...pods.map(nameOf))
    } else if (acts && needsPod(place)) {
      gained.push(node.metadata.name)
      after.push({ ...place, pods: [newPod(node)] })
    } else {
      const left = podsLeft(place, deletions)
      lost.push(...pods.filter((pod) => !left.includes(pod)).map(nameOf))
      after.push(left.length === pods.length ? place : { ...place, pods: left })
    }
  }
  return { after, gained, lost, rollout }
}

/** Whether the change makes an empty node one that should run the pod. */
function needsPod({ before, after, pods }: Place): boolean {
  return after.shouldRun && !before.shouldRun && pods.length === 0
}

interface Deletions {
  /** Whether the controller does anything. */
  readonly acts: boolean
  readonly byRollout: ReadonlySet<Pod>
  /** Names. */
  readonly pods: ReadonlySet<string>
}

/** The pods on the node after the deletions, with deleted ones standing for their replacements. */
function podsLeft({ node, pods, before, after }: Place, deletions: Deletions): readonly Pod[] {
  const { acts, byRollout } = deletions
  const isDeleted = (pod: Pod) =>
    deletions.pods.has(nameOf(pod)) ||
    (acts && before.shouldContinueRunning && (!after.shouldContinueRunning || byRollout.has(pod)))
  const left = pods.filter((pod) => !(isDeleted(pod) && goesAway(pod, node)))
  // A replacement is as ready as the pod it replaces.
  const isReplaced = left.length === 0 && after.shouldRun && acts
  return isReplaced ? pods : left
}

const NO_ROLLOUT: Rollout = { replaced: [], removed: [], blocked: false }

function rolloutOf(
  daemonSet: DaemonSet,
  { places, missingPods, withoutNode, now }: ChangedState,
): Rollout {
  const nodes = places
    .filter((place) => place.pods.length > 0 || needsPod(place))
    .map(
      ({ node, pods, before, after }): RolloutNode => ({
        shouldRun: after.shouldRun,
        pods,
        startsAgain:
          pods.length > 0 &&
          pods.every((pod) => isOver(pod, now) || (!before.shouldRun && !isBound(pod))),
        isReady: () => isReadyNode(node),
      }),
    )
  return simulateRollout(daemonSet, { nodes, missingPods, withoutNode, now })
}

function goesAway(pod: Pod, node: Node): boolean {
  if (isTerminating(pod)) return false
  if (isTerminal(pod)) return true
  if (isBound(pod)) return isReadyNode(node)
  return (pod.metadata.finalizers ?? []).length === 0
}

function newPod(node: Node): Pod {
  const status = isReadyNode(node) ? 'True' : 'False'
  const conditions = [{ type: 'Ready', status, lastTransitionTime: '1970-01-01T00:00:00Z' }]
  return {
    metadata: { name: '' },
    spec: { nodeName: node.metadata.name },
    status: { phase: 'Running', conditions },
  }
}

function nameOf({ metadata }: Pod): string {
  return metadata.name
}

/** The counts over these places and the other nodes that should have a pod and have none. */
function countPlaces(
  places: readonly Place[],
  shouldRun: (place: Place) => boolean,
  missingPods: number,
  { spec }: DaemonSet,
  now: string,
): Count {
  const counted = { nodes: places, shouldRun, podsOn: ({ pods }: Place) => pods, missingPods }
  return count(counted, spec.minReadySeconds ?? 0, now)
}

function misscheduled(
  places: readonly Place[],
  shouldRun: (place: Place) => boolean,
): readonly string[] {
  return places
    .filter((place) => place.pods.length > 0 && !shouldRun(place))
    .map(({ node }) => node.metadata.name)
}
