import type { Diagnosis } from '../triage/finding.ts'
import { code, type Words, words } from '../triage/words.ts'
import { heading } from './explanation-text.ts'
import { styled, type Terminal, wrapped } from './terminal.ts'

/** `status` beside our own count, and whose object it is. */
export function countsText({ status, recount, owner, exists }: Diagnosis, terminal: Terminal): readonly string[] {
  if (!exists) return []
  const rows = COUNTS.map(([field, title]) => ({
    title,
    seen: status?.[field] ?? (status ? 0 : undefined),
    counted: recount[field],
  }))
  const line = (label: string, value: (row: (typeof rows)[number]) => number | undefined) =>
    `  ${label}  ${rows.map((row) => `${row.title} ${value(row) ?? '?'}`).join(' · ')}`
  const agree = rows.every(({ seen, counted }) => seen === counted)
  return [
    ...heading('Count', terminal),
    line('status  ', ({ seen }) => seen),
    ...(agree
      ? []
      : [
          styled(
            line('in truth', ({ counted }) => counted),
            'yellow',
            terminal,
          ),
        ]),
    ...heading('Owner', terminal),
    ...wrapped(ownerWords(owner), terminal, '  '),
  ]
}

const COUNTS = [
  ['desiredNumberScheduled', 'desired'],
  ['currentNumberScheduled', 'current'],
  ['numberMisscheduled', 'misscheduled'],
  ['numberReady', 'ready'],
  ['numberAvailable', 'available'],
] as const

function ownerWords({ kind, name, revert, fix }: Diagnosis['owner']): Words {
  const sentences = [revert, fix].filter((sentence) => sentence !== '').join(' ')
  return name ? words`${kind} ${code(name)}. ${sentences}` : words`${kind}. ${sentences}`
}
