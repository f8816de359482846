import type { Reason } from '../daemonset/decide.ts'
import type { DaemonSetFacts, Misscheduling, NodeFacts } from './facts/facts.ts'
import { isSelection } from './facts/placement.ts'
import { knownTaint } from './taints/taints.ts'

/** Every wrong pod with each reason that asks for a cause of its own. */
export function misschedulingsOf(facts: DaemonSetFacts): readonly Misscheduling[] {
  return facts.nodes.flatMap((node) => {
    const reasons = node.controllerDeletes ? placementReasons(node) : node.verdict.reasons
    return node.pods.flatMap((pod) =>
      reasons.map((reason): Misscheduling => ({ facts, node, pod, reason })),
    )
  })
}

// Where a selector fails, all its parts fail for one cause. A NoSchedule taint beside it counts only if it says something of the node itself.
function placementReasons({ verdict }: NodeFacts): readonly Reason[] {
  const selection = verdict.reasons.filter(isSelection)
  const first = selection.find(({ decides }) => decides) ?? selection[0]
  const others = verdict.reasons.filter((reason) => {
    if (isSelection(reason)) return false
    if (reason.type !== 'UntoleratedTaint' || reason.effect === 'NoExecute') return true
    return SPEAKING.has(knownTaint(reason.key).class)
  })
  return first ? [first, ...others] : others
}

const SPEAKING: ReadonlySet<string> = new Set([
  'node-condition',
  'going-away',
  'start-up',
  'virtual',
])
