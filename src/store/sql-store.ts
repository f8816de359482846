import { type CompiledQuery, sql } from 'kysely'
import { actions } from './actions.ts'
import { alerts } from './alerts.ts'
import { incidents } from './incidents.ts'
import type { SqlDatabase } from './sql-database.ts'
import type { Store } from './store.ts'
import { createTables, sqlite } from './tables.ts'

/** Seconds since 1970 by the database's clock, which all replicas share. */
const databaseTime = sql<number>`((julianday('now') - 2440587.5) * 86400.0)`

/** The store on any database that speaks SQLite's SQL. */
export function sqlStore(database: SqlDatabase): Store {
  return {
    async migrate() {
      await database.write(createTables.map((statement) => sql.raw(statement).compile(sqlite)))
    },
    async probe() {
      const row = { id: 1, at: new Date().toISOString() }
      await database.write([
        sqlite
          .insertInto('probe')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ at: row.at }))
          .compile(),
      ])
    },
    close: () => database.close(),
    ...alerts(database),
    ...incidents(database),
    ...actions(database),

    async acquireLease(name, holder, seconds) {
      const [lease] = await database.write<{ holder: string }>([
        sqlite
          .insertInto('lease')
          .values({ name, holder, expires: sql`${databaseTime} + ${seconds}` })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet((eb) => ({ holder: eb.ref('excluded.holder'), expires: eb.ref('excluded.expires') }))
              .where(({ or, eb, ref }) =>
                or([eb('lease.holder', '=', ref('excluded.holder')), eb('lease.expires', '<=', databaseTime)]),
              ),
          )
          .returning('holder')
          .compile(),
      ])
      return lease?.holder === holder
    },
    async releaseLease(name, holder) {
      await database.write([sqlite.deleteFrom('lease').where('name', '=', name).where('holder', '=', holder).compile()])
    },
    async forget(closedBefore) {
      await database.write(forgetting(closedBefore))
    },
  }
}

function forgetting(closedBefore: string): CompiledQuery[] {
  const old = sqlite.selectFrom('incident').select('id').where('closed', '<', closedBefore)
  return [
    sqlite.deleteFrom('action').where('incident', 'in', old).compile(),
    sqlite.deleteFrom('incident').where('closed', '<', closedBefore).compile(),
    sqlite.deleteFrom('alert').where('closed', '<', closedBefore).compile(),
    // A series may have been resolved before its alert ever fired here, and then has none.
    sqlite
      .deleteFrom('fingerprint')
      .where('resolvedAt', '<', closedBefore)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('alert')
              .select('alert.state')
              .whereRef('alert.cluster', '=', 'fingerprint.cluster')
              .whereRef('alert.alertname', '=', 'fingerprint.alertname')
              .whereRef('alert.namespace', '=', 'fingerprint.namespace')
              .whereRef('alert.daemonset', '=', 'fingerprint.daemonset'),
          ),
        ),
      )
      .compile(),
  ]
}
