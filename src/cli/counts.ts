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

/** `desired 2, current 2, misscheduled 1, …`. The API leaves counts of zero out of its JSON. */
export function countText(count: Count | DaemonSetStatus): string {
  return FIELDS.map(([field, title]) => `${title} ${count[field] ?? 0}`).join(', ')
}

/** The counts in which status differs from the recount: `misscheduled 1 (actual 0)`. */
export function differenceText(status: DaemonSetStatus, recount: Count): string {
  return FIELDS.filter(([field]) => (status[field] ?? 0) !== recount[field])
    .map(([field, title]) => `${title} ${status[field] ?? 0} (actual ${recount[field]})`)
    .join(', ')
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
