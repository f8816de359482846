import type { Count } from '../daemonset/recount.ts'
import type { DaemonSetStatus } from '../kubernetes/objects.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import { code, type Words, words } from '../words/words.ts'
import { heading } from './explanation-text.ts'
import { styled, type Terminal, wrapped } from './terminal.ts'

/** `status` beside our own count, and whose object it is. */
export function countsText(
  { status, recount, owner, exists }: Diagnosis,
  terminal: Terminal,
): readonly string[] {
  if (!exists) return []
  const said = status ? countText(status) : 'not written yet'
  const counted = countText(recount)
  return [
    ...heading('Count', terminal),
    `  status    ${said}`,
    ...(said === counted ? [] : [styled(`  in truth  ${counted}`, 'yellow', terminal)]),
    ...heading('Owner', terminal),
    ...wrapped(ownerWords(owner), terminal, '  '),
  ]
}

/** Zero counts are left out of the API's JSON. */
export function countText(count: Count | DaemonSetStatus): string {
  return FIELDS.map(([field, title]) => `${title} ${count[field] ?? 0}`).join(', ')
}

/** The counts in which status differs from our own, e.g. `misscheduled 1, in truth 0`. */
export function differences(status: DaemonSetStatus, count: Count): string {
  const different = FIELDS.filter(([field]) => (status[field] ?? 0) !== count[field])
  return different
    .map(([field, title]) => `${title} ${status[field] ?? 0}, in truth ${count[field]}`)
    .join('; ')
}

const FIELDS = [
  ['desiredNumberScheduled', 'desired'],
  ['currentNumberScheduled', 'current'],
  ['numberMisscheduled', 'misscheduled'],
  ['numberReady', 'ready'],
  ['numberAvailable', 'available'],
] as const

function ownerWords({ kind, name, revert, fix }: Diagnosis['owner']): Words {
  const sentences = [revert, fix].filter((sentence) => sentence !== '').join(' ')
  if (kind === 'none') return [sentences]
  return name ? words`${kind} ${code(name)}. ${sentences}` : words`${kind}. ${sentences}`
}
