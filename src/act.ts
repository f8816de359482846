import type { Bot } from './bot.ts'
import { recordRefusal } from './incident/action-log.ts'
import { type AuthorizedIncident, authorize } from './incident/actions/authorize.ts'
import { applyChange, changeModal } from './incident/actions/change-dialog.ts'
import { applyEndSilence, endSilenceDialog } from './incident/actions/end-silence.ts'
import { applySilence, silenceDialog } from './incident/actions/silence-dialog.ts'
import { applyUndo, undoDialog } from './incident/actions/undo.ts'
import { lastingFixes } from './incident/lasting-fixes.ts'
import { explanationOf } from './incident/message/publish.ts'
import { misscheduledNodes } from './incident/state.ts'
import { observationOf } from './incident/stored-observation.ts'
import type { Answer, Click, Handlers, Submission } from './slack/interactions.ts'
import {
  checkingModal,
  type Done,
  isDone,
  type Modal,
  refusedModal,
  resultModal,
  showFixModal,
} from './slack/modals.ts'
import { errorMessage } from './words/error-message.ts'
import { type Result, refusal, success } from './words/result.ts'
import { counted, time, type Words, words } from './words/words.ts'

/** What Slack's receiver calls after it has acknowledged. Neither ever throws. */
export function handlers(bot: Bot): Handlers {
  return {
    click: (click) => press(bot, click),
    submit: (submission, answer) => submit(bot, submission, answer),
  }
}

/**
 * A button press from start to end: opens a modal at once, while the trigger is valid; then
 * authorizes, reads the cluster and runs a dry run; then shows in the modal what would be done. A
 * button alone changes nothing.
 */
async function press(bot: Bot, click: Click): Promise<void> {
  if (click.button === 'recheck') return recheck(bot, click)
  const opened = await bot.slack.openModal(click.triggerId, checkingModal())
  const show = async (modal: Modal, otherwise?: Words): Promise<void> => {
    const shown = opened.ok ? await updateModal(bot, opened.viewId, modal) : opened
    if (shown.ok) return
    const notOpened = words`The dialog did not open (${shown.error}). Press again.`
    await replyToPresser(bot, click, otherwise ?? notOpened)
  }
  const showResult = (result: Result<Modal>): Promise<void> =>
    result.ok ? show(result.value) : show(refusedModal(result.why), result.why)
  try {
    // The fix is only shown, so anybody may read it.
    const readOnly = click.button === 'show-fix'
    const evenIfClosed = click.button === 'undo' || click.button === 'show-fix'
    const authorized = await authorize(bot, pressedBy(click), { readOnly, evenIfClosed })
    if (!authorized.ok) {
      await recordRefusal(bot, click, authorized.why.why)
      return show(authorized.why.modal, authorized.why.why)
    }
    await showResult(await modalFor(bot, click, authorized.value))
  } catch (error) {
    logFailure(bot, click, error, 'press failed')
    await showResult(
      refusal(words`This could not be prepared: ${errorMessage(error)}. Nothing was changed.`),
    )
  }
}

async function modalFor(
  bot: Bot,
  click: Click,
  { row, observation }: AuthorizedIncident,
): Promise<Result<Modal>> {
  const actionId = click.actionId ?? ''
  switch (click.button) {
    case 'silence':
      return silenceDialog(bot, row, observation)
    case 'patch':
    case 'delete':
    case 'recount':
      return changeModal(bot, row, click.button)
    case 'show-fix': {
      const fixes = lastingFixes(observation, explanationOf(bot, observation))
      return fixes.length > 0
        ? success(showFixModal(fixes))
        : refusal(words`There is no longer anything to copy for this incident.`)
    }
    case 'end-silence':
      return endSilenceDialog(bot, row, actionId)
    case 'undo':
      return undoDialog(bot, row, actionId)
    case 'recheck':
      return refusal(words`Checking again.`)
  }
}

/**
 * A submitted modal. What was done closes the dialog, and the message shows it; anything else is
 * shown in the dialog.
 */
