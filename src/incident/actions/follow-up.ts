import type { PolledSilence } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { code, type Words, words } from '../../words/words.ts'
import { type ChangeParameters, changeActions, silenceActions } from '../action-parameters.ts'
import { changeAndPost, pendingOf, postPending } from '../message/pending.ts'
import type { Observation } from '../state.ts'
import { findOutcome } from './outcome.ts'
import { endSilence, followSilence } from './silence.ts'

/** A change that has not had its predicted effect by then has failed. Milliseconds. */
const effectMs = 120_000

/** While an effect is awaited the next round comes this soon. Milliseconds. */
const awaitMs = 3_000

/**
 * Follows up on what was done about an incident: an action that never reported back is looked up in the world, silences are renewed or
 * ended, and after each change the thread is posted what was predicted and what was observation.
 */
export async function followUp(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  silences: readonly PolledSilence[] | undefined,
): Promise<void> {
  const actions = await bot.store.actions(row.id)
  for (const action of actions) {
    const left = Date.parse(action.deadline) - bot.now().getTime()
    // Until then whoever acts is at it, and reports by himself.
    if (action.state === 'running' && left > 0) bot.wake(left)
    else if (action.state === 'running') await lookUp(bot, row, action)
    else if (left <= 0 && pendingOf(action).length > 0) await postPending(bot, row, action)
  }
  for (const { action, parameters } of silenceActions(actions)) {
    if (action.state !== 'active') continue
    try {
      if (observation.state === 'closed')
        await endSilence(bot, row, action, parameters, words`the incident is over`)
      else await followSilence(bot, row, action, parameters, observation, silences)
    } catch (error) {
      // Alertmanager away must not keep the message from being brought up to date.
      bot.log.warn(
        { incident: row.id, action: action.id, err: error },
        'a silence could not be followed; trying again next round',
      )
    }
  }
  await endUndone(bot, actions)
  for (const { action, parameters } of changeActions(
    actions,
    'patch',
    'delete',
    'recount',
    'undo',
  )) {
    // What was done is posted before what came of it.
    if (pendingOf(action).length > 0 && bot.now().getTime() < Date.parse(action.deadline))
      bot.wake(awaitMs)
    else if ((action.state === 'active' || action.state === 'done') && !parameters.compared)
      await compare(bot, row, observation, action, parameters)
    // Nobody undoes a patch of an incident that is over from its message; a new one has its own.
    if (action.state === 'active' && observation.state === 'closed' && parameters.compared)
      await bot.store.changeAction(action.id, 'active', { state: 'done' })
  }
}

/** Is nothing left to follow up on? Until then an incident that is over is looked after all the same. */
export async function isSettled(bot: Bot, incidentId: string): Promise<boolean> {
  const actions = await bot.store.actions(incidentId)
  const awaited = changeActions(actions, 'patch', 'delete', 'recount', 'undo').some(
    ({ action, parameters }) =>
      (action.state === 'active' || action.state === 'done') && !parameters.compared,
  )
  return (
    !awaited &&
    actions.every(
      (action) =>
        action.state !== 'running' && action.state !== 'active' && pendingOf(action).length === 0,
    )
  )
}

async function lookUp(bot: Bot, row: IncidentRow, action: ActionRow): Promise<void> {
  const outcome = await findOutcome(bot, action)
  if (!outcome) return
  const broadcast = outcome.change.state === 'failed'
  await changeAndPost(bot, row, action, 'running', outcome.change, {
    words: outcome.words,
    broadcast,
  })
}

/** A patch that was undone is no longer there to be undone, also where whoever undid it was killed before saying so. */
async function endUndone(bot: Bot, actions: readonly ActionRow[]): Promise<void> {
  const undone = changeActions(actions, 'undo').filter(({ action }) => action.state === 'done')
  for (const { action, parameters } of changeActions(actions, 'patch')) {
    const by = undone.find(
      (one) =>
        one.parameters.namespace === parameters.namespace &&
        one.parameters.name === parameters.name &&
        one.action.at >= action.at,
    )
    if (by && action.state === 'active')
      await bot.store.changeAction(action.id, 'active', {
        state: 'ended',
        outcome: `undone by ${by.action.who}`,
      })
  }
}

/** Predicted against observation, once: as soon as they agree, or when the time for it is up. */
async function compare(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  action: ActionRow,
  parameters: ChangeParameters,
): Promise<void> {
  const diagnosis = observation.unreadable
    ? undefined
    : observation.diagnoses.find(
        (one) => one.namespace === parameters.namespace && one.name === parameters.name,
      )
  const status = diagnosis?.status
  const age = bot.now().getTime() - Date.parse(action.at)
  const predicted = parameters.predicted
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
  const compared = JSON.stringify({
    ...parameters,
    compared: timestamp(bot),
  } satisfies ChangeParameters)
  const failed =
    predicted !== null &&
    parameters.kind !== 'undo' &&
    now.misscheduled > predicted.numberMisscheduled
  const posted = status
    ? comparison(parameters, now, failed)
    : words`What came of it in ${code(`${parameters.namespace}/${parameters.name}`)} could not be read.`
  await changeAndPost(
    bot,
    row,
    action,
    action.state,
    { parameters: compared },
    { words: posted, broadcast: failed },
  )
}

function comparison(
  parameters: ChangeParameters,
  now: { misscheduled: number; desired: number },
  failed: boolean,
): Words {
  const name = code(`${parameters.namespace}/${parameters.name}`)
  const observation = words`seen: misscheduled ${parameters.before.misscheduled} → ${now.misscheduled}, desired ${parameters.before.desired} → ${now.desired}`
  if (!parameters.predicted) return words`${name}: ${observation}.`
  const foretold = words`Predicted for ${name}: misscheduled ${parameters.before.misscheduled} → ${parameters.predicted.numberMisscheduled}, desired ${parameters.before.desired} → ${parameters.predicted.desiredNumberScheduled}; ${observation}.`
  return failed ? words`The fix did not work. ${foretold}` : foretold
}
