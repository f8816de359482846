import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { knownTaint } from './taints.ts'
import { isReplaced } from './template-clues.ts'

/**
 * Why deleting the pods is wrong while something is wrong with their nodes: they are then missing,
 * `until …`. If they may not belong there, only that it leaves the nodes as they are.
 */
export function whyKeepPods(
  found: { readonly facts: DaemonSetFacts; readonly nodes: readonly NodeFacts[] },
  until: string,
): string {
  return belongsApartFromState(found)
    ? `A deleted pod is missing ${until}.`
    : 'It clears the count and leaves the fault of the node in place.'
}

/** Whether nothing but the state of the nodes keeps the pods off, and no sibling replaces them. */
function belongsApartFromState({
  facts,
  nodes,
}: {
  readonly facts: DaemonSetFacts
  readonly nodes: readonly NodeFacts[]
}): boolean {
  const ofState = nodes.every(({ verdict }) =>
    verdict.reasons.every(
      (reason) =>
        reason.type === 'UntoleratedTaint' && NODE_FAULTS.has(knownTaint(reason.key).class),
    ),
  )
  return ofState && !isReplaced({ facts, nodes })
}

/** Classes of taints that say what is wrong with a node, not for whom it is. */
const NODE_FAULTS: ReadonlySet<string> = new Set(['node-condition', 'start-up'])
