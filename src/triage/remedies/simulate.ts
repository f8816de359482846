import type { Change } from '../../daemonset/change.ts'
import { type Prediction, predict } from '../../daemonset/predict.ts'
import type { Count } from '../../daemonset/recount.ts'
import { type World, worldOf } from '../../daemonset/world.ts'
import type { Node, Pod } from '../../kubernetes/objects.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { reportsNotReady } from '../facts/readiness.ts'
import type { Cache, SnapshotIndex } from '../facts/snapshot-index.ts'

/**
 * What the change would do to this DaemonSet, as if `readyNodes` were Ready. Computed once per
 * change and nodes.
 */
export function simulate(
  facts: DaemonSetFacts,
  change: Change,
  readyNodes: readonly NodeFacts[] = [],
): Prediction {
  const id = JSON.stringify([change, readyNodes.map(({ name }) => name)])
  const prediction = facts.predictions.get(id) ?? simulated(facts, change, readyNodes)
  facts.predictions.set(id, prediction)
  return prediction
}

function simulated(
  facts: DaemonSetFacts,
  change: Change,
  readyNodes: readonly NodeFacts[],
): Prediction {
  const { daemonSet, index } = facts
  if (readyNodes.length > 0) return predict(daemonSet, worldWithReady(index, readyNodes), change)
  return affectsMisscheduledNodesOnly(change)
    ? onMisscheduledNodes(facts, change)
    : predict(daemonSet, index.world, change)
}

const READY_WORLDS: Cache<World> = {}

/** The world with these nodes Ready, and the pods on them. */
function worldWithReady(index: SnapshotIndex, nodes: readonly NodeFacts[]): World {
  const names = new Set(nodes.map(({ name }) => name))
  return index.cached(READY_WORLDS, JSON.stringify([...names]), () => {
    const { lists } = index.world
    return worldOf({
      ...lists,
      nodes: lists.nodes.map((node) => (names.has(node.metadata.name) ? readyNode(node) : node)),
      pods: lists.pods.map((pod) => (names.has(pod.spec?.nodeName ?? '') ? readyPod(pod) : pod)),
    })
  })
}

function readyNode(node: Node): Node {
  const taints = (node.spec?.taints ?? []).filter(({ key }) => !reportsNotReady(key))
  const conditions = [{ type: 'Ready', status: 'True' }]
  return { ...node, spec: { ...node.spec, taints }, status: { ...node.status, conditions } }
}

function readyPod(pod: Pod): Pod {
  const since = pod.metadata.creationTimestamp
  const ready = { type: 'Ready', status: 'True', ...(since && { lastTransitionTime: since }) }
  return { ...pod, status: { ...pod.status, conditions: [ready] } }
}

// Remedies delete pods and nodes and remove taints on misscheduled nodes only, and the template
// stays.
function affectsMisscheduledNodesOnly({ kind }: Change): boolean {
  return kind === 'delete-pods' || kind === 'remove-taint' || kind === 'delete-node'
}

/**
 * Predicts for the misscheduled nodes only and adds the counts of the others, which may be
 * thousands.
 */
function onMisscheduledNodes(facts: DaemonSetFacts, change: Change): Prediction {
  const { count } = facts.recount
  const prediction = predict(facts.daemonSet, misscheduledPart(facts), change)
  const others = combined(count, prediction.before, -1)
  return { ...prediction, before: count, after: combined(others, prediction.after, 1) }
}

const PARTS: Cache<World> = {}

/** The world with the misscheduled nodes and the pods on them only, the same for all changes. */
function misscheduledPart({ index, nodes, namespace, name }: DaemonSetFacts): World {
  return index.cached(PARTS, `${namespace}/${name}`, () =>
    worldOf({
      ...index.world.lists,
      nodes: nodes.map(({ node }) => node),
      pods: nodes.flatMap(({ pods }) => pods.map(({ pod }) => pod)),
    }),
  )
}

function combined(one: Count, other: Count, sign: 1 | -1): Count {
  return {
    desiredNumberScheduled: one.desiredNumberScheduled + sign * other.desiredNumberScheduled,
    currentNumberScheduled: one.currentNumberScheduled + sign * other.currentNumberScheduled,
    numberMisscheduled: one.numberMisscheduled + sign * other.numberMisscheduled,
    numberReady: one.numberReady + sign * other.numberReady,
    numberAvailable: one.numberAvailable + sign * other.numberAvailable,
    numberUnavailable: one.numberUnavailable + sign * other.numberUnavailable,
  }
}
