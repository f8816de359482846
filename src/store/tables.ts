/**
 * Creates the tables that are missing; running it again changes nothing. The partial unique indexes
 * allow one open incident for each root, and one running or active action for each intent.
 *
 * `fingerprint` has the series of an alert. There are several while kube-state-metrics moves to
 * another pod, and if it is sharded. `endsAt` is empty if the sender gave none; `resolvedAt` is the
 * time by the bot's clock at which the resolved webhook came. Both are null while the series fires.
 */
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
  links text not null,
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
  `create index if not exists action_followed on action (incident) where state in ('running', 'active') or undo is not null`,
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

/** Columns that the tables of earlier versions lack. */
const laterColumns = [
  { table: 'incident', column: 'observation', definition: 'text' },
  { table: 'alert', column: 'links', definition: "text not null default '{}'" },
] as const

/** Prints the columns of a table, a row with its `name` for each. */
export function columnsQuery(table: string): string {
  return `select name from pragma_table_info('${table}')`
}

/**
 * What brings the tables of an earlier version up to date; empty if nothing is missing. `columnsOf`
 * gives the names of a table's columns.
 */
export function upgrades(columnsOf: (table: string) => readonly string[]): readonly string[] {
  return laterColumns
    .filter(({ table, column }) => !columnsOf(table).includes(column))
    .map(
      ({ table, column, definition }) =>
        `alter table ${table} add column "${column}" ${definition}`,
    )
}

/** The tables that may have to be brought up to date. */
export const upgradedTables: readonly string[] = [
  ...new Set(laterColumns.map(({ table }) => table)),
]
