import type { CompiledQuery } from 'kysely'
import type { SqlDatabase } from './sql-database.ts'
import type { IncidentChange, IncidentRow, Store } from './store.ts'
import { sqlite } from './tables.ts'

type Incidents = Pick<Store, 'openIncidents' | 'incident' | 'recentlyClosed' | 'openIncident' | 'changeIncident'>

export function incidents(database: SqlDatabase): Incidents {
  const all = sqlite.selectFrom('incident').selectAll()
  return {
    openIncidents: (cluster) =>
      database.read(all.where('cluster', '=', cluster).where('closed', 'is', null).orderBy('opened').orderBy('id').compile()),
    async incident(id) {
      const [row] = await database.read<IncidentRow>(all.where('id', '=', id).compile())
      return row
    },
    async recentlyClosed(cluster, channel, root, closedSince) {
      const same = all.where('cluster', '=', cluster).where('channel', '=', channel).where('root', '=', root)
      const [row] = await database.read<IncidentRow>(
        same.where('closed', '>=', closedSince).orderBy('closed', 'desc').limit(1).compile(),
      )
      return row
    },
    async openIncident(row) {
      const { cluster, channel, root } = row
      const insert = sqlite
        .insertInto('incident')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
      const same = all
        .where('cluster', '=', cluster)
        .where('channel', '=', channel)
        .where('root', '=', root)
        .where('closed', 'is', null)
      const [open] = await database.write<IncidentRow>([insert.compile(), same.compile()])
      if (!open) throw new Error(`the incident ${row.id} was neither inserted nor found`)
      return open
    },
    async changeIncident(id, rev, change) {
      const [row] = await database.write<IncidentRow>([changing(id, rev, change)])
      return row
    },
  }
}

/** Opened again, or under another root, it must not become the second open one of its root: then somebody else was faster too. */
function changing(id: string, rev: number, change: IncidentChange): CompiledQuery {
  const update = sqlite
    .updateTable('incident')
    .set({ ...change, rev: rev + 1 })
    .where('id', '=', id)
    .where('rev', '=', rev)
    .returningAll()
  if (change.root === undefined && change.closed !== null) return update.compile()
  return update
    .where(({ not, exists, selectFrom, ref }) =>
      not(
        exists(
          selectFrom('incident as other')
            .select('other.id')
            .where('other.id', '!=', id)
            .where('other.closed', 'is', null)
            .whereRef('other.cluster', '=', 'incident.cluster')
            .whereRef('other.channel', '=', 'incident.channel')
            .where('other.root', '=', change.root ?? ref('incident.root')),
        ),
      ),
    )
    .compile()
}
