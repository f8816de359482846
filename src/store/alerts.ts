import sql, { empty, type Sql } from 'sql-template-tag'
import { savingOf } from './save-hints.ts'
import { assignments, type SqlDatabase } from './sql-database.ts'
import type { AlertChange, AlertKey, AlertRow, Store } from './store.ts'
import type { Series, StoredAlert } from './tables.ts'

type Alerts = Pick<Store, 'saveHints' | 'openAlerts' | 'changeAlerts'>

export function alerts(database: SqlDatabase): Alerts {
  return {
    async saveHints(hints, now) {
      if (hints.length > 0) await database.write(savingOf(hints, now))
    },
    async openAlerts(cluster) {
      const rows = await database.read<StoredAlert>(
        sql`select * from alert where cluster = ${cluster} and closed is null order by "firstSeen", namespace, daemonset`,
      )
      const series = await database.read<Series>(
        sql`select fingerprint.* from fingerprint join alert using (cluster, alertname, namespace, daemonset)
          where alert.cluster = ${cluster} and alert.closed is null`,
      )
      return withSeries(rows, series)
    },
    async changeAlerts(changes) {
      const queries = changes.flatMap(({ alert, change }) => {
        const key = sameKey(alert)
        return [
          changing(key, change),
          ...(change.state === 'absent' || change.closed ? [resolvingSeries(key)] : []),
        ]
      })
      if (queries.length > 0) await database.write(queries)
    },
  }
}

function sameKey({ cluster, alertname, namespace, daemonset }: AlertKey): Sql {
  return sql`cluster = ${cluster} and alertname = ${alertname} and namespace = ${namespace} and daemonset = ${daemonset}`
}

/** One that fires again since the caller looked is not closed. */
function changing(key: Sql, change: AlertChange): Sql {
  const still = change.closed && change.state === undefined ? sql`and state = 'absent'` : empty
  return sql`update alert set ${assignments(change)} where ${key} ${still}`
}

/** Where the alert is absent, no series of it fires any more, also those that nobody said were resolved. */
function resolvingSeries(key: Sql): Sql {
  return sql`update fingerprint set "resolvedAt" = ${new Date().toISOString()}, "endsAt" = ''
    where ${key} and "resolvedAt" is null and exists (select 1 from alert where ${key} and state = 'absent')`
}

function withSeries(rows: readonly StoredAlert[], series: readonly Series[]): AlertRow[] {
  const byAlert = Map.groupBy(series, textKey)
  return rows.map((row) => ({
    ...row,
    labels: JSON.parse(row.labels) as Record<string, string>,
    fingerprints: Object.fromEntries(
      (byAlert.get(textKey(row)) ?? []).map(({ fingerprint, startsAt, resolvedAt }) => [
        fingerprint,
        { startsAt, resolved: resolvedAt !== null },
      ]),
    ),
  }))
}

function textKey({ cluster, alertname, namespace, daemonset }: AlertKey): string {
  return JSON.stringify([cluster, alertname, namespace, daemonset])
}
