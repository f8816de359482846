import { code, joined, listed, plain, type Words, words } from '../words/words.ts'
import { type Advice, adviceOf } from './advice.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Finding, FindingSubject } from './findings/finding.ts'
import { headlineOf } from './headline.ts'
import type { DiagnosedRemedy } from './remedy-groups.ts'
import { byUrgency, type Urgency, urgencyOf } from './urgency.ts'

/** A cause as docs/causes lists it. */
export interface NamedCause {
  readonly id: string
  /** `node-going-away`; empty for a hold, which has no name but its id. */
  readonly cause: string
  readonly about: FindingSubject
}

/** What people read about one incident, before it is rendered for Slack or the terminal. */
export interface Explanation {
  /** Of its most urgent finding. */
  readonly urgency: Urgency
  /** One line: what is wrong, and where. */
  readonly headline: Words
  /** What was wrong, once it is over: a clause. Empty if nothing was. */
  readonly past: Words
  /** What happens if nobody does anything: one or two sentences. */
  readonly ifIgnored: Words
  /** Without duplicates, the most urgent first. */
  readonly causes: readonly NamedCause[]
  /** At most two sentences. */
  readonly why: Words
  /** What a person has to answer before anything is right: remedies carry the answers. */
  readonly question?: Words
  readonly table: {
    readonly header: readonly [string, string]
    readonly rows: readonly (readonly [Words, Words])[]
    /** Number of rows left out. */
    readonly more: number
    /** Instead of the rows, if all DaemonSets are on the same nodes for the same reason. */
    readonly shared?: Words
  }
  readonly now: readonly Advice[]
  readonly forGood: readonly Advice[]
  /** Tempting remedies, and why they are wrong. */
  readonly notThis: readonly Advice[]
  readonly evidence: readonly Words[]
  /** What could not be read, and what is unknown without it. */
  readonly limits: readonly Words[]
}

/**
 * Explains the DaemonSets of one incident. The most urgent finding sets headline and why; all add
 * rows, advice and evidence.
 */
export function explain(members: readonly Diagnosis[]): Explanation {
  const findings = byUrgency(members)
  const lead = findings[0]?.finding
  const diagnoses = [...new Set([...findings.map(({ diagnosis }) => diagnosis), ...members])]
  const advice = adviceOf(
    findings.flatMap(({ diagnosis, finding }) =>
      finding.remedies.map(
        (remedy): DiagnosedRemedy => ({ diagnosis, remedy, nodes: finding.nodes }),
      ),
    ),
  )
  const right = advice.filter(({ remedy }) => !remedy.tempting)
  const question = questionOf(findings)
  const headline = headlineOf(members)
  return {
    urgency: lead ? urgencyOf(lead) : 'false-alarm',
    headline: headline.now,
    past: headline.past,
    ifIgnored: lead?.ifIgnored ?? [],
    causes: causesOf(diagnoses),
    why: lead?.why ?? [],
    ...(question && { question }),
    table: table(diagnoses),
    now: right.filter(({ remedy }) => remedy.horizon === 'now'),
    forGood: withoutNothing(right.filter(({ remedy }) => remedy.horizon === 'for-good')),
    notThis: advice.filter(({ remedy }) => remedy.tempting),
    evidence: distinct(findings.flatMap(({ finding }) => finding.evidence)),
    limits: distinct(diagnoses.flatMap(({ limits }) => limits)),
  }
}

/** "Does `agent` belong on `n1` and `n2`? Nothing in the cluster tells."; undefined if nothing is open. */
function questionOf(
  findings: readonly { readonly diagnosis: Diagnosis; readonly finding: Finding }[],
): Words | undefined {
  const open = findings.filter(({ finding: { remedies } }) => remedies.some(({ answer }) => answer))
  if (open.length === 0) return undefined
  const who = new Set(open.map(({ diagnosis: { namespace, name } }) => `${namespace}/${name}`))
  const subject =
    who.size === 1 && open[0]
      ? words`Does ${code(open[0].diagnosis.name)}`
      : [`Do these ${who.size} DaemonSets`]
  const nodes = [...new Set(open.flatMap(({ finding }) => finding.nodes))]
  return words`${subject} belong on ${nodes.length <= 3 ? listed(nodes) : `these ${nodes.length} nodes`}? The cluster does not show it.`
}

