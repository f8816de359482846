import sql, { empty, type Sql } from 'sql-template-tag'
import { assignments, columnsAndValues, type SqlDatabase } from './sql-database.ts'
import type { IncidentChange, IncidentRow, Store } from './store.ts'

/** The methods of the store on the table `incident`. */
export function incidentMethods(
  database: SqlDatabase,
): Pick<
  Store,
  | 'openIncidents'
  | 'incident'
  | 'recentlyClosed'
  | 'incidentsToFollow'
  | 'openIncident'
  | 'changeIncident'
> {
  return {
    openIncidents: (cluster) =>
      database.read(
        sql`select * from incident where cluster = ${cluster} and closed is null order by opened, id`,
      ),
    async incident(id) {
      const [row] = await database.read<IncidentRow>(sql`select * from incident where id = ${id}`)
      return row
    },
    async recentlyClosed(cluster, channel, root, closedSince) {
      const [row] = await database.read<IncidentRow>(
        sql`select * from incident where cluster = ${cluster} and channel = ${channel} and root = ${root} and closed >= ${closedSince}
          order by closed desc limit 1`,
      )
      return row
    },
    incidentsToFollow: (cluster, closedSince) =>
      database.read(
        sql`select * from incident where ts is not null and cluster = ${cluster} and closed >= ${closedSince}
          and id in (select incident from action where state in ('running', 'active') or undo is not null)
          order by closed, id`,
      ),
    async openIncident(row) {
      const [open] = await database.write<IncidentRow>([
        sql`insert into incident ${columnsAndValues(row)} on conflict do nothing`,
        sql`select * from incident where cluster = ${row.cluster} and channel = ${row.channel} and root = ${row.root} and closed is null`,
      ])
      if (!open) throw new Error(`Incident ${row.id} was neither inserted nor found`)
      return open
    },
    async changeIncident(id, rev, change) {
      const [row] = await database.write<IncidentRow>([
        sql`update incident set ${assignments({ ...change, rev: rev + 1 })} where id = ${id} and rev = ${rev} ${rootIsFree(change)} returning *`,
      ])
      return row
    },
  }
}

/** An incident that is opened again or gets a new root must not be a second one of its root. */
function rootIsFree({ root, closed }: IncidentChange): Sql {
  if (root === undefined && closed !== null) return empty
  return sql`and not exists (
    select 1 from incident as other
    where other.id <> incident.id and other.closed is null and other.cluster = incident.cluster and other.channel = incident.channel
      and other.root = ${root ?? sql`incident.root`})`
}
