import type { World } from '../../daemonset/judge.ts'
import { type Change, type Prediction, predict } from '../../daemonset/predict.ts'
import type { Count } from '../../daemonset/recount.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'

/** What the change would do to this DaemonSet. The same change is tried once. */
export function simulate(facts: DaemonSetFacts, change: Change): Prediction {
  const known = outcomes.get(facts) ?? new Map<string, Prediction>()
  outcomes.set(facts, known)
  const id = JSON.stringify(change)
  const outcome =
    known.get(id) ??
    (touchesWrongNodesOnly(change)
      ? onWrongNodes(facts, change)
      : predict(facts.daemonSet, facts.index.world, change))
  known.set(id, outcome)
  return outcome
}

const outcomes = new WeakMap<DaemonSetFacts, Map<string, Prediction>>()

// The template stays and every other node is as it was.
function touchesWrongNodesOnly({ kind }: Change): boolean {
  return kind === 'delete-pods' || kind === 'remove-taint' || kind === 'delete-node'
}

/** Tries the change on the wrong nodes alone and adds the others, which it leaves as they are: thousands of nodes need not be judged again. */
function onWrongNodes(
  { daemonSet, index, nodes, recount: { count } }: DaemonSetFacts,
  change: Change,
): Prediction {
  const part: World = {
    ...index.world,
    nodes: nodes.map(({ node }) => node),
    pods: nodes.flatMap(({ pods }) => pods.map(({ pod }) => pod)),
  }
  const outcome = predict(daemonSet, part, change)
  return { ...outcome, before: count, after: sum(sum(count, outcome.before, -1), outcome.after, 1) }
}

function sum(one: Count, other: Count, sign: 1 | -1): Count {
  return {
    desiredNumberScheduled: one.desiredNumberScheduled + sign * other.desiredNumberScheduled,
    currentNumberScheduled: one.currentNumberScheduled + sign * other.currentNumberScheduled,
    numberMisscheduled: one.numberMisscheduled + sign * other.numberMisscheduled,
    numberReady: one.numberReady + sign * other.numberReady,
    numberAvailable: one.numberAvailable + sign * other.numberAvailable,
    numberUnavailable: one.numberUnavailable + sign * other.numberUnavailable,
  }
}
