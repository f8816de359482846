import type { PolledSilence } from '../../alertmanager/client.ts'
import type { Bot } from '../../bot.ts'
import type { ActionChange, ActionRow, IncidentRow } from '../../store/store.ts'
import { words } from '../../words/words.ts'
import { type ChangeAction, changeActions, silenceActions } from '../action-log.ts'
import { changeAndPost, pendingOf, postPending } from '../message/thread.ts'
import type { Observation } from '../state.ts'
import { tellChange } from './change-entry.ts'
import { compare } from './compare.ts'
import { followRollouts, newRollout, releaseEnded } from './follow-rollout.ts'
import { findOutcome } from './outcome.ts'
import { endSilence, endWithIncident, followSilence, type SilenceAction } from './silence.ts'

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
  let current = row
  for (const action of await bot.store.actions(row.id))
    current = await followReport(bot, current, action)
  const actions = await bot.store.actions(row.id)
  // The hash is stored once Slack shows the message.
  if (row.hash !== null) await releaseEnded(bot, actions)
  for (const silence of silenceActions(actions)) {
    if (silence.action.state === 'active')
      current = await followOneSilence(bot, current, silence, observation, polled)
  }
  await endUndonePatches(bot, actions)
  for (const change of changeActions(actions)) await followChange(bot, current, observation, change)
  current = await followRollouts(bot, current, await bot.store.actions(row.id))
  const isOver = observation.state === 'closed' && row.closed === null
  for (const change of changeActions(await bot.store.actions(row.id)))
    current = await tellChange(bot, current, change, isOver)
  return current
}

/**
 * Whether nothing is left to follow that keeps an incident open that is over. Rollouts are followed
 * after it has closed too.
 */
export async function isSettled(bot: Bot, incidentId: string): Promise<boolean> {
  const actions = await bot.store.actions(incidentId)
  const isAwaited = changeActions(actions).some(
    ({ action, parameters: { compared, told } }) =>
      hasEffect(action) && (!compared || told?.includes('made') === false),
  )
  return (
    !isAwaited &&
    silenceActions(actions).every(({ action }) => action.state !== 'active') &&
    actions.every((action) => action.state !== 'running' && pendingOf(action).length === 0)
  )
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
  if (!outcome.words) {
    await bot.store.changeAction(action.id, 'running', outcome.change)
    return row
  }
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
    if (observation.state === 'closed') {
      // The thread may say already that the incident is over, if Alertmanager did not answer then.
      if (observation.posted?.state === 'closed')
        return await endSilence(bot, row, silence, words`the incident is over`)
      await endWithIncident(bot, silence)
      return row
    }
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
  const undone = changeActions(actions, ['undo']).filter(({ action }) => hasEffect(action))
  for (const { action, parameters } of changeActions(actions, ['patch'])) {
    const by = undone.find(
      (one) =>
        one.parameters.namespace === parameters.namespace &&
        one.parameters.name === parameters.name &&
        one.action.at >= action.at,
    )
    if (by && hasEffect(action) && action.undo !== null)
      await bot.store.changeAction(action.id, action.state, undoneBy(by.action.who))
  }
}

/** What is stored with a patch that was undone. */
export function undoneBy(who: string): ActionChange {
  return { state: 'ended', outcome: `undone by ${who}`, undo: null }
}

async function followChange(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  { action, parameters }: ChangeAction,
): Promise<void> {
  if (hasEffect(action) && !parameters.compared)
    return compare(bot, row, observation, { action, parameters })
  // The lock on its intent is released: another toleration may be needed. It can still be undone.
  if (parameters.kind === 'patch' && action.state === 'active' && parameters.compared) {
    const rollout = parameters.rollout ?? newRollout(bot)
    const change = { parameters: JSON.stringify({ ...parameters, rollout }) }
    await bot.store.changeAction(action.id, 'active', { state: 'done', ...change })
  }
}
