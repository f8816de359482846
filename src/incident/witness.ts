import type { IncidentState } from '../slack/view.ts'

/** What the two witnesses say of one DaemonSet. */
export interface Evidence {
  readonly alert: 'firing' | 'absent'
  /** Does the count hold: re-count or status above 0? undefined: the cluster could not be read. */
  readonly holds: boolean | undefined
}

/**
 * Weighs Alertmanager against the cluster. Alertmanager clears alerts that still hold (kube-state-metrics or Prometheus restarted) and
 * keeps ones that do not, so neither alone opens or closes anything; with the cluster unreadable nothing closes.
 */
export function incidentState(evidence: readonly Evidence[]): IncidentState {
  const states = evidence.map(state)
  return order.find((candidate) => states.includes(candidate)) ?? 'closed'
}

const order: readonly IncidentState[] = ['open', 'unreadable', 'cleared', 'fixed', 'closed']

function state({ alert, holds }: Evidence): IncidentState {
  if (holds === undefined) return 'unreadable'
  if (alert === 'firing') return holds ? 'open' : 'fixed'
  return holds ? 'cleared' : 'closed'
}
