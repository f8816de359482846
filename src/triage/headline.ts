import { code, type Words, words } from '../words/words.ts'
import { CAUSES, causeById } from './causes/index.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { HeadlineFacts } from './findings/cause.ts'
import { endingHeadline } from './findings/ending-report.ts'
import type { Finding } from './findings/finding.ts'
import { subjectOf } from './findings/root.ts'

/** One line for an incident, from the first finding of its most urgent DaemonSet. */
export function headlineOf(diagnoses: readonly Diagnosis[]): Words {
  const [first] = byUrgency(diagnoses)
  const leading = first?.findings[0]
  if (!first || !leading)
    return first
      ? words`Nothing is misscheduled: ${code(first.name)} is fine`
      : ['Nothing is misscheduled']
  const alike = diagnoses.filter(({ findings }) =>
    findings.some((finding) => isAlike(finding, leading)),
  )
  const nodes = alike.flatMap(({ findings }) =>
    findings.filter((finding) => isAlike(finding, leading)).flatMap((finding) => finding.nodes),
  )
  const facts: HeadlineFacts = {
    nodes: [...new Set(nodes)],
    who: who(alike),
    many: alike.length > 1,
    key: subject(alike, leading),
    others: diagnoses.length === 1 ? othersOf(first.findings, leading) : [],
    variant: leading.variant,
    presence: presenceOf(alike, leading),
    isOpen: leading.isOpen ?? false,
  }
  const cause = causeById(leading.id)
  return (
    (cause?.endsWithNode ? undefined : endingHeadline(facts)) ??
    cause?.headline(facts) ??
    leading.summary
  )
}

/**
 * The diagnoses by precedence of their first finding's cause. Those with nothing to fix come last.
 */
export function byUrgency(diagnoses: readonly Diagnosis[]): readonly Diagnosis[] {
  return [...diagnoses].sort((a, b) => rank(a) - rank(b))
}

function rank({ findings }: Diagnosis): number {
  const [first] = findings
  if (!first) return CAUSES.length + 2
  const place = CAUSES.findIndex(({ id }) => id === first.id)
  return CAUSES[place]?.nothingToFix ? CAUSES.length + 1 : place
}

function who(diagnoses: readonly Diagnosis[]): Words {
  const [first] = diagnoses
  return diagnoses.length === 1 && first ? [code(first.name)] : [`${diagnoses.length} DaemonSets`]
}

function presenceOf(diagnoses: readonly Diagnosis[], leading: Finding): HeadlineFacts['presence'] {
  const { presence = 'running' } = leading
  const isSame = diagnoses.every(({ findings }) =>
    findings.every((one) => !isAlike(one, leading) || (one.presence ?? 'running') === presence),
  )
  return isSame || presence === 'unknown' ? presence : 'running'
}

function isAlike(one: Finding, other: Finding): boolean {
  return isOfKind(one, other) && one.key === other.key
}

function isOfKind(one: Finding, other: Finding): boolean {
  if (one.id !== other.id || one.variant !== other.variant || one.heldBy !== other.heldBy)
    return false
  // Pods that go on their own and pods that stay have headlines of their own.
  return causeById(one.id)?.endsWithNode === true || one.presence === other.presence
}

/** Findings of the same kind with other keys. */
function othersOf(findings: readonly Finding[], leading: Finding): HeadlineFacts['others'] {
  return findings
    .filter((one) => isOfKind(one, leading) && one.key !== leading.key)
    .map(({ nodes, key, value }) => ({ nodes, key: key === null ? null : subjectOf(key, value) }))
}

/** The key, with the value if all of these taints have the same. */
function subject(diagnoses: readonly Diagnosis[], leading: Finding): string | null {
  if (leading.key === null) return null
  const isOne = diagnoses
    .flatMap(({ findings }) => findings.filter((finding) => isAlike(finding, leading)))
    .every(({ value }) => value === leading.value)
  return isOne ? subjectOf(leading.key, leading.value) : leading.key
}
