import sql, { raw, type Sql } from 'sql-template-tag'
import { actionMethods } from './actions.ts'
import { alertMethods } from './alerts.ts'
import { incidentMethods } from './incidents.ts'
import type { SqlDatabase } from './sql-database.ts'
import type { Store } from './store.ts'

/** Seconds since 1970 by the clock of the database, which replicas share. */
const databaseSeconds = raw("((julianday('now') - 2440587.5) * 86400.0)")

/** The store on a database with SQLite's SQL. */
export function sqlStore(database: SqlDatabase): Store {
  return {
    async migrate() {
      // A database prepares its tables at the first use.
      await database.read(sql`select 1`)
    },
    async probe() {
      const now = new Date().toISOString()
      await database.write([
        sql`insert into probe (id, at) values (1, ${now}) on conflict (id) do update set at = excluded.at`,
      ])
    },
    close: () => database.close(),
    ...alertMethods(database),
    ...incidentMethods(database),
    ...actionMethods(database),

    async acquireLease(name, holder, seconds) {
      const [lease] = await database.write([
        sql`insert into lease (name, holder, expires) values (${name}, ${holder}, ${databaseSeconds} + ${seconds})
          on conflict (name) do update set holder = excluded.holder, expires = excluded.expires
          where lease.holder = excluded.holder or lease.expires <= ${databaseSeconds}
            or lease.expires > ${databaseSeconds} + ${2 * seconds}
          returning holder`,
      ])
      return lease !== undefined
    },
    async releaseLease(name, holder) {
      await database.write([sql`delete from lease where name = ${name} and holder = ${holder}`])
    },
    async forget(closedBefore) {
      await database.write(deletions(closedBefore))
    },
  }
}

function deletions(closedBefore: string): Sql[] {
  return [
    sql`delete from action where incident in (select id from incident where closed < ${closedBefore})`,
    sql`delete from incident where closed < ${closedBefore}`,
    sql`delete from alert where closed < ${closedBefore}`,
    // A series whose resolved webhook came first has no alert.
    sql`delete from fingerprint where "resolvedAt" < ${closedBefore} and not exists (
      select 1 from alert
      where alert.cluster = fingerprint.cluster and alert.alertname = fingerprint.alertname
        and alert.namespace = fingerprint.namespace and alert.daemonset = fingerprint.daemonset)`,
  ]
}
