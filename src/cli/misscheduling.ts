import type { Diagnosis } from '../triage/diagnosis.ts'

export function isMisscheduled({ recount }: Diagnosis): boolean {
  return recount.numberMisscheduled > 0
}

/**
 * Whether `status` says other than our own count of where pods should run and do. Readiness is left out: it moves between two reads.
 * A DaemonSet whose status was never written is not at odds with it.
 */
export function statusDisagrees({ status, recount }: Diagnosis): boolean {
  if (!status || Object.keys(status).length === 0) return false
  return FIELDS.some((field) => (status[field] ?? 0) !== recount[field])
}

const FIELDS = ['desiredNumberScheduled', 'currentNumberScheduled', 'numberMisscheduled'] as const
