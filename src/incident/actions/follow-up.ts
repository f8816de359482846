import type { PolledSilence } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { code, type Words, words } from '../../words/words.ts'
import { type ChangeDeed, changeDeeds, silenceDeeds } from '../deeds.ts'
import { sayUnsaid, tell, unsaidOf } from '../message/pending.ts'
import type { Seen } from '../state.ts'
import { findOutcome } from './outcome.ts'
import { endSilence, tendSilence } from './silence.ts'

/** A change that has not had its predicted effect by then has failed. Milliseconds. */
const effectMs = 120_000

/** While an effect is awaited the next round comes this soon. Milliseconds. */
const awaitMs = 3_000

/**
 * Follows up on what was done about an incident: an action that never reported back is looked up in the world, silences are renewed or
 * ended, and after each change the thread is told what was predicted and what was seen.
 */
export async function settle(
  bot: Bot,
  row: IncidentRow,
  seen: Seen,
  silences: readonly PolledSilence[] | undefined,
): Promise<void> {
  const actions = await bot.store.actions(row.id)
  for (const action of actions) {
    const left = Date.parse(action.deadline) - bot.now().getTime()
    // Until then whoever acts is at it, and reports by himself.
    if (action.state === 'running' && left > 0) bot.wake(left)
    else if (action.state === 'running') await lookUp(bot, row, action)
    else if (left <= 0 && unsaidOf(action).length > 0) await sayUnsaid(bot, row, action)
  }
  for (const { action, deed } of silenceDeeds(actions)) {
    if (action.state !== 'active') continue
    try {
      if (seen.state === 'closed')
        await endSilence(bot, row, action, deed, words`the incident is over`)
      else await tendSilence(bot, row, action, deed, seen, silences)
    } catch (error) {
      // Alertmanager away must not keep the message from being brought up to date.
      bot.log.warn(
        { incident: row.id, action: action.id, err: error },
        'a silence could not be followed; trying again next round',
      )
    }
  }
  await endUndone(bot, actions)
  for (const { action, deed } of changeDeeds(actions, 'patch', 'delete', 'recount', 'undo')) {
    // What was done is told before what came of it.
    if (unsaidOf(action).length > 0 && bot.now().getTime() < Date.parse(action.deadline))
      bot.wake(awaitMs)
    else if ((action.state === 'active' || action.state === 'done') && !deed.compared)
      await compare(bot, row, seen, action, deed)
    // Nobody undoes a patch of an incident that is over from its message; a new one has its own.
    if (action.state === 'active' && seen.state === 'closed' && deed.compared)
      await bot.store.changeAction(action.id, 'active', { state: 'done' })
  }
}

/** Is nothing left to follow up on? Until then an incident that is over is looked after all the same. */
export async function isSettled(bot: Bot, incidentId: string): Promise<boolean> {
  const actions = await bot.store.actions(incidentId)
  const awaited = changeDeeds(actions, 'patch', 'delete', 'recount', 'undo').some(
    ({ action, deed }) => (action.state === 'active' || action.state === 'done') && !deed.compared,
  )
  return (
    !awaited &&
    actions.every(
      (action) =>
        action.state !== 'running' && action.state !== 'active' && unsaidOf(action).length === 0,
    )
  )
}

async function lookUp(bot: Bot, row: IncidentRow, action: ActionRow): Promise<void> {
  const outcome = await findOutcome(bot, action)
  if (!outcome) return
  const broadcast = outcome.change.state === 'failed'
  await tell(bot, row, action, 'running', outcome.change, { words: outcome.words, broadcast })
}

/** A patch that was undone is no longer there to be undone, also where whoever undid it was killed before saying so. */
async function endUndone(bot: Bot, actions: readonly ActionRow[]): Promise<void> {
  const undone = changeDeeds(actions, 'undo').filter(({ action }) => action.state === 'done')
  for (const { action, deed } of changeDeeds(actions, 'patch')) {
    const by = undone.find(
      (one) =>
        one.deed.namespace === deed.namespace &&
        one.deed.name === deed.name &&
        one.action.at >= action.at,
    )
    if (by && action.state === 'active')
      await bot.store.changeAction(action.id, 'active', {
        state: 'ended',
        outcome: `undone by ${by.action.who}`,
      })
  }
}

/** Predicted against seen, once: as soon as they agree, or when the time for it is up. */
async function compare(
  bot: Bot,
  row: IncidentRow,
  seen: Seen,
  action: ActionRow,
  deed: ChangeDeed,
): Promise<void> {
  const diagnosis = seen.unreadable
    ? undefined
    : seen.diagnoses.find((one) => one.namespace === deed.namespace && one.name === deed.name)
  const status = diagnosis?.status
  const age = bot.now().getTime() - Date.parse(action.at)
  const predicted = deed.predicted
  const now = {
    misscheduled: status?.numberMisscheduled ?? 0,
    desired: status?.desiredNumberScheduled ?? 0,
  }
  const current =
    status !== undefined &&
    status !== null &&
    diagnosis?.recount.numberMisscheduled === now.misscheduled
  const agrees =
    current &&
    (!predicted ||
      (predicted.numberMisscheduled === now.misscheduled &&
        predicted.desiredNumberScheduled === now.desired))
  if (!agrees && age < effectMs) return bot.wake(awaitMs)
  const compared = JSON.stringify({ ...deed, compared: timestamp(bot) } satisfies ChangeDeed)
  const failed =
    predicted !== null && deed.kind !== 'undo' && now.misscheduled > predicted.numberMisscheduled
  const told = status
    ? comparison(deed, now, failed)
    : words`What came of it in ${code(`${deed.namespace}/${deed.name}`)} could not be read.`
  await tell(
    bot,
    row,
    action,
    action.state,
    { parameters: compared },
    { words: told, broadcast: failed },
  )
}

function comparison(
  deed: ChangeDeed,
  now: { misscheduled: number; desired: number },
  failed: boolean,
): Words {
  const name = code(`${deed.namespace}/${deed.name}`)
  const seen = words`seen: misscheduled ${deed.before.misscheduled} → ${now.misscheduled}, desired ${deed.before.desired} → ${now.desired}`
  if (!deed.predicted) return words`${name}: ${seen}.`
  const foretold = words`Predicted for ${name}: misscheduled ${deed.before.misscheduled} → ${deed.predicted.numberMisscheduled}, desired ${deed.before.desired} → ${deed.predicted.desiredNumberScheduled}; ${seen}.`
  return failed ? words`The fix did not work. ${foretold}` : foretold
}
