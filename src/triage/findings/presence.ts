import { isReadyNode } from '../../daemonset/object-state.ts'
import { plural, type Words, words } from '../../words/words.ts'
import type { NodeFacts } from '../facts/facts.ts'
import type { HeadlineFacts } from './cause.ts'
import type { Presence } from './finding.ts'

/** Whether the pods of a finding still run; nobody knows on a node that is not Ready. */
export function presenceOf(nodes: readonly NodeFacts[]): Presence {
  return nodes.every(({ node }) => !isReadyNode(node)) ? 'unknown' : 'running'
}

/** The rest of a headline about a node: "`agent` still runs there". */
export function stillThere({
  who,
  many,
  presence,
}: Pick<HeadlineFacts, 'who' | 'many' | 'presence'>): Words {
  return presence === 'unknown'
    ? words`${who} ${many ? 'are' : 'is'} still counted there`
    : words`${who} still ${plural(many ? 2 : 1, 'runs', 'run')} there`
}
