import { type Bot, timestamp } from '../bot.ts'
import type { ActionRow, IncidentRow } from '../store/store.ts'
import { plain, time, user, type Words, words } from '../words/words.ts'
import type { ActionParameters } from './action-parameters.ts'

/** A `running` action reports back by then; later its outcome is looked up. Milliseconds. */
const deadlineMs = 60_000

/** A refused press is kept too: who tried what, and why not. */
export async function refused(
  bot: Bot,
  press: {
    readonly user: { readonly id: string }
    readonly incidentId: string
    readonly press: string
  },
  why: Words,
): Promise<void> {
  bot.metrics.actions.inc({ intent: press.press, state: 'refused' })
  bot.log.info(
    { incident: press.incidentId, press: press.press, user: press.user.id, why: plain(why) },
    'a press was refused',
  )
  if (!(await bot.store.incident(press.incidentId))) return
  const at = timestamp(bot)
  await bot.store.beginAction({
    id: newId(),
    incident: press.incidentId,
    intent: press.press,
    parameters: JSON.stringify({ kind: 'refused' }),
    who: press.user.id,
    at,
    state: 'refused',
    outcome: plain(why),
    undo: null,
    deadline: at,
  })
}

/** Takes the lock on an intent. Words: somebody else has it, or had it first. */
export async function begin(
  bot: Bot,
  row: IncidentRow,
  intent: string,
  who: string,
  parameters: ActionParameters,
  id = newId(),
): Promise<ActionRow | Words> {
  const action: ActionRow = {
    id,
    incident: row.id,
    intent,
    parameters: JSON.stringify(parameters),
    who,
    at: timestamp(bot),
    state: 'running',
    outcome: null,
    undo: null,
    deadline: timestamp(bot, deadlineMs),
  }
  const begun = await bot.store.beginAction(action)
  if (begun.begun) {
    bot.metrics.actions.inc({ intent: parameters.kind, state: 'running' })
    return action
  }
  const { holder } = begun
  return holder.state === 'running'
    ? words`${user(holder.who)} is doing this right now.`
    : words`${user(holder.who)} has done this already, ${time(holder.at)}.`
}

export function newId(): string {
  return `act_${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}`
}

export function isAction(begun: ActionRow | Words): begun is ActionRow {
  return !Array.isArray(begun)
}
