import type { Snapshot } from '../kubernetes/objects.ts'
import { code, plain, type Words, words } from '../words/words.ts'
import { CAUSES, causeById } from './causes/index.ts'
import type { DaemonSetFacts } from './facts/facts.ts'
import type { Need } from './facts/needs.ts'
import type { Finding } from './findings/finding.ts'
import { statusCount } from './findings/status-cause.ts'
import { holdById } from './holds/index.ts'

/** What could not be read, and what is unknown for that. Only what matters for this DaemonSet now. */
export function limitsOf(facts: DaemonSetFacts, findings: readonly Finding[]): readonly Words[] {
  const { index, nodes, recount } = facts
  const status = statusCount(facts)
  const differs = status !== undefined && status !== recount.count.numberMisscheduled
  if (nodes.length === 0 && !differs && index.snapshot.unreadable.length === 0) return []
  const lines: Words[] = index.snapshot.unreadable.map(
    ({ resource, reason }) =>
      words`${code(resource)} could not be read: ${reason}. ${OPEN[resource.toLowerCase()] ?? ''}`,
  )
  if (nodes.length > 0) {
    if (nodes.every(({ node }) => node.metadata.managedFields === undefined)) {
      lines.push(
        words`managedFields are missing, so who wrote a taint or label, and when, cannot be told (kubectl: ${code('--show-managed-fields')}).`,
      )
    }
    lines.push(...findings.flatMap(needsOf).flatMap((need) => unmet(need, facts)))
  }
  if (status === undefined) lines.push(['The DaemonSet has no status to compare with.'])
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

const OPEN: Readonly<Record<string, string>> = {
  nodes: 'Without nodes nothing can be counted.',
  pods: 'Without pods nothing can be counted.',
  events: 'What tools and controllers said lately is not known.',
  leases: 'Whether controllers and kubelets are alive shows in conditions only.',
  poddisruptionbudgets: 'Whether one holds a drain cannot be told.',
  controllerrevisions: 'What the template was before (P1, T7, T8) cannot be told.',
  namespaces: "OpenShift's namespace node selectors (P6) cannot be judged.",
}
