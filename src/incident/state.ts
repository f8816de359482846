import type { Snapshot } from '../kubernetes/objects.ts'
import type { IncidentState } from '../slack/view.ts'
import type { AlertRow, IncidentRow } from '../store/store.ts'
import type { Diagnosis } from '../triage/findings/finding.ts'
import type { CountHistory } from './message/history.ts'
import type { Companion } from './message/related-alerts.ts'
import { incidentState } from './witness.ts'

/** What a round found out about one incident. Stored with it as JSON, so that a click renders and acts without reading the cluster anew. */
export interface Seen {
  readonly state: IncidentState
  /** RFC 3339: the earliest `startsAt` of its alerts. */
  readonly since: string
  /** RFC 3339; set once it is closed. */
  readonly closed?: string
  readonly alerts: readonly {
    readonly namespace: string
    readonly name: string
    readonly firing: boolean
    readonly labels: Readonly<Record<string, string>>
  }[]
  readonly diagnoses: readonly Diagnosis[]
  /** Why the cluster could not be read; the diagnoses are then those of the last round that could. */
  readonly unreadable?: string
  /** What the thread has been told, so that each turn is told once. */
  readonly told?: Told
  /** RFC 3339: the last reply that was also sent to the channel. */
  readonly lastBroadcast?: string
  /** Other alerts that fire for the same nodes and DaemonSets. */
  readonly companions?: readonly Companion[]
  readonly history?: CountHistory
}

/** What the last round saw; undefined where there was none. */
export function seenOf(row: Pick<IncidentRow, 'view'>): Seen | undefined {
  return row.view === null ? undefined : (JSON.parse(row.view) as Seen)
}

/** The last state of affairs that the thread has heard of. */
export interface Told {
  readonly state: IncidentState
  /** Ids of the findings. */
  readonly causes: readonly string[]
  /** As many misscheduled nodes as it last heard of; growth is measured from here. */
  readonly nodes: number
}

/** What the cluster said in this round: the snapshot's judgement of each DaemonSet, or why there is none. */
export type Reading =
  | {
      readonly readable: true
      readonly diagnosis: (namespace: string, name: string) => Diagnosis | undefined
    }
  | {
      readonly readable: false
      readonly reason: string
      readonly diagnosis: (namespace: string, name: string) => Diagnosis | undefined
    }

/** Lists without which no count can be trusted. */
const vital = ['nodes', 'daemonsets', 'pods']

/** Why this snapshot cannot bear a verdict, in words; undefined where it can. */
export function blindness(snapshot: Snapshot): string | undefined {
  const missing = snapshot.unreadable.filter(({ resource }) => vital.includes(resource))
  return missing.length === 0
    ? undefined
    : missing.map(({ resource, reason }) => `${resource}: ${reason}`).join('; ')
}

/** The count holds while the re-count or the status is above 0: a stale status keeps the alert firing just as well. */
export function holds(diagnosis: Diagnosis): boolean {
  return diagnosis.recount.numberMisscheduled > 0 || (diagnosis.status?.numberMisscheduled ?? 0) > 0
}

/** One incident as this round sees it. `last` serves where the cluster is unreadable now. */
export function see(alerts: readonly AlertRow[], reading: Reading, last: Seen | undefined): Seen {
  const sorted = [...alerts].sort((a, b) =>
    `${a.namespace}/${a.daemonset}` < `${b.namespace}/${b.daemonset}` ? -1 : 1,
  )
  const diagnosisOf = (namespace: string, name: string): Diagnosis | undefined =>
    (reading.readable
      ? undefined
      : last?.diagnoses.find((one) => one.namespace === namespace && one.name === name)) ??
    reading.diagnosis(namespace, name)
  const diagnoses = sorted.flatMap((alert) => diagnosisOf(alert.namespace, alert.daemonset) ?? [])
  const testimonies = sorted.map((alert) => {
    const diagnosis = reading.readable
      ? reading.diagnosis(alert.namespace, alert.daemonset)
      : undefined
    return { alert: alert.state, holds: diagnosis && holds(diagnosis) }
  })
  return {
    state: incidentState(testimonies),
    since: sorted.map((alert) => alert.startsAt).sort()[0] ?? '',
    alerts: sorted.map((alert) => ({
      namespace: alert.namespace,
      name: alert.daemonset,
      firing: alert.state === 'firing',
      labels: alert.labels,
    })),
    diagnoses,
    ...(reading.readable ? {} : { unreadable: reading.reason }),
    ...(last?.told ? { told: last.told } : {}),
    ...(last?.lastBroadcast ? { lastBroadcast: last.lastBroadcast } : {}),
  }
}

/** Names of all misscheduled nodes of the incident, each once, sorted. */
export function misscheduledNodes({ diagnoses }: Pick<Seen, 'diagnoses'>): string[] {
  const names = diagnoses.flatMap(({ nodes }) =>
    nodes.filter(({ misscheduled }) => misscheduled).map(({ name }) => name),
  )
  return [...new Set(names)].sort()
}
