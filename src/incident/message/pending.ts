import type { Bot } from '../../bot.ts'
import type { ActionChange, ActionRow, ActionState, IncidentRow } from '../../store/store.ts'
import type { Deed, Unsaid } from '../deeds.ts'
import { say } from './thread.ts'

/**
 * Changes an action, if its state is still `from`, and tells the thread of it. The entry is stored along with the change, and taken away
 * once Slack has it: whoever is killed or cut off in between, a later round says it. false: somebody else has changed the action.
 */
export async function tell(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  from: ActionState,
  change: ActionChange,
  entry: Unsaid,
): Promise<boolean> {
  const deed = deedOf(change.parameters ?? action.parameters)
  const parameters = JSON.stringify({
    ...deed,
    unsaid: [...(deed.unsaid ?? []), entry],
  } satisfies Deed)
  if (!(await bot.store.changeAction(action.id, from, { ...change, parameters }))) return false
  await sayUnsaid(bot, row, { ...action, ...change, state: change.state ?? from, parameters })
  return true
}

/** Says what the thread has not been told of this action. What Slack does not take now stays for the next time. */
export async function sayUnsaid(bot: Bot, row: IncidentRow, action: ActionRow): Promise<void> {
  const said: string[] = []
  for (const entry of unsaidOf(action)) {
    if (!(await say(bot, row, entry.words, { broadcast: entry.broadcast }))) break
    said.push(JSON.stringify(entry))
  }
  // Read anew: what has changed meanwhile stays as it is.
  const now =
    said.length > 0
      ? (await bot.store.actions(row.id)).find(({ id }) => id === action.id)
      : undefined
  if (!now) return
  const { unsaid = [], ...deed } = deedOf(now.parameters)
  const left = unsaid.filter((entry) => !said.includes(JSON.stringify(entry)))
  await bot.store.changeAction(now.id, now.state, {
    parameters: JSON.stringify({ ...deed, ...(left.length > 0 ? { unsaid: left } : {}) }),
  })
}

/** What the thread is still to be told of this action. */
export function unsaidOf(action: ActionRow): readonly Unsaid[] {
  return deedOf(action.parameters).unsaid ?? []
}

function deedOf(parameters: string): Deed {
  return JSON.parse(parameters) as Deed
}
