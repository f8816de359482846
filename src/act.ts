import type { Bot } from './bot.ts'
import { refused } from './incident/action-log.ts'
import { changeActions, silenceActions } from './incident/action-parameters.ts'
import { type Authorization, authorize } from './incident/actions/authorize.ts'
import { applyChange, changeModal } from './incident/actions/change-dialog.ts'
import { applyEndSilence, applySilence, silenceView } from './incident/actions/silence-dialog.ts'
import { applyUndo } from './incident/actions/undo.ts'
import { explanationOf } from './incident/message/publish.ts'
import { fixes } from './incident/message/view.ts'
import { misscheduledNodes, observationOf } from './incident/state.ts'
import type { Click, Handlers, Submission } from './slack/handlers.ts'
import type { Modal } from './slack/modal-parts.ts'
import { checkingModal, confirmModal, refusedModal, showFixModal } from './slack/modals.ts'
import type { ActionRow } from './store/store.ts'
import { errorMessage } from './words/error-message.ts'
import { time, type Words, words } from './words/words.ts'

/** What Slack's receiver calls. Both have been acknowledged already; neither ever throws. */
export function handlers(bot: Bot): Handlers {
  return {
    press: (click) => press(bot, click),
    submit: (submission) => submit(bot, submission),
  }
}

/**
 * A button, start to end: a modal at once, while the trigger lives; then who may press, what is offered now, a fresh reading and a dry
 * run; then the modal shows what would be done. Nothing is changed by a button alone.
 */
async function press(bot: Bot, click: Click): Promise<void> {
  if (click.press === 'recheck') return recheck(bot, click)
  const opened = await bot.slack.openView(click.triggerId, checkingModal())
  const show = async (modal: Modal | Words): Promise<void> => {
    const shown = opened.ok ? await updated(bot, opened.viewId, modal) : opened
    if (shown.ok) return
    await answer(
      bot,
      click,
      isWords(modal) ? modal : words`The dialog did not open (${shown.error}). Press again.`,
    )
  }
  try {
    const admission = await authorize(bot, pressOf(click))
    if (!admission.ok) {
      await refused(bot, click, admission.why)
      return show(admission.why)
    }
    await show(await modalFor(bot, click, admission))
  } catch (error) {
    bot.log.error(
      { incident: click.incidentId, press: click.press, err: error },
      'a click could not be answered',
    )
    await show(words`That could not be prepared: ${message(error)}. Nothing was changed.`)
  }
}

type Admitted = Extract<Authorization, { ok: true }>

async function modalFor(
  bot: Bot,
  click: Click,
  { row, observation }: Admitted,
): Promise<Modal | Words> {
  switch (click.press) {
    case 'silence':
      return silenceView(bot, row, observation)
    case 'patch':
    case 'delete':
    case 'recount':
      return changeModal(bot, row, click.press)
    case 'show-fix': {
      const found = fixes(observation, explanationOf(bot, observation))
      return found.length > 0
        ? showFixModal(found)
        : words`There is nothing to copy for this incident any more.`
    }
    case 'end-silence': {
      const held = silenceActions(await bot.store.actions(row.id)).some(({ action }) =>
        isHeld(action, click),
      )
      if (!held) return words`This silence has ended already.`
      return confirmModal({
        press: 'end-silence',
        incidentId: row.id,
        rev: row.rev,
        actionId: click.actionId ?? '',
        title: 'End silence',
        submit: 'End silence',
        text: words`The alert will notify again, if it still fires, at Alertmanager's next repeat.`,
      })
    }
    case 'undo': {
      const held = changeActions(await bot.store.actions(row.id), 'patch').some(({ action }) =>
        isHeld(action, click),
      )
      if (!held) return words`This patch was undone already, or is none of this incident.`
      return confirmModal({
        press: 'undo',
        incidentId: row.id,
        rev: row.rev,
        actionId: click.actionId ?? '',
        title: 'Undo patch',
        submit: 'Undo',
        text: words`The tolerations are set back to what they were, if nobody else has changed them since. The pods restart once more.`,
      })
    }
    case 'recheck':
      return words`Looking again.`
  }
}

