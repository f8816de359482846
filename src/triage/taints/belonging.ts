import { type Words, words } from '../../words/words.ts'
import { roleTitle, servesNode } from '../facts/role.ts'
import { type Clue, clueSentences, type TaintedPods } from './clues.ts'
import { platformClues, taintedPlatform } from './platform-clues.ts'
import { nearMiss } from './taint-tolerations.ts'
import { selectionClues, siblingClues } from './template-clues.ts'

/** Whether a DaemonSet belongs on nodes with a taint, as far as anything shows it. */
export interface Belonging {
  /** `unknown`: nothing shows it, or the clues contradict each other. */
  readonly verdict: 'yes' | 'no' | 'unknown'
  /** The clues that decide; if none do, all of them. */
  readonly clues: readonly Clue[]
  /** Those clues as sentences; may be empty for `unknown`. */
  readonly because: Words
}

/**
 * Weighs what shows that the DaemonSet belongs on these nodes against what shows that it does not.
 * The heavier side decides; the absence of evidence decides nothing.
 */
export function belongingOf(pods: TaintedPods): Belonging {
  const clues = [
    ...platformClues(pods),
    ...selectionClues(pods),
    ...siblingClues(pods),
    ...tolerationClues(pods),
    ...roleClues(pods),
  ]
  const heaviest = (side: Clue['side']) =>
    Math.max(0, ...clues.filter((clue) => clue.side === side).map(({ weight }) => weight))
  const inFavor = heaviest('for')
  const against = heaviest('against')
  if (inFavor === against) return { verdict: 'unknown', clues, because: clueSentences(clues) }
  const side = inFavor > against ? 'for' : 'against'
  const weight = Math.max(inFavor, against)
  const deciding = clues.filter((clue) => clue.side === side && clue.weight === weight)
  return {
    verdict: side === 'for' ? 'yes' : 'no',
    clues: deciding,
    because: clueSentences(deciding),
  }
}

function tolerationClues({ facts, taint }: TaintedPods): readonly Clue[] {
  const near = nearMiss(facts, taint)
  return near?.isMeant
    ? [{ side: 'for', weight: 2, words: words`${near.words}: it was probably meant to run there` }]
    : []
}

/** What a DaemonSet does for its node says nothing of the machines that its image is built for. */
function roleClues(pods: TaintedPods): readonly Clue[] {
  const { role } = pods.facts
  return servesNode(role) && taintedPlatform(pods) === undefined
    ? [
        {
          side: 'for',
          weight: 1,
          words: words`it ${role.evidence}, and ${roleTitle(role)} serves every pod on a node`,
        },
      ]
    : []
}
