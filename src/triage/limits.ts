import type { Snapshot } from '../kubernetes/objects.ts'
import { code, plain, type Words, words } from '../words/words.ts'
import { CAUSES, causeById } from './causes/index.ts'
import type { DaemonSetFacts } from './facts/facts.ts'
import type { Need } from './facts/needs.ts'
import type { Finding } from './findings/finding.ts'
import { statusCount } from './findings/status-cause.ts'
import { holdById } from './holds/index.ts'

/**
 * What could not be read, and what is unknown without it. Only what matters for this DaemonSet now.
 */
export function limitsOf(facts: DaemonSetFacts, findings: readonly Finding[]): readonly Words[] {
  const { index, nodes, recount } = facts
  const status = statusCount(facts)
  const differs = status !== undefined && status !== recount.count.numberMisscheduled
  if (nodes.length === 0 && !differs && index.snapshot.unreadable.length === 0) return []
  const lines: Words[] = index.snapshot.unreadable.map(
    ({ resource, reason }) =>
      words`${code(resource)} could not be read: ${reason}. ${WITHOUT[resource.toLowerCase()] ?? ''}`,
  )
  if (nodes.length > 0) {
    if (nodes.every(({ node }) => node.metadata.managedFields === undefined)) {
      lines.push(
        words`managedFields are missing, so it is unknown who last wrote a taint or label, and when (kubectl needs ${code('--show-managed-fields')}).`,
      )
    }
    lines.push(...findings.flatMap(needsOf).flatMap((need) => unmet(need, facts)))
  }
  if (status === undefined) lines.push(['The DaemonSet has no status to compare with the recount.'])
  if (differs) lines.push(...undecided(facts))
  return [...new Map(lines.map((line) => [plain(line), line])).values()]
}

function undecided(facts: DaemonSetFacts): readonly Words[] {
  return CAUSES.map((cause) =>
    cause.about === 'status' ? cause.undecided?.(facts) : undefined,
  ).filter((words) => words !== undefined)
}

function needsOf({ id, heldBy }: Finding): readonly Need[] {
  return [...(causeById(id)?.needs ?? []), ...(holdById(heldBy)?.needs ?? [])]
}

function unmet({ list, unread, empty }: Need, facts: DaemonSetFacts): readonly Words[] {
  const lists: Snapshot = facts.index.snapshot
  if (lists[list] === undefined) return [[unread]]
  return empty?.is(facts) ? [[empty.sentence]] : []
}

const WITHOUT: Readonly<Record<string, string>> = {
  nodes: 'Without nodes nothing can be counted.',
  pods: 'Without pods nothing can be counted.',
  events: 'What tools and controllers reported recently is unknown.',
  leases: 'Only conditions show whether controllers and kubelets are running.',
  poddisruptionbudgets: 'It is unknown whether one blocks a drain.',
  controllerrevisions: 'The older templates are unknown.',
  namespaces: "OpenShift's namespace node selectors were not checked.",
}
