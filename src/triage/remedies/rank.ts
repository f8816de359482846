import type { Prediction } from '../../daemonset/predict.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { isUseless } from './consequences.ts'
import { draftsForOwner } from './owner-drafts.ts'
import type { RemedyDraft } from './remedy.ts'
import { simulate } from './simulate.ts'

/** What one finding proposes. */
export interface Proposal {
  /** In order of preference. */
  readonly drafts: readonly RemedyDraft[]
  /** Names of the pods of the finding. */
  readonly pods: readonly string[]
  /**
   * Nodes that are not Ready for a reason that ends whatever becomes of the DaemonSet. What is for
   * good is simulated as if they were Ready.
   */
  readonly explained: readonly NodeFacts[]
}

/** A draft among the others of its finding. */
export interface RankedDraft {
  readonly draft: RemedyDraft
  /** Nodes that the simulation counts as Ready. */
  readonly readyNodes: readonly NodeFacts[]
  /** The one that its finding prefers for its horizon. */
  readonly preferred: boolean
}

/**
 * The drafts of one finding, as the DaemonSet's owner allows them. For each horizon, the first that
 * is neither tempting nor a mere choice nor an answer to an open question, and that does not leave
 * the count as it is, is preferred.
 */
export function ranked(
  facts: DaemonSetFacts,
  { drafts, explained }: Omit<Proposal, 'pods'>,
): readonly RankedDraft[] {
  const all = draftsForOwner(facts, drafts).map(
    (draft): RankedDraft => ({
      draft,
      readyNodes: draft.horizon === 'for-good' ? explained : [],
      preferred: false,
    }),
  )
  return withPreferred(facts, all)
}

/** The same drafts with the preferred ones marked. */
export function withPreferred(
  facts: DaemonSetFacts,
  all: readonly RankedDraft[],
): readonly RankedDraft[] {
  const preferred = (['now', 'for-good'] as const).map((horizon) =>
    all.find((one) => one.draft.horizon === horizon && isFit(facts, one)),
  )
  return all.map((one) => ({ ...one, preferred: preferred.includes(one) }))
}

/** Whether it may be recommended: it is right, and it does not leave the count as it is. */
export function isFit(facts: DaemonSetFacts, one: RankedDraft): boolean {
  const { tempting, choice, answer } = one.draft
  const prediction = predictionOf(facts, one)
  return !tempting && !choice && !answer && !(prediction && isUseless(facts, one.draft, prediction))
}

/** undefined: there is nothing to simulate. */
export function predictionOf(
  facts: DaemonSetFacts,
  { draft, readyNodes }: Pick<RankedDraft, 'draft' | 'readyNodes'>,
): Prediction | undefined {
  return draft.change && simulate(facts, draft.change, readyNodes)
}
