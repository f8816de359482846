import type { PolledSilence } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { code, type Words, words } from '../../words/words.ts'
import { type ChangeParameters, changeActions, silenceActions } from '../action-log.ts'
import { changeAndPost, pendingOf, postPending } from '../message/thread.ts'
import { diagnosisOf, type Observation } from '../state.ts'
import { findOutcome } from './outcome.ts'
import { endSilence, followSilence, type SilenceAction } from './silence.ts'

/** A change that has not had its predicted effect after this time has failed. Milliseconds. */
const effectMs = 120_000

/** While an effect is awaited, the next round comes this soon. Milliseconds. */
const awaitMs = 3_000

/**
 * Follows the actions of an incident: looks up those that never reported an outcome, extends or
 * ends silences, and posts after each change how the result compares with the prediction.
 * @returns the row afterwards.
 */
export async function followUp(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  polled: readonly PolledSilence[] | undefined,
): Promise<IncidentRow> {
  const actions = await bot.store.actions(row.id)
  let current = row
  for (const action of actions) current = await followReport(bot, current, action)
  for (const silence of silenceActions(actions)) {
    if (silence.action.state === 'active')
      current = await followOneSilence(bot, current, silence, observation, polled)
  }
  await endUndonePatches(bot, actions)
  for (const change of changeActions(actions))
    current = await followChange(bot, current, observation, change)
  return current
}

/** Whether nothing is left to follow. Until then an incident that is over is not closed. */
export async function isSettled(bot: Bot, incidentId: string): Promise<boolean> {
  const actions = await bot.store.actions(incidentId)
  const isAwaited = changeActions(actions).some(
    ({ action, parameters }) => hasEffect(action) && !parameters.compared,
  )
  return (
    !isAwaited &&
    actions.every(
      (action) =>
        action.state !== 'running' && action.state !== 'active' && pendingOf(action).length === 0,
    )
  )
}

interface ChangeAction {
  readonly action: ActionRow
  readonly parameters: ChangeParameters
}

function hasEffect({ state }: ActionRow): boolean {
  return state === 'active' || state === 'done'
}

async function followReport(bot: Bot, row: IncidentRow, action: ActionRow): Promise<IncidentRow> {
  const leftMs = Date.parse(action.deadline) - bot.now().getTime()
  if (action.state === 'running') {
    // Until its deadline the action may still report on its own.
    if (leftMs <= 0) return lookUp(bot, row, action)
    bot.wake(leftMs)
    return row
  }
  return leftMs <= 0 && pendingOf(action).length > 0 ? postPending(bot, row, action) : row
}

async function lookUp(bot: Bot, row: IncidentRow, action: ActionRow): Promise<IncidentRow> {
  const outcome = await findOutcome(bot, action)
  if (!outcome) return row
  const post = { words: outcome.words, broadcast: outcome.change.state === 'failed' }
  return (await changeAndPost(bot, row, action, 'running', outcome.change, post)) ?? row
}

async function followOneSilence(
  bot: Bot,
  row: IncidentRow,
  silence: SilenceAction,
  observation: Observation,
  polled: readonly PolledSilence[] | undefined,
): Promise<IncidentRow> {
  try {
    if (observation.state === 'closed')
      return await endSilence(bot, row, silence, words`the incident is over`)
    return await followSilence(bot, row, silence, observation, polled)
  } catch (error) {
    // An unreachable Alertmanager must not keep the message from being updated.
    bot.log.warn(
      { incident: row.id, action: silence.action.id, err: error },
      'silence not followed; trying again in the next round',
    )
    return row
  }
}

/** An undone patch can no longer be undone, also if the bot was killed before it recorded that. */
async function endUndonePatches(bot: Bot, actions: readonly ActionRow[]): Promise<void> {
  const undone = changeActions(actions, ['undo']).filter(({ action }) => action.state === 'done')
  for (const { action, parameters } of changeActions(actions, ['patch'])) {
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

async function followChange(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  change: ChangeAction,
): Promise<IncidentRow> {
  const { action, parameters } = change
  let current = row
  // The action itself is posted before its result.
  if (pendingOf(action).length > 0 && bot.now().getTime() < Date.parse(action.deadline))
    bot.wake(awaitMs)
  else if (hasEffect(action) && !parameters.compared)
    current = await compare(bot, row, observation, change)
  // A patch cannot be undone from the message of an incident that is over; a new incident has its
  // own.
  if (action.state === 'active' && observation.state === 'closed' && parameters.compared)
    await bot.store.changeAction(action.id, 'active', { state: 'done' })
  return current
}

/**
 * Compares the prediction with the result, once: as soon as they agree, or when the time for it is
 * up.
 */
async function compare(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  { action, parameters }: ChangeAction,
): Promise<IncidentRow> {
  const { kind, predicted } = parameters
  const diagnosis = observation.unreadable ? undefined : diagnosisOf(observation, parameters)
  const status = diagnosis?.status
  const result = {
    misscheduled: status?.numberMisscheduled ?? 0,
    desired: status?.desiredNumberScheduled ?? 0,
  }
  const isCurrent = status && diagnosis?.recount.numberMisscheduled === result.misscheduled
  const agrees =
    isCurrent &&
    (!predicted ||
      (predicted.numberMisscheduled === result.misscheduled &&
        predicted.desiredNumberScheduled === result.desired))
  if (!agrees && bot.now().getTime() - Date.parse(action.at) < effectMs) {
    bot.wake(awaitMs)
    return row
  }
  const failed =
    predicted !== null && kind !== 'undo' && result.misscheduled > predicted.numberMisscheduled
  const compared = { ...parameters, compared: timestamp(bot) } satisfies ChangeParameters
  const text = status
    ? comparison(parameters, result, failed)
    : words`The result for ${code(`${parameters.namespace}/${parameters.name}`)} could not be read.`
  const change = { parameters: JSON.stringify(compared) }
  const post = { words: text, broadcast: failed }
  return (await changeAndPost(bot, row, action, action.state, change, post)) ?? row
}

function comparison(
  { namespace, name, before, predicted }: ChangeParameters,
  result: ChangeParameters['before'],
  failed: boolean,
): Words {
  const target = code(`${namespace}/${name}`)
  const observed = words`result: misscheduled ${before.misscheduled} → ${result.misscheduled}, desired ${before.desired} → ${result.desired}`
  if (!predicted) return words`${target}: ${observed}.`
  const text = words`Predicted for ${target}: misscheduled ${before.misscheduled} → ${predicted.numberMisscheduled}, desired ${before.desired} → ${predicted.desiredNumberScheduled}; ${observed}.`
  return failed ? words`The fix did not work. ${text}` : text
}
