import { plain, type Words } from '../words/words.ts'
import { CAUSES } from './causes/index.ts'
import type { DaemonSetFacts } from './facts/facts.ts'
import { assumedGate } from './facts/feature-gates.ts'
import { unreadableWords } from './facts/needs.ts'
import type { Finding } from './findings/finding.ts'
import { statusCount } from './findings/status-cause.ts'

/**
 * What could not be read and what is unknown without it: only what the verdict on this DaemonSet
 * rests on. Without nodes, pods or DaemonSets there is no verdict at all.
 */
export function limitsOf(facts: DaemonSetFacts, findings: readonly Finding[]): readonly Words[] {
  const { index, nodes, recount, daemonSet } = facts
  const gate = assumedGate(index.given, index.snapshot, daemonSet)
  const status = statusCount(facts)
  const differs = status !== undefined && status !== recount.count.numberMisscheduled
  const lines: Words[] = [
    ...index.snapshot.unreadable.flatMap((unread) => {
      const without = VITAL[unread.resource.toLowerCase()]
      return without === undefined ? [] : [unreadableWords(unread, without)]
    }),
    ...findings.flatMap(({ limits }) => limits),
    ...(nodes.length > 0 && status === undefined
      ? [['The DaemonSet has no status to compare with the recount.']]
      : []),
    ...(differs ? undecided(facts) : []),
    ...(gate && findings.length > 0 ? [gate] : []),
  ]
  return [...new Map(lines.map((line) => [plain(line), line])).values()]
}

function undecided(facts: DaemonSetFacts): readonly Words[] {
  return CAUSES.flatMap((cause) =>
    cause.about === 'status' ? (cause.undecided?.(facts) ?? []) : [],
  )
}

const VITAL: Readonly<Record<string, string>> = {
  nodes: 'Without nodes nothing can be counted.',
  pods: 'Without pods nothing can be counted.',
  daemonsets: 'Others that share its pods or taints are unknown.',
}
