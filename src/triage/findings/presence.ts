import { isReadyNode } from '../../daemonset/object-state.ts'
import { plural, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { endingOf } from '../holds/ending.ts'
import type { HeadlineFacts } from './cause.ts'
import type { Presence } from './finding.ts'
import { isFailing } from './staying.ts'

/**
 * Whether the pods of a finding still run, or how they go on their own if all of them do; nobody
 * knows on nodes that are not Ready.
 */
export function presenceOf(facts: DaemonSetFacts, nodes: readonly NodeFacts[]): Presence {
  const [first, ...others] = new Set(nodes.map((node) => endingOf(facts, node)?.kind))
  if (first && others.length === 0) return first
  if (nodes.every(({ node }) => !isReadyNode(node))) return 'unknown'
  return isFailing(nodes.flatMap(({ pods }) => pods)) ? 'failing' : 'running'
}

/** The rest of a headline about a node: "`agent` still runs there". */
export function stillThere({
  who,
  many,
  presence,
}: Pick<HeadlineFacts, 'who' | 'many' | 'presence'>): Words {
  switch (presence) {
    case 'running':
    case 'rollout':
      return words`${who} still ${plural(many ? 2 : 1, 'runs', 'run')} there`
    case 'failing':
      return words`${who} ${plural(many ? 2 : 1, 'fails', 'fail')} there`
    case 'stopping':
      return words`${who} ${many ? 'are' : 'is'} stopping there`
    default:
      return words`${who} ${many ? 'are' : 'is'} still counted there`
  }
}
