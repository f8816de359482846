import sql, { empty, type Sql } from 'sql-template-tag'
import * as z from 'zod'
import { hintStatements } from './save-hints.ts'
import { assignments, type SqlDatabase } from './sql-database.ts'
import type { AlertChange, AlertKey, AlertRow, Store } from './store.ts'

/** Labels and links are stored as JSON. */
type StoredAlert = Omit<AlertRow, 'labels' | 'links'> & {
  readonly labels: string
  readonly links: string
}

const Labels = z.record(z.string(), z.string())
const Links = z.object({ graph: z.string().optional(), runbook: z.string().optional() })

/** The methods of the store on the tables `alert` and `fingerprint`. */
export function alertMethods(
  database: SqlDatabase,
): Pick<Store, 'saveHints' | 'openAlerts' | 'changeAlerts'> {
  return {
    async saveHints(hints, now) {
      if (hints.length > 0) await database.write(hintStatements(hints, now))
    },
    async openAlerts(cluster) {
      const rows = await database.read<StoredAlert>(
        sql`select * from alert where cluster = ${cluster} and closed is null order by "firstSeen", namespace, daemonset`,
      )
      return rows.map((row) => ({
        ...row,
        labels: Labels.parse(JSON.parse(row.labels)),
        links: Links.parse(JSON.parse(row.links)),
      }))
    },
    async changeAlerts(changes) {
      const queries = changes.flatMap(({ alert, change }) => {
        const isAlert = keyCondition(alert)
        return [
          alertUpdate(isAlert, change),
          ...(change.state === 'absent' || change.closed ? [seriesUpdate(isAlert)] : []),
        ]
      })
      if (queries.length > 0) await database.write(queries)
    },
  }
}

function keyCondition({ cluster, alertname, namespace, daemonset }: AlertKey): Sql {
  return sql`cluster = ${cluster} and alertname = ${alertname} and namespace = ${namespace} and daemonset = ${daemonset}`
}

/** Does not close an alert that has started to fire again. */
function alertUpdate(isAlert: Sql, change: AlertChange): Sql {
  const isStillAbsent =
    change.closed && change.state === undefined ? sql`and state = 'absent'` : empty
  return sql`update alert set ${assignments(change)} where ${isAlert} ${isStillAbsent}`
}

/** Resolves the series of an absent alert, also those for which no resolved webhook came. */
function seriesUpdate(isAlert: Sql): Sql {
  return sql`update fingerprint set "resolvedAt" = ${new Date().toISOString()}, "endsAt" = ''
    where ${isAlert} and "resolvedAt" is null and exists (select 1 from alert where ${isAlert} and state = 'absent')`
}
