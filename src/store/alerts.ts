import type { CompiledQuery } from 'kysely'
import { savingOf } from './save-hints.ts'
import type { SqlDatabase } from './sql-database.ts'
import type { AlertChange, AlertKey, AlertRow, Store } from './store.ts'
import { type FingerprintRow, sqlite, type Tables } from './tables.ts'

type Alerts = Pick<Store, 'saveHints' | 'openAlerts' | 'changeAlert'>

export function alerts(database: SqlDatabase): Alerts {
  return {
    async saveHints(hints, now) {
      if (hints.length > 0) await database.write(savingOf(hints, now))
    },
    async openAlerts(cluster) {
      const open = sqlite.selectFrom('alert').selectAll().where('cluster', '=', cluster).where('closed', 'is', null)
      const rows = await database.read<Tables['alert']>(
        open.orderBy('firstSeen').orderBy('namespace').orderBy('daemonset').compile(),
      )
      return withSeries(rows, await database.read<FingerprintRow>(seriesOfOpen(cluster)))
    },
    async changeAlert(key, change) {
      await database.write([changing(key, change), ...(change.state === 'absent' || change.closed ? [resolvingSeries(key)] : [])])
    },
  }
}

function seriesOfOpen(cluster: string): CompiledQuery {
  return sqlite
    .selectFrom('fingerprint')
    .innerJoin('alert', (join) =>
      join
        .onRef('alert.cluster', '=', 'fingerprint.cluster')
        .onRef('alert.alertname', '=', 'fingerprint.alertname')
        .onRef('alert.namespace', '=', 'fingerprint.namespace')
        .onRef('alert.daemonset', '=', 'fingerprint.daemonset'),
    )
    .selectAll('fingerprint')
    .where('alert.cluster', '=', cluster)
    .where('alert.closed', 'is', null)
    .compile()
}

/** One that fires again since the caller looked is not closed. */
function changing(key: AlertKey, change: AlertChange): CompiledQuery {
  const update = sqlite
    .updateTable('alert')
    .set(change)
    .where('cluster', '=', key.cluster)
    .where('alertname', '=', key.alertname)
    .where('namespace', '=', key.namespace)
    .where('daemonset', '=', key.daemonset)
  return (change.closed && change.state === undefined ? update.where('state', '=', 'absent') : update).compile()
}

/** Where the alert is absent, no series of it fires any more, also those that nobody said were resolved. */
function resolvingSeries(key: AlertKey): CompiledQuery {
  return sqlite
    .updateTable('fingerprint')
    .set({ resolvedAt: new Date().toISOString(), endsAt: '' })
    .where('cluster', '=', key.cluster)
    .where('alertname', '=', key.alertname)
    .where('namespace', '=', key.namespace)
    .where('daemonset', '=', key.daemonset)
    .where('resolvedAt', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('alert')
          .select('alert.state')
          .whereRef('alert.cluster', '=', 'fingerprint.cluster')
          .whereRef('alert.alertname', '=', 'fingerprint.alertname')
          .whereRef('alert.namespace', '=', 'fingerprint.namespace')
          .whereRef('alert.daemonset', '=', 'fingerprint.daemonset')
          .where('alert.state', '=', 'absent'),
      ),
    )
    .compile()
}

function withSeries(rows: readonly Tables['alert'][], series: readonly FingerprintRow[]): AlertRow[] {
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
