import type { Words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import type { Proposal } from '../remedies/rank.ts'
import { remedies } from '../remedies/remedies.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import type { Finding } from './finding.ts'

/**
 * What a cause says about its cases: the words of a finding, and answers that are not tried yet.
 */
export interface CauseReport {
  readonly summary: Words
  /** `Finding.ifIgnored`. */
  readonly ifIgnored: Words
  readonly why: Words
  readonly evidence: readonly Words[]
  /** In order of preference. undefined: not an answer here. */
  readonly drafts: readonly (RemedyDraft | undefined)[]
  readonly perNode?: Finding['perNode']
  /** `Finding.isOpen`. */
  readonly isOpen?: boolean
}

/**
 * `ifIgnored` where nobody removes the pods. Without number, since the DaemonSets of an incident may
 * have different ones.
 */
export const RUNNING_PODS_STAY = 'Running pods stay. One that is lost there does not come back.'

/** A finding before its drafts are combined with those of the DaemonSet's other findings. */
export interface ProposedFinding extends Omit<Finding, 'remedies'> {
  readonly proposal: Proposal
}

/** The words of a finding, from its report. */
export function reported({
  summary,
  ifIgnored,
  why,
  perNode = [],
  evidence,
  isOpen = false,
}: CauseReport): Pick<
  Finding,
  'summary' | 'ifIgnored' | 'why' | 'perNode' | 'evidence' | 'isOpen'
> {
  return { ...(isOpen && { isOpen }), summary, ifIgnored, why, perNode, evidence }
}

/** The findings of one DaemonSet with their remedies. */
export function withRemedies(
  facts: DaemonSetFacts,
  proposed: readonly ProposedFinding[],
): readonly Finding[] {
  const all = remedies(
    facts,
    proposed.map(({ proposal }) => proposal),
  )
  return proposed.map(({ proposal: _, ...finding }, index) => ({
    ...finding,
    remedies: all[index] ?? [],
  }))
}
