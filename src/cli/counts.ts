import type { Count } from '../daemonset/recount.ts'
import type { DaemonSetStatus } from '../kubernetes/objects.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'

const FIELDS = [
  ['desiredNumberScheduled', 'desired'],
  ['currentNumberScheduled', 'current'],
  ['numberMisscheduled', 'misscheduled'],
  ['numberReady', 'ready'],
  ['numberAvailable', 'available'],
] as const

type Field = (typeof FIELDS)[number]

/** `desired 2, current 2, misscheduled 1, …`. */
export function countText(count: Count): string {
  return FIELDS.map(([field, title]) => `${title} ${count[field]}`).join(', ')
}

/** The counts of status, compared with the recount: `desired 2, misscheduled 1 (should be 0), …`. */
export function comparedText(status: DaemonSetStatus, recount: Count): string {
  return FIELDS.map((field) => compared(field, status, recount)).join(', ')
}

/** The counts in which status differs from the recount: `misscheduled 1 (should be 0)`. */
export function differenceText(status: DaemonSetStatus, recount: Count): string {
  return FIELDS.filter(([field]) => (status[field] ?? 0) !== recount[field])
    .map((field) => compared(field, status, recount))
    .join(', ')
}

/** The API leaves counts of zero out of its JSON. */
function compared([field, title]: Field, status: DaemonSetStatus, recount: Count): string {
  const shown = status[field] ?? 0
  return `${title} ${shown}${shown === recount[field] ? '' : ` (should be ${recount[field]})`}`
}

/** Judged by the recount; status may be stale. */
export function isMisscheduled({ recount }: Diagnosis): boolean {
  return recount.numberMisscheduled > 0
}

/**
 * Whether status differs from the recount in where pods should run and do. Readiness is left out:
 * it changes between two reads. A status that was never written does not count as wrong.
 */
export function hasWrongStatus({ status, recount }: Diagnosis): boolean {
  if (!status || Object.keys(status).length === 0) return false
  const placement = ['desiredNumberScheduled', 'currentNumberScheduled', 'numberMisscheduled']
  return FIELDS.some(
    ([field]) => placement.includes(field) && (status[field] ?? 0) !== recount[field],
  )
}
