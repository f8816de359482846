import type { DaemonSetFacts } from '../facts/facts.ts'
import { deletePods } from '../remedies/drafts.ts'
import { remedies } from '../remedies/remedies.ts'
import type { Remedy } from '../remedies/remedy.ts'
import type { Finding } from './finding.ts'

/**
 * The findings of one DaemonSet with one voice on deletion: a pod that one of them advises against
 * deleting is in no deletion that another offers.
 */
export function withKeptPods(
  facts: DaemonSetFacts,
  findings: readonly Finding[],
): readonly Finding[] {
  const kept = new Set(
    findings.flatMap((finding) =>
      finding.remedies.filter(({ tempting }) => tempting).flatMap(deletedPods),
    ),
  )
  if (kept.size === 0) return findings
  return findings.map((finding) => ({
    ...finding,
    remedies: finding.remedies.flatMap((remedy) =>
      remedy.tempting ? remedy : withoutPods(facts, remedy, kept),
    ),
  }))
}

function deletedPods({ change }: Remedy): readonly string[] {
  return change?.kind === 'delete-pods' ? change.pods : []
}

/** The remedy without these pods; empty if it deletes no others. */
function withoutPods(
  facts: DaemonSetFacts,
  remedy: Remedy,
  kept: ReadonlySet<string>,
): readonly Remedy[] {
  const deleted = new Set(deletedPods(remedy))
  if (![...deleted].some((name) => kept.has(name))) return [remedy]
  const left = facts.nodes
    .flatMap(({ pods }) => pods)
    .filter(({ name }) => deleted.has(name) && !kept.has(name))
  const { horizon, why, answer, recommended } = remedy
  const draft = deletePods(facts, left, { horizon, why, ...(answer && { answer }) })
  return draft ? remedies(facts, [draft]).map((narrowed) => ({ ...narrowed, recommended })) : []
}
