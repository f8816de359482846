import { code, type Words, words } from '../words/words.ts'
import { causeById } from './causes/index.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { HeadlineFacts } from './findings/cause.ts'
import { endingHeadline } from './findings/ending-report.ts'
import type { Finding } from './findings/finding.ts'
import { subjectOf } from './findings/root.ts'
import { holdById } from './holds/index.ts'
import { byUrgency, type DiagnosedFinding, urgencyOf } from './urgency.ts'

/** What an incident is about, in one line for now and in a clause for when it is over. */
export interface Headline {
  /** One line, without its urgency. */
  readonly now: Words
  /** "3 nodes were being scaled down"; empty if nothing was wrong. */
  readonly past: Words
}

/** The headline of an incident, from its most urgent finding and all that are like it. */
export function headlineOf(diagnoses: readonly Diagnosis[]): Headline {
  const all = byUrgency(diagnoses)
  const [lead] = all
  if (!lead) {
    const [first] = diagnoses
    const now = first
      ? words`${code(first.name)} is fine, nothing is misscheduled`
      : ['Nothing is misscheduled']
    return { now, past: [] }
  }
  const kind = all.filter(({ finding }) => isOfKind(finding, lead.finding))
  const facts = factsOf(lead, kind, diagnoses.length === 1)
  const cause = causeById(lead.finding.id)
  return {
    now:
      (cause?.endsWithNode ? undefined : endingHeadline(facts)) ??
      cause?.headline(facts) ??
      lead.finding.summary,
    past: cause?.past(facts) ?? [],
  }
}

function factsOf(
  { diagnosis, finding }: DiagnosedFinding,
  kind: readonly DiagnosedFinding[],
  isOne: boolean,
): HeadlineFacts {
  const alike = kind.filter((other) => other.finding.key === finding.key)
  const daemonSets = new Set(alike.map((one) => one.diagnosis))
  const findings = alike.map((one) => one.finding)
  return {
    nodes: [...new Set(findings.flatMap(({ nodes }) => nodes))],
    who: daemonSets.size === 1 ? [code(diagnosis.name)] : [`${daemonSets.size} DaemonSets`],
    many: daemonSets.size > 1,
    key: subject(findings),
    others: isOne
      ? kind
          .filter((other) => other.finding.key !== finding.key)
          .map((other) => ({ nodes: other.finding.nodes, key: subject([other.finding]) }))
      : [],
    variant: finding.variant,
    presence: presenceOf(findings),
    hold: holdById(finding.heldBy) ?? null,
    isOpen: finding.isOpen ?? false,
  }
}

function presenceOf(findings: readonly Finding[]): HeadlineFacts['presence'] {
  const [presence = 'running', ...others] = findings.map((one) => one.presence ?? 'running')
  return presence === 'unknown' || others.every((other) => other === presence)
    ? presence
    : 'running'
}

/** The key, with the value if all of these taints have the same. */
function subject([first, ...others]: readonly Finding[]): string | null {
  if (!first || first.key === null) return null
  const isOne = others.every(({ value }) => value === first.value)
  return isOne ? subjectOf(first.key, first.value) : first.key
}

/** How its pods go on their own; undefined if they stay. */
function endingIn({ presence }: Finding): Finding['presence'] {
  return presence === 'running' || presence === 'failing' ? undefined : presence
}

function isOfKind(one: Finding, other: Finding): boolean {
  return (
    one.id === other.id &&
    one.variant === other.variant &&
    one.heldBy === other.heldBy &&
    // Pods that go on their own and pods that stay have headlines of their own.
    (causeById(one.id)?.endsWithNode === true || endingIn(one) === endingIn(other)) &&
    urgencyOf(one) === urgencyOf(other)
  )
}