/** A modal that was sent off. Its view shows “Applying…” by now; the outcome replaces it, and the thread keeps it. */
async function submit(bot: Bot, submission: Submission): Promise<void> {
  const show = async (modal: Modal | Words): Promise<void> => {
    const shown = await updated(bot, submission.viewId, modal)
    if (shown.ok) return
    // Closed, or Slack does not take it: what was refused is posted nowhere else.
    const channel = (await bot.store.incident(submission.incidentId).catch(() => undefined))
      ?.channel
    const posted = isWords(modal)
      ? modal
      : words`Your dialog was sent off. What came of it is in the incident’s thread.`
    if (channel !== undefined) await bot.slack.postEphemeral(channel, submission.user.id, posted)
  }
  try {
    const admission = await authorize(bot, {
      userId: submission.user.id,
      incidentId: submission.incidentId,
    })
    if (!admission.ok) {
      await refused(bot, submission, admission.why)
      return show(admission.why)
    }
    await show(await outcomeOf(bot, submission, admission))
  } catch (error) {
    bot.log.error(
      { incident: submission.incidentId, press: submission.press, err: error },
      'a submitted dialog could not be carried out',
    )
    await show(words`That failed: ${message(error)}.`)
  }
}

async function outcomeOf(
  bot: Bot,
  submission: Submission,
  { row, observation }: Admitted,
): Promise<Modal | Words> {
  switch (submission.press) {
    case 'silence':
      return applySilence(bot, row, observation, submission)
    case 'patch':
    case 'delete':
    case 'recount':
      return applyChange(bot, row, submission.press, submission)
    case 'end-silence':
      return applyEndSilence(bot, row, submission)
    case 'undo':
      return applyUndo(bot, row, submission)
    default:
      return words`This dialog cannot be sent off.`
  }
}

/** Looks at the whole world again, and tells the presser what it saw, changed or not. Anybody may: it only reads. */
async function recheck(bot: Bot, click: Click): Promise<void> {
  try {
    const admission = await authorize(bot, pressOf(click), { readOnly: true })
    await answer(bot, click, admission.ok ? await lookAgain(bot, click.incidentId) : admission.why)
  } catch (error) {
    bot.log.error(
      { incident: click.incidentId, press: click.press, err: error },
      'a click could not be answered',
    )
    await answer(bot, click, words`That could not be looked at: ${message(error)}.`)
  }
}

async function lookAgain(bot: Bot, incidentId: string): Promise<Words> {
  await bot.round()
  const row = await bot.store.incident(incidentId)
  const observation = row && observationOf(row)
  const at = time(bot.now().toISOString())
  if (!observation) return words`This incident is no longer known here.`
  if (observation.unreadable)
    return words`Looked again, ${at}: the cluster could not be read. ${observation.unreadable}`
  const nodes = misscheduledNodes(observation)
  const firing = observation.alerts.filter((alert) => alert.firing).length
  return words`Looked again, ${at}: ${nodes.length} misscheduled ${nodes.length === 1 ? 'node' : 'nodes'}; ${firing} of ${observation.alerts.length} alerts firing.`
}

/** Slack's words for “not now” are worth a second try: a dialog that says “Checking…” for ever says nothing. */
async function updated(
  bot: Bot,
  viewId: string,
  modal: Modal | Words,
): ReturnType<Bot['slack']['updateView']> {
  const view = isWords(modal) ? refusedModal(modal) : modal
  const first = await bot.slack.updateView(viewId, view)
  if (first.ok || first.kind !== 'retry' || (first.retryAfterSeconds ?? 0) > longestWaitSeconds)
    return first
  await new Promise((resolve) => setTimeout(resolve, (first.retryAfterSeconds ?? 1) * 1000))
  return bot.slack.updateView(viewId, view)
}

const longestWaitSeconds = 5

/** Where no dialog can say it: by the click's own address, which works five times, else in the channel, for the presser alone. */
async function answer(bot: Bot, click: Click, text: Words): Promise<void> {
  if (click.responseUrl !== '' && (await bot.slack.respond(click.responseUrl, text)).ok) return
  await bot.slack.postEphemeral(click.channel, click.user.id, text)
}

function pressOf({ user, incidentId, messageTs, channel }: Click): Parameters<typeof authorize>[1] {
  return { userId: user.id, incidentId, messageTs, channel }
}

function isHeld(action: ActionRow, { actionId }: Click): boolean {
  return action.id === actionId && action.state === 'active'
}

function isWords(modal: Modal | Words): modal is Words {
  return Array.isArray(modal)
}

function message(error: unknown): string {
  return errorMessage(error)
}