async function submit(bot: Bot, submission: Submission, answer: Answer): Promise<void> {
  const { user, incidentId, viewId } = submission
  const show = async (result: Modal | Done, why?: Words): Promise<void> => {
    if (await answer(isDone(result) ? undefined : result)) return
    const modal = isDone(result) ? resultModal(result) : result
    if ((await updateModal(bot, viewId, modal)).ok) return
    // The dialog was closed, or Slack refused the update. A refusal is shown nowhere else.
    const row = await bot.store.incident(incidentId).catch(() => undefined)
    const shown = isDone(result)
      ? result.text
      : (why ?? words`Nothing was done: your dialog needs another look. Press again.`)
    if (row) await bot.slack.postEphemeral(row.channel, user.id, shown)
  }
  const showResult = (result: Result<Modal | Done>): Promise<void> =>
    result.ok ? show(result.value) : show(refusedModal(result.why), result.why)
  try {
    const evenIfClosed = submission.button === 'undo'
    const { button, actionId } = submission
    const press = { userId: user.id, incidentId, button, ...(actionId ? { actionId } : {}) }
    const authorized = await authorize(bot, press, { evenIfClosed })
    if (!authorized.ok) {
      await recordRefusal(bot, submission, authorized.why.why)
      return show(authorized.why.modal, authorized.why.why)
    }
    await showResult(await apply(bot, submission, authorized.value))
  } catch (error) {
    logFailure(bot, submission, error, 'submission failed')
    await showResult(refusal(words`That failed: ${errorMessage(error)}.`))
  }
}

async function apply(
  bot: Bot,
  submission: Submission,
  { row, observation }: AuthorizedIncident,
): Promise<Result<Modal | Done>> {
  switch (submission.button) {
    case 'silence':
      return applySilence(bot, row, observation, submission)
    case 'patch':
    case 'delete':
    case 'recount':
      return applyChange(bot, row, submission.button, submission)
    case 'end-silence':
      return applyEndSilence(bot, row, submission)
    case 'undo':
      return applyUndo(bot, row, submission)
    default:
      return refusal(words`This dialog cannot be submitted.`)
  }
}

/** Runs a round and tells the presser what it observed. Anybody may press it: it only reads. */
async function recheck(bot: Bot, click: Click): Promise<void> {
  try {
    const authorized = await authorize(bot, pressedBy(click), { readOnly: true })
    const text = authorized.ok ? await checkAgain(bot, click.incidentId) : authorized.why.why
    await replyToPresser(bot, click, text)
  } catch (error) {
    logFailure(bot, click, error, 'press failed')
    await replyToPresser(bot, click, words`The check failed: ${errorMessage(error)}.`)
  }
}

async function checkAgain(bot: Bot, incidentId: string): Promise<Words> {
  await bot.round()
  const row = await bot.store.incident(incidentId)
  const observation = row && observationOf(row)
  if (!observation) return words`This incident is no longer known here.`
  const at = time(bot.now().toISOString())
  const { unreadable, alerts } = observation
  if (unreadable) return words`Checked ${at}: the cluster could not be read. ${unreadable}`
  const nodes = counted(misscheduledNodes(observation).length, 'misscheduled node')
  const firing = alerts.filter((alert) => alert.firing).length
  return words`Checked ${at}: ${nodes}; ${firing} of ${counted(alerts.length, 'alert')} firing.`
}

/** Retries once if Slack asks to wait: a modal that says “Checking…” forever helps nobody. */
async function updateModal(
  bot: Bot,
  viewId: string,
  modal: Modal,
): ReturnType<Bot['slack']['updateModal']> {
  const first = await bot.slack.updateModal(viewId, modal)
  if (first.ok || first.kind !== 'retry') return first
  const { retryAfterSeconds = 1 } = first
  if (retryAfterSeconds > longestWaitSeconds) return first
  await new Promise((resolve) => setTimeout(resolve, retryAfterSeconds * 1000))
  return bot.slack.updateModal(viewId, modal)
}

const longestWaitSeconds = 5

/**
 * Without a modal: by the click's response URL, which works five times, else in the channel,
 * visible to the presser alone.
 */
async function replyToPresser(bot: Bot, click: Click, text: Words): Promise<void> {
  if (click.responseUrl !== '' && (await bot.slack.respond(click.responseUrl, text)).ok) return
  await bot.slack.postEphemeral(click.channel, click.user.id, text)
}

function pressedBy({ user, button, actionId, incidentId, messageTs, channel }: Click) {
  const press = { userId: user.id, button, incidentId, messageTs, channel }
  return actionId === undefined ? press : { ...press, actionId }
}

function logFailure(
  bot: Bot,
  { incidentId: incident, button }: Click | Submission,
  error: unknown,
  event: string,
): void {
  bot.log.error({ incident, button, err: error }, event)
}
