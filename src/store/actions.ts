import sql from 'sql-template-tag'
import { assignments, columnsAndValues, type SqlDatabase } from './sql-database.ts'
import type { ActionRow, Store } from './store.ts'

/** The methods of the store on the table `action`. Its unique index is the lock on the intent. */
export function actionMethods(
  database: SqlDatabase,
): Pick<Store, 'beginAction' | 'changeAction' | 'actions'> {
  return {
    async beginAction(row) {
      const [holder] = await database.write<ActionRow>([
        sql`insert into action ${columnsAndValues(row)} on conflict do nothing`,
        sql`select * from action where incident = ${row.incident} and intent = ${row.intent} and state in ('running', 'active')`,
      ])
      const isHeld =
        (row.state === 'running' || row.state === 'active') &&
        holder !== undefined &&
        holder.id !== row.id
      return isHeld ? { begun: false, holder } : { begun: true }
    },
    async changeAction(id, from, change) {
      const [changed] = await database.write([
        sql`update action set ${assignments(change)} where id = ${id} and state = ${from} returning id`,
      ])
      return changed !== undefined
    },
    actions: (incident) =>
      database.read(sql`select * from action where incident = ${incident} order by at, id`),
  }
}
