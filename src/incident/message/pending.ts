import type { Bot } from '../../bot.ts'
import type { ActionChange, ActionRow, ActionState, IncidentRow } from '../../store/store.ts'
import type { ActionParameters, PendingPost } from '../action-parameters.ts'
import { postToThread } from './thread.ts'

/**
 * Changes an action, if its state is still `from`, and tells the thread of it. The entry is stored along with the change, and taken away
 * once Slack has it: whoever is killed or cut off in between, a later round says it. false: somebody else has changed the action.
 */
export async function changeAndPost(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  from: ActionState,
  change: ActionChange,
  entry: PendingPost,
): Promise<boolean> {
  const last = parametersOf(change.parameters ?? action.parameters)
  const parameters = JSON.stringify({
    ...last,
    pending: [...(last.pending ?? []), entry],
  } satisfies ActionParameters)
  if (!(await bot.store.changeAction(action.id, from, { ...change, parameters }))) return false
  await postPending(bot, row, { ...action, ...change, state: change.state ?? from, parameters })
  return true
}

/** Says what the thread has not been posted of this action. What Slack does not take now stays for the next time. */
export async function postPending(bot: Bot, row: IncidentRow, action: ActionRow): Promise<void> {
  const said: string[] = []
  for (const entry of pendingOf(action)) {
    if (!(await postToThread(bot, row, entry.words, { broadcast: entry.broadcast }))) break
    said.push(JSON.stringify(entry))
  }
  // Read anew: what has changed meanwhile stays as it is.
  const now =
    said.length > 0
      ? (await bot.store.actions(row.id)).find(({ id }) => id === action.id)
      : undefined
  if (!now) return
  const { pending = [], ...parameters } = parametersOf(now.parameters)
  const left = pending.filter((entry) => !said.includes(JSON.stringify(entry)))
  await bot.store.changeAction(now.id, now.state, {
    parameters: JSON.stringify({ ...parameters, ...(left.length > 0 ? { pending: left } : {}) }),
  })
}

/** What the thread is still to be posted of this action. */
export function pendingOf(action: ActionRow): readonly PendingPost[] {
  return parametersOf(action.parameters).pending ?? []
}

function parametersOf(parameters: string): ActionParameters {
  return JSON.parse(parameters) as ActionParameters
}
