import type { Words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { remedies } from '../remedies/remedies.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import type { Finding } from './finding.ts'

/**
 * What a cause says about its cases: the words of a finding, and answers that are not tried yet.
 */
export interface CauseReport {
  readonly summary: Words
  readonly why: Words
  readonly evidence: readonly Words[]
  /** In order of preference. undefined: not an answer here. */
  readonly drafts: readonly (RemedyDraft | undefined)[]
  readonly perNode?: Finding['perNode']
  /** `Finding.isOpen`. */
  readonly isOpen?: boolean
}

/**
 * The part of a finding that comes from its report, with the drafts tried and ranked; what is for
 * good is tried as if the `explained` nodes were Ready.
 */
export function reported(
  facts: DaemonSetFacts,
  { summary, why, perNode = [], evidence, drafts, isOpen = false }: CauseReport,
  explained: readonly NodeFacts[] = [],
): Pick<Finding, 'summary' | 'why' | 'perNode' | 'evidence' | 'remedies' | 'isOpen'> {
  return {
    ...(isOpen && { isOpen }),
    summary,
    why,
    perNode,
    evidence,
    remedies: remedies(
      facts,
      drafts.filter((draft) => draft !== undefined),
      explained,
    ),
  }
}
