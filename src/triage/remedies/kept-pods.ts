import type { DaemonSetFacts } from '../facts/facts.ts'
import { deletionDraft, podsOf } from './drafts.ts'
import type { Proposal } from './rank.ts'
import type { RemedyDraft } from './remedy.ts'

/**
 * What the findings of one DaemonSet propose, with one voice on deletion: a pod that one of them
 * advises against deleting is in no deletion that another proposes.
 */
export function withKeptPods(
  facts: DaemonSetFacts,
  proposals: readonly Proposal[],
): readonly Proposal[] {
  const kept = new Set(
    proposals.flatMap(({ drafts }) => drafts.filter(({ tempting }) => tempting).flatMap(podsOf)),
  )
  return proposals.map((proposal) => ({
    ...proposal,
    drafts: proposal.drafts.flatMap((draft) =>
      draft.tempting ? draft : withoutPods(facts, draft, kept),
    ),
  }))
}

/** The draft without these pods; empty if it deletes no others. */
function withoutPods(
  facts: DaemonSetFacts,
  draft: RemedyDraft,
  kept: ReadonlySet<string>,
): readonly RemedyDraft[] {
  const pods = podsOf(draft)
  const left = pods.filter((pod) => !kept.has(pod))
  if (left.length === pods.length) return [draft]
  const { horizon, why, choice, answer } = draft
  const part = { horizon, why, ...(choice && { choice }), ...(answer && { answer }) }
  return left.length > 0 ? [deletionDraft(facts, left, part)] : []
}
