import type { Snapshot } from '../kubernetes/objects.ts'
import type { Diagnosis, IncidentGroup } from '../triage/diagnosis.ts'
import { explain } from '../triage/explain.ts'
import { code, plainTime, type Words, words } from '../words/words.ts'
import { differences } from './counts-text.ts'
import { adviceText, heading, tableText } from './explanation-text.ts'
import { isMisscheduled, statusDisagrees } from './misscheduling.ts'
import { styled, type Terminal, wrapped } from './terminal.ts'

export interface Scan {
  readonly snapshot: Snapshot
  readonly asked: readonly Diagnosis[]
  readonly noteworthy: readonly Diagnosis[]
  readonly incidents: readonly IncidentGroup[]
}

/** A scan as a person reads it: how many, then each root cause with its DaemonSets and the first answer, then counts that are not true. */
export function scanText(
  { snapshot, asked, noteworthy, incidents }: Scan,
  terminal: Terminal,
): readonly string[] {
  const wrong = asked.filter(isMisscheduled)
  const stale = asked.filter(statusDisagrees)
  return [
    ...wrapped(summary(asked, wrong, stale), terminal).map((line) =>
      styled(line, 'bold', terminal),
    ),
    ...wrapped(
      [`${snapshot.nodes.length} nodes, seen ${plainTime(snapshot.takenAt)}.`],
      terminal,
    ).map((line) => styled(line, 'dim', terminal)),
    ...incidents.flatMap((incident, index) => incidentText(incident, index, noteworthy, terminal)),
    ...staleText(stale, terminal),
    ...unreadableText(snapshot, terminal),
  ]
}

function summary(
  asked: readonly Diagnosis[],
  wrong: readonly Diagnosis[],
  stale: readonly Diagnosis[],
): Words {
  const all = `${asked.length} ${asked.length === 1 ? 'DaemonSet' : 'DaemonSets'}`
  if (wrong.length + stale.length === 0)
    return [`${all}: none is misscheduled, and every status is true.`]
  const untrue =
    stale.length > 0
      ? `, ${stale.length} ${stale.length === 1 ? 'has a status that is' : 'have a status that is'} not true`
      : ''
  return [
    `${all}: ${wrong.length === 0 ? 'none is' : `${wrong.length} ${wrong.length === 1 ? 'is' : 'are'}`} misscheduled${untrue}.`,
  ]
}

function incidentText(
  { daemonSets, headline }: IncidentGroup,
  index: number,
  diagnoses: readonly Diagnosis[],
  terminal: Terminal,
): readonly string[] {
  const members = diagnoses.filter(({ namespace, name }) =>
    daemonSets.includes(`${namespace}/${name}`),
  )
  const { table, now, why } = explain(members)
  const first = now.filter(({ remedy }) => remedy.recommended).slice(0, 1)
  const [one = ''] = daemonSets
  return [
    '',
    ...wrapped(headline, terminal, `${index + 1}. `).map((line) => styled(line, 'bold', terminal)),
    ...(why.length > 0 ? wrapped(why, terminal, '   ') : []),
    ...tableText(
      members.length > 1 ? table : { ...table, header: [one, table.header[1]] },
      terminal,
    ),
    ...(first.length > 0
      ? ['', ...first.flatMap((advice) => adviceText({ ...advice, daemonSets: [] }, terminal))]
      : []),
    styled(`    More: daemonset-triage explain ${one}`, 'dim', terminal),
  ]
}

function staleText(stale: readonly Diagnosis[], terminal: Terminal): readonly string[] {
  const rows = stale.map(({ namespace, name, status, recount }): readonly [Words, Words] => [
    [`${namespace}/${name}`],
    [differences(status ?? {}, recount)],
  ])
  return rows.length === 0
    ? []
    : [
        ...heading('Status that is not true', terminal),
        ...tableText({ header: ['DaemonSet', 'Status says'], rows, more: 0 }, terminal).slice(1),
      ]
}

function unreadableText({ unreadable }: Snapshot, terminal: Terminal): readonly string[] {
  if (unreadable.length === 0) return []
  return [
    ...heading('What could not be seen', terminal),
    ...unreadable.flatMap(({ resource, reason }) =>
      wrapped(words`${code(resource)}: ${reason}`, terminal, '  - '),
    ),
  ]
}
