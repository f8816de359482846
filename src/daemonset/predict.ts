import type { DaemonSet, Node, Pod } from '../kubernetes/objects.ts'
import { type Change, changedDaemonSet, changedNodes } from './change.ts'
import { claimedPods } from './claims.ts'
import { type CountedNodes, count } from './count.ts'
import type { Decision } from './decide.ts'
import { judge, type World } from './judge.ts'
import { selectsEverything } from './label-selector.ts'
import { isBound, isTerminal, isTerminating } from './pod-state.ts'
import { type PlacedPods, placePods } from './pods-by-node.ts'
import type { Count } from './recount.ts'
import { type Rollout, type RolloutNode, rollOut } from './rollout.ts'

export type { Change } from './change.ts'

export interface Prediction {
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
export function predict(daemonSet: DaemonSet, world: World, change: Change): Prediction {
  const changed = changedDaemonSet(daemonSet, change)
  const { on, strays } = placePods(
    claimedPods(daemonSet, world.pods),
    world.nodes,
    world.serverVersion,
  )
  const { places, lacking } = placesOf(daemonSet, changed, world, change, on)
  const { after, gained, lost, rollout } = settle(changed, {
    places,
    lacking,
    change,
    templateChanged: changed !== daemonSet,
    strays,
    now: world.now,
  })
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0
  return {
    before: withLacking(lacking, count(counted(places, wasRight), minReadySeconds, world.now)),
    after: withLacking(lacking, count(counted(after, isRight), minReadySeconds, world.now)),
    misscheduledBefore: misscheduled(places, wasRight),
    misscheduledAfter: misscheduled(after, isRight),
    gained,
    lost,
    podsRestarted: rollout.replaced.length,
    rolloutBlocked: rollout.blocked,
  }
}

/** A node that has pods or is decided on anew, with the pods that count on it. */
interface Place {
  readonly node: Node
  readonly pods: readonly Pod[]
  readonly was: Decision
  readonly is: Decision
}

interface Move {
  readonly places: readonly Place[]
  /** How many further nodes should have a pod and have none, before and after. */
  readonly lacking: number
  readonly change: Change
  readonly templateChanged: boolean
  /** Pods whose node is gone. */
  readonly strays: readonly Pod[]
  readonly now: string
}

const wasRight = ({ was }: Place) => was.shouldRun
const isRight = ({ is }: Place) => is.shouldRun

function placesOf(
  daemonSet: DaemonSet,
  changed: DaemonSet,
  world: World,
  change: Change,
  on: PlacedPods['on'],
) {
  const nodes = changedNodes(world.nodes, change)
  const wasOn = judge(daemonSet, world)
  const isOn =
    changed === daemonSet && nodes === world.nodes ? wasOn : judge(changed, { ...world, nodes })
  const deleted = new Set(change.kind === 'delete-node' ? change.nodes : [])
  const places: Place[] = []
  let lacking = 0
  nodes.forEach((node, index) => {
    const pods = on[index] ?? NONE
    const was = wasOn(index)
    const is = isOn(index)
    if (pods.length > 0 || was.shouldRun !== is.shouldRun || deleted.has(node.metadata.name))
      places.push({ node, pods, was, is })
    else if (is.shouldRun) lacking++
  })
  return { places, lacking }
}

const NONE: readonly Pod[] = []

/** Lets the controller act on the changed world until nothing moves any more. */
function settle(
  daemonSet: DaemonSet,
  { places, lacking, change, templateChanged, strays, now }: Move,
) {
  const acts = !daemonSet.metadata.deletionTimestamp && !selectsEverything(daemonSet.spec.selector)
  const gains = ({ was, is, pods }: Place) =>
    acts && is.shouldRun && !was.shouldRun && pods.length === 0
  const rollout =
    acts && templateChanged
      ? rollOut(daemonSet, { nodes: rolloutNodes(places, gains), lacking, strays, now })
      : NO_ROLLOUT
  const removed = new Set(rollout.removed)
  const named = new Set(change.kind === 'delete-pods' ? change.pods : [])
  const nodesDeleted = new Set(change.kind === 'delete-node' ? change.nodes : [])
  const after: Place[] = []
  const gained: string[] = []
  const lost: string[] = []
  for (const place of places) {
    const { node, pods, was, is } = place
    if (nodesDeleted.has(node.metadata.name)) {
      lost.push(...pods.map(nameOf))
      continue
    }
    if (gains(place)) {
      gained.push(node.metadata.name)
      after.push({ ...place, pods: [newPod(node)] })
      continue
    }
    const controllerDeletes = (pod: Pod) =>
      acts && was.shouldContinueRunning && (!is.shouldContinueRunning || removed.has(pod))
    const goes = (pod: Pod) =>
      (named.has(nameOf(pod)) || controllerDeletes(pod)) && goesWhenDeleted(pod, node)
    const gone = pods.filter(goes)
    // Deleted pods of a right node are replaced and as ready as they were, so they stand for their successors.
    const replaced = gone.length === pods.length && is.shouldRun && acts
    if (!replaced) lost.push(...gone.map(nameOf))
    after.push(
      gone.length === 0 || replaced
        ? place
        : { ...place, pods: pods.filter((pod) => !gone.includes(pod)) },
    )
  }
  return { after, gained, lost, rollout }
}

const NO_ROLLOUT: Rollout = { replaced: [], removed: [], blocked: false }

function rolloutNodes(
  places: readonly Place[],
  gains: (place: Place) => boolean,
): readonly RolloutNode[] {
  return places
    .filter((place) => place.pods.length > 0 || gains(place))
    .map(({ node, pods, is }) => ({
      shouldRun: is.shouldRun,
      pods,
      isReady: () => isReadyNode(node),
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
  return {
    metadata: { name: '' },
    spec: { nodeName: node.metadata.name },
    status: { phase: 'Running', conditions },
  }
}

function nameOf({ metadata }: Pod): string {
  return metadata.name
}

function counted(places: readonly Place[], isWanted: (place: Place) => boolean): CountedNodes {
  return {
    size: places.length,
    shouldRun: (index) => {
      const place = places[index]
      return place !== undefined && isWanted(place)
    },
    firstPod: (index) => places[index]?.pods[0],
  }
}

function withLacking(lacking: number, count: Count): Count {
  const { desiredNumberScheduled, numberUnavailable } = count
  return {
    ...count,
    desiredNumberScheduled: desiredNumberScheduled + lacking,
    numberUnavailable: numberUnavailable + lacking,
  }
}

function misscheduled(
  places: readonly Place[],
  isWanted: (place: Place) => boolean,
): readonly string[] {
  return places
    .filter((place) => place.pods.length > 0 && !isWanted(place))
    .map(({ node }) => node.metadata.name)
}
