import type { Snapshot } from '../kubernetes/objects.ts'
import type { IncidentState } from '../slack/view.ts'
import type { AlertRow, IncidentRow } from '../store/store.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import { incidentState } from './witness.ts'

/** What a round found out about one incident. Stored with it as JSON, so that a click renders and acts without reading the cluster anew. */
export interface Observation {
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
  /** What the thread has been posted, so that each turn is posted once. */
  readonly posted?: Posted
  /** RFC 3339: the last reply that was also sent to the channel. */
  readonly lastBroadcast?: string
  /** Other alerts that fire for the same nodes and DaemonSets. */
  readonly relatedAlerts?: readonly RelatedAlert[]
  readonly history?: CountHistory
}

/** What the last round saw; undefined where there was none. */
export function observationOf(row: Pick<IncidentRow, 'observation'>): Observation | undefined {
  return row.observation === null ? undefined : (JSON.parse(row.observation) as Observation)
}

/** The last state of affairs that the thread has heard of. */
export interface Posted {
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
export function whyUnreadable(snapshot: Snapshot): string | undefined {
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
export function observe(
  alerts: readonly AlertRow[],
  reading: Reading,
  last: Observation | undefined,
): Observation {
  const sorted = [...alerts].sort((a, b) =>
    `${a.namespace}/${a.daemonset}` < `${b.namespace}/${b.daemonset}` ? -1 : 1,
  )
  const diagnosisOf = (namespace: string, name: string): Diagnosis | undefined =>
    (reading.readable
      ? undefined
      : last?.diagnoses.find((one) => one.namespace === namespace && one.name === name)) ??
    reading.diagnosis(namespace, name)
  const diagnoses = sorted.flatMap((alert) => diagnosisOf(alert.namespace, alert.daemonset) ?? [])
  const evidence = sorted.map((alert) => {
    const diagnosis = reading.readable
      ? reading.diagnosis(alert.namespace, alert.daemonset)
      : undefined
    return { alert: alert.state, holds: diagnosis && holds(diagnosis) }
  })
  return {
    state: incidentState(evidence),
    since: sorted.map((alert) => alert.startsAt).sort()[0] ?? '',
    alerts: sorted.map((alert) => ({
      namespace: alert.namespace,
      name: alert.daemonset,
      firing: alert.state === 'firing',
      labels: alert.labels,
    })),
    diagnoses,
    ...(reading.readable ? {} : { unreadable: reading.reason }),
    ...(last?.posted ? { posted: last.posted } : {}),
    ...(last?.lastBroadcast ? { lastBroadcast: last.lastBroadcast } : {}),
  }
}

/** Names of all misscheduled nodes of the incident, each once, sorted. */
export function misscheduledNodes({ diagnoses }: Pick<Observation, 'diagnoses'>): string[] {
  const names = diagnoses.flatMap(({ nodes }) =>
    nodes.filter(({ misscheduled }) => misscheduled).map(({ name }) => name),
  )
  return [...new Set(names)].sort()
}
/** How the count of one DaemonSet of the incident has moved. It stays as it is for a quarter of an hour, and so do the message's bytes. */
export interface CountHistory {
  /** RFC 3339: the end of the window, a whole quarter of an hour. */
  readonly until: string
  /** `namespace/name`. */
  readonly daemonSet: string
  /** The re-count when it was asked for: another one asks anew. */
  readonly count: number
  /** The highest count in each quarter of an hour, oldest first; null where there was no sample. Empty: Prometheus did not say. */
  readonly counts: readonly (number | null)[]
}
/** Another alert that fires for a node or a DaemonSet of the incident. */
export interface RelatedAlert {
  readonly alertname: string
  /** The node's name, or the DaemonSet's as `namespace/name`. */
  readonly subject: string
}
