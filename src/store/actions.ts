import sql from 'sql-template-tag'
import { assignments, columnsAndValues, type SqlDatabase } from './sql-database.ts'
import type { ActionRow, Store } from './store.ts'

type Actions = Pick<Store, 'beginAction' | 'changeAction' | 'actions' | 'pendingActions'>

export function actions(database: SqlDatabase): Actions {
  return {
    async beginAction(row) {
      const [holder] = await database.write<ActionRow>([
        sql`insert into action ${columnsAndValues(row)} on conflict do nothing`,
        sql`select * from action where incident = ${row.incident} and intent = ${row.intent} and state in ('running', 'active')`,
      ])
      const wasHeld =
        (row.state === 'running' || row.state === 'active') &&
        holder !== undefined &&
        holder.id !== row.id
      return wasHeld ? { begun: false, holder } : { begun: true }
    },
    async changeAction(id, from, change) {
      const [changed] = await database.write([
        sql`update action set ${assignments(change)} where id = ${id} and state = ${from} returning id`,
      ])
      return changed !== undefined
    },
    actions: (incident) =>
      database.read(sql`select * from action where incident = ${incident} order by at, id`),
    pendingActions: (cluster, now = new Date().toISOString()) =>
      database.read(
        sql`select action.* from action join incident on incident.id = action.incident
          where incident.cluster = ${cluster} and (action.state = 'active' or action.state = 'running' and action.deadline < ${now})
          order by action.at, action.id`,
      ),
  }
}
