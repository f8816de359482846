import type { AlertKey, AlertRow } from './store.ts'

export type StoredAlert = Omit<AlertRow, 'labels' | 'fingerprints'> & {
  /** JSON. */
  readonly labels: string
}

/** One series of an alert: the same DaemonSet has several while kube-state-metrics moves, or where it runs in shards. */
export interface Series extends AlertKey {
  readonly fingerprint: string
  readonly startsAt: string
  /** Empty where the sender did not say; null while it fires. */
  readonly endsAt: string | null
  /** When we learned that it is resolved, by our clock; null while it fires. */
  readonly resolvedAt: string | null
}

/** Creates what is missing; each statement may run again. The partial indexes are what makes an incident and a press unique. */
export const createTables: readonly string[] = [
  `create table if not exists alert (
  cluster text not null,
  alertname text not null,
  namespace text not null,
  daemonset text not null,
  state text not null,
  "firstSeen" text not null,
  "lastSeen" text not null,
  "startsAt" text not null,
  labels text not null,
  incident text,
  "absentPolls" integer not null,
  closed text,
  primary key (cluster, alertname, namespace, daemonset)
)`,
  `create index if not exists alert_open on alert (cluster) where closed is null`,
  `create table if not exists fingerprint (
  cluster text not null,
  alertname text not null,
  namespace text not null,
  daemonset text not null,
  fingerprint text not null,
  "startsAt" text not null,
  "endsAt" text,
  "resolvedAt" text,
  primary key (cluster, alertname, namespace, daemonset, fingerprint)
)`,
  `create table if not exists incident (
  id text not null primary key,
  cluster text not null,
  channel text not null,
  root text not null,
  ts text,
  posting text,
  rev integer not null,
  hash text,
  observation text,
  opened text not null,
  closed text
)`,
  `create unique index if not exists incident_open on incident (cluster, channel, root) where closed is null`,
  `create index if not exists incident_closed on incident (cluster, channel, root, closed)`,
  `create table if not exists action (
  id text not null primary key,
  incident text not null,
  intent text not null,
  parameters text not null,
  who text not null,
  at text not null,
  state text not null,
  outcome text,
  undo text,
  deadline text not null
)`,
  `create unique index if not exists action_held on action (incident, intent) where state in ('running', 'active')`,
  `create index if not exists action_incident on action (incident)`,
  `create table if not exists lease (
  name text not null primary key,
  holder text not null,
  expires real not null
)`,
  `create table if not exists probe (
  id integer not null primary key,
  at text not null
)`,
]
