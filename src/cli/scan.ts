import type { Snapshot } from '../kubernetes/objects.ts'
import { diagnoseAll } from '../triage/diagnose.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import { explain } from '../triage/explain.ts'
import type { IncidentGroup } from '../triage/group.ts'
import { group } from '../triage/group.ts'
import { code, counted, plainTime, type Words, words } from '../words/words.ts'
import type { PrintOptions, SourceOptions } from './arguments.ts'
import { differenceText, hasWrongStatus, isMisscheduled } from './counts.ts'
import { adviceText, heading, listText, tableText } from './explanation-text.ts'
import { explainCommand } from './invocation.ts'
import { type CommandResult, report, unreadableText, verdictsOf } from './report.ts'
import { chosenDaemonSets } from './snapshot.ts'
import { styled, styledLines, type Terminal, wrapped } from './terminal.ts'

/**
 * `scan`: every DaemonSet that is misscheduled or has a wrong status. With a snapshot file and
 * `--nodes all`, the JSON has every DaemonSet. `invocation` begins the commands that the text
 * prints.
 */
export function scan(
  snapshot: Snapshot,
  options: SourceOptions & PrintOptions,
  invocation: string,
): CommandResult {
  const { nodes = 'wrong' } = options
  const unreadable = unreadableText(snapshot)
  const chosen = new Set(
    chosenDaemonSets(snapshot, options).map(
      ({ metadata }) => `${metadata.namespace ?? 'default'}/${metadata.name}`,
    ),
  )
  const diagnoses = diagnoseAll(snapshot).filter(({ namespace, name }) =>
    chosen.has(`${namespace}/${name}`),
  )
  const noteworthy = diagnoses.filter(
    (diagnosis) =>
      isMisscheduled(diagnosis) || hasWrongStatus(diagnosis) || diagnosis.findings.length > 0,
  )
  const printed = options.snapshot !== undefined && nodes === 'all' ? diagnoses : noteworthy
  const incidents = group(noteworthy)
  const more = (name: string) => moreText(name, options, invocation)
  return {
    text: (terminal) =>
      scanText(snapshot, { diagnoses, incidents, more }, { ...terminal, now: snapshot.takenAt }),
    json: {
      ...report(printed, incidents, verdictsOf(snapshot, nodes)),
      unreadable: snapshot.unreadable,
    },
    misscheduled: diagnoses.some(isMisscheduled),
    unreadable,
  }
}

/** The command that explains a DaemonSet, `namespace/name`. Stdin has to be given again. */
function moreText(daemonSet: string, options: SourceOptions, invocation: string): string {
  const [namespace = '', name = ''] = daemonSet.split('/')
  const command = explainCommand(invocation, { namespace, name }, options)
  return options.snapshot === '-'
    ? `More: pipe the same input into: ${command}`
    : `More: ${command}`
}

/** What `scan` found. */
interface Found {
  readonly diagnoses: readonly Diagnosis[]
  readonly incidents: readonly IncidentGroup[]
  /** The line that says how to see more of a DaemonSet, `namespace/name`. */
  readonly more: (daemonSet: string) => string
}

/** The counts, then each incident with its first advice, then each wrong status. */
function scanText(snapshot: Snapshot, found: Found, terminal: Terminal): readonly string[] {
  const { diagnoses, incidents } = found
  const wrongStatus = diagnoses.filter(hasWrongStatus)
  const readAt = `${counted(snapshot.nodes.length, 'node')}, read at ${plainTime(snapshot.takenAt)}.`
  return [
    ...styledLines(wrapped([summary(diagnoses)], terminal), 'bold', terminal),
    ...styledLines(wrapped([readAt], terminal), 'dim', terminal),
    ...incidents.flatMap((incident, index) => incidentText(incident, index, found, terminal)),
    ...wrongStatusText(wrongStatus, terminal),
    ...listText(
      'Could not be read',
      snapshot.unreadable.map(({ resource, reason }) => words`${code(resource)}: ${reason}`),
      terminal,
    ),
  ]
}

function summary(diagnoses: readonly Diagnosis[]): string {
  const misscheduled = diagnoses.filter(isMisscheduled).length
  const wrongStatus = diagnoses.filter(hasWrongStatus).length
  const all = counted(diagnoses.length, 'DaemonSet')
  if (misscheduled + wrongStatus === 0)
    return `${all}: none is misscheduled, and every status is correct.`
  const verb = misscheduled > 1 ? 'are' : 'is'
  const status =
    wrongStatus === 0 ? '' : `, ${wrongStatus} ${wrongStatus > 1 ? 'have' : 'has'} a wrong status`
  return `${all}: ${misscheduled || 'none'} ${verb} misscheduled${status}.`
}

function incidentText(
  { daemonSets, headline }: IncidentGroup,
  index: number,
  { diagnoses, more }: Found,
  terminal: Terminal,
): readonly string[] {
  const members = diagnoses.filter(({ namespace, name }) =>
    daemonSets.includes(`${namespace}/${name}`),
  )
  const { table, now, why } = explain(members)
  const first = now.find(({ remedy }) => remedy.recommended)
  const [one = ''] = daemonSets
  return [
    '',
    ...styledLines(wrapped(headline, terminal, `${index + 1}. `), 'bold', terminal),
    ...(why.length > 0 ? wrapped(why, terminal, '   ') : []),
    ...tableText(
      members.length > 1 ? table : { ...table, header: [one, table.header[1]] },
      terminal,
    ),
    ...(first ? ['', ...adviceText({ ...first, daemonSets: [] }, terminal)] : []),
    styled(`    ${more(one)}`, 'dim', terminal),
  ]
}

function wrongStatusText(wrong: readonly Diagnosis[], terminal: Terminal): readonly string[] {
  if (wrong.length === 0) return []
  const rows = wrong.map(({ namespace, name, status, recount }): readonly [Words, Words] => [
    [`${namespace}/${name}`],
    [differenceText(status ?? {}, recount)],
  ])
  const table = tableText({ header: ['DaemonSet', 'Status'], rows, more: 0 }, terminal)
  return [...heading('Wrong status', terminal), ...table.slice(1)]
}
