import type { Bot } from '../../bot.ts'
import type { Submission } from '../../slack/interactions.ts'
import type { Done, Modal } from '../../slack/modals.ts'
import { endSilenceModal } from '../../slack/silence-modal.ts'
import type { IncidentRow } from '../../store/store.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { user, words } from '../../words/words.ts'
import { silenceActions } from '../action-log.ts'
import { silencedDaemonSets } from '../coverage.ts'
import { publishAction } from '../message/publish.ts'
import { endSilence, type SilenceAction } from './silence.ts'

/** The modal: which silence ends, or which of several. */
export async function endSilenceDialog(
  bot: Bot,
  row: IncidentRow,
  actionId: string,
): Promise<Result<Modal>> {
  const silences = await activeOnes(bot, row, actionId)
  if (silences.length === 0) return refusal(words`This silence has already ended.`)
  return success(
    endSilenceModal({
      incidentId: row.id,
      rev: row.rev,
      silences: silences.map(({ action, parameters }) => ({
        actionId: action.id,
        who: action.who,
        until: parameters.until,
        daemonSets: silencedDaemonSets(parameters),
      })),
    }),
  )
}

/** Ends the chosen silence, or all of them. */
export async function applyEndSilence(
  bot: Bot,
  row: IncidentRow,
  { user: { id }, actionId = '', values }: Submission,
): Promise<Result<Done>> {
  const silences = await activeOnes(bot, row, values.pick ?? actionId)
  if (silences.length === 0) return refusal(words`This silence has already ended.`)
  let current = row
  for (const silence of silences)
    current = await endSilence(bot, current, silence, words`${user(id)} ended it`)
  await publishAction(bot, current)
  const text =
    silences.length === 1 ? words`The silence has ended.` : words`The silences have ended.`
  return success({ title: 'Silence ended', text })
}

/** The active silences with this action id; every active one if it is empty or `all`. */
async function activeOnes(
  bot: Bot,
  row: IncidentRow,
  actionId: string,
): Promise<readonly SilenceAction[]> {
  const active = silenceActions(await bot.store.actions(row.id)).filter(
    ({ action }) => action.state === 'active',
  )
  return actionId === '' || actionId === 'all'
    ? active
    : active.filter(({ action }) => action.id === actionId)
}
