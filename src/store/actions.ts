import type { SqlDatabase } from './sql-database.ts'
import type { ActionRow, ActionState, Store } from './store.ts'
import { sqlite } from './tables.ts'

type Actions = Pick<Store, 'beginAction' | 'changeAction' | 'actions' | 'pendingActions'>

/** States of which an (incident, intent) has one action at most. */
const held: readonly ActionState[] = ['running', 'active']

export function actions(database: SqlDatabase): Actions {
  const all = sqlite.selectFrom('action').selectAll()
  return {
    async beginAction(row) {
      const insert = sqlite
        .insertInto('action')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
      const holders = all.where('incident', '=', row.incident).where('intent', '=', row.intent).where('state', 'in', held)
      const [holder] = await database.write<ActionRow>([insert.compile(), holders.compile()])
      return holder && holder.id !== row.id && held.includes(row.state) ? { begun: false, holder } : { begun: true }
    },
    async changeAction(id, from, change) {
      const update = sqlite.updateTable('action').set(change).where('id', '=', id).where('state', '=', from).returning('id')
      const [changed] = await database.write([update.compile()])
      return changed !== undefined
    },
    actions: (incident) => database.read(all.where('incident', '=', incident).orderBy('at').orderBy('id').compile()),
    pendingActions: (cluster, now = new Date().toISOString()) =>
      database.read(
        sqlite
          .selectFrom('action')
          .innerJoin('incident', 'incident.id', 'action.incident')
          .selectAll('action')
          .where('incident.cluster', '=', cluster)
          .where(({ and, or, eb }) =>
            or([eb('action.state', '=', 'active'), and([eb('action.state', '=', 'running'), eb('action.deadline', '<', now)])]),
          )
          .orderBy('action.at')
          .orderBy('action.id')
          .compile(),
      ),
  }
}
