import type { Change } from '../../daemonset/change.ts'
import { type Prediction, predict } from '../../daemonset/predict.ts'
import type { Count } from '../../daemonset/recount.ts'
import { worldOf } from '../../daemonset/world.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'

/** What the change would do to this DaemonSet. Computed once per change. */
export function simulate(facts: DaemonSetFacts, change: Change): Prediction {
  const id = JSON.stringify(change)
  const prediction =
    facts.predictions.get(id) ??
    (affectsMisscheduledNodesOnly(change)
      ? onMisscheduledNodes(facts, change)
      : predict(facts.daemonSet, facts.index.world, change))
  facts.predictions.set(id, prediction)
  return prediction
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
function onMisscheduledNodes(
  { daemonSet, index, nodes, recount: { count } }: DaemonSetFacts,
  change: Change,
): Prediction {
  const part = worldOf({
    ...index.world.lists,
    nodes: nodes.map(({ node }) => node),
    pods: nodes.flatMap(({ pods }) => pods.map(({ pod }) => pod)),
  })
  const prediction = predict(daemonSet, part, change)
  const others = combined(count, prediction.before, -1)
  return { ...prediction, before: count, after: combined(others, prediction.after, 1) }
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