function causesOf(diagnoses: readonly Diagnosis[]): readonly NamedCause[] {
  const named = diagnoses.flatMap(({ findings }) =>
    findings.flatMap(({ id, cause, about, heldBy }): NamedCause[] => [
      { id, cause, about },
      ...(heldBy ? [{ id: heldBy, cause: '', about }] : []),
    ]),
  )
  return [...new Map(named.map((one) => [one.id, one])).values()]
}

// "Nothing to change" from one finding means nothing if another recommends a change, or asks for one.
function withoutNothing(advice: readonly Advice[]): readonly Advice[] {
  const isChange = ({ remedy }: Advice): boolean => remedy.kind !== 'none'
  const isAdvised = ({ remedy }: Advice): boolean =>
    remedy.recommended || remedy.answer !== undefined
  return advice.some((one) => isChange(one) && isAdvised(one))
    ? advice.filter((one) => isChange(one) || one.remedy.answer !== undefined)
    : advice
}

const MOST_ROWS = 10

function table(diagnoses: readonly Diagnosis[]): Explanation['table'] {
  if (diagnoses.length > 1) return daemonSetTable(diagnoses)
  const rows = nodeRows(diagnoses[0])
  const suffix = commonDomain(rows.map(([node]) => node))
  return {
    header: [suffix === '' ? 'Node' : `Node (…${suffix})`, 'Why'],
    rows: rows
      .slice(0, MOST_ROWS)
      .map(([node, reason]) => [[code(node.slice(0, node.length - suffix.length))], reason]),
    more: Math.max(0, rows.length - MOST_ROWS),
  }
}

/** `.ec2.internal`, if the names have the same domain; empty for fewer than two names. */
function commonDomain(names: readonly string[]): string {
  const [first = '', second] = names
  const suffix = first.includes('.') ? first.slice(first.indexOf('.')) : ''
  return second !== undefined && names.every((name) => name.endsWith(suffix)) ? suffix : ''
}

/** One row per node, with all its reasons. */
function nodeRows(diagnosis: Diagnosis | undefined): readonly (readonly [string, Words])[] {
  const reasons = new Map<string, Words[]>()
  for (const { perNode } of diagnosis?.findings ?? []) {
    for (const { node, reason } of perNode) {
      const known = reasons.get(node) ?? []
      reasons.set(node, known)
      if (!known.some((other) => plain(other) === plain(reason))) known.push(reason)
    }
  }
  return [...reasons].map(([node, all]) => [node, joined(all, '; ')] as const)
}

/**
 * One row per DaemonSet, with its reason if the DaemonSets have different causes; one line for all
 * if they share nodes and cause.
 */
function daemonSetTable(diagnoses: readonly Diagnosis[]): Explanation['table'] {
  const differ =
    new Set(diagnoses.map(({ findings: [first] }) => `${first?.id} ${first?.key} ${first?.value}`))
      .size > 1
  const nodesOf = ({ findings }: Diagnosis) => [
    ...new Set(findings.flatMap((finding) => finding.nodes)),
  ]
  const [first] = diagnoses
  const nodes = first ? nodesOf(first) : []
  const isShared =
    !differ &&
    nodes.length > 0 &&
    diagnoses.every((other) => nodesOf(other).toSorted().join() === nodes.toSorted().join())
  const rows = diagnoses.map((diagnosis) => {
    const { namespace, name, findings } = diagnosis
    const on = nodesOf(diagnosis)
    const reason = differ ? (findings[0]?.perNode[0]?.reason ?? []) : []
    const shown =
      on.length === 0 ? (findings[0]?.summary ?? ['nothing is misscheduled']) : listed(on, 3)
    return [
      [code(`${namespace}/${name}`)],
      reason.length > 0 ? words`${shown}: ${reason}` : shown,
    ] as const
  })
  return {
    header: ['DaemonSet', 'Nodes'],
    rows: rows.slice(0, MOST_ROWS),
    more: Math.max(0, rows.length - MOST_ROWS),
    ...(isShared && {
      shared: words`All on ${listed(nodes, 3)}: ${listed(
        diagnoses.map(({ namespace, name }) => `${namespace}/${name}`),
        MOST_ROWS,
      )}`,
    }),
  }
}

function distinct(lines: readonly Words[]): readonly Words[] {
  return [...new Map(lines.map((line) => [plain(line), line])).values()]
}
