import type { Bot } from './bot.ts'
import { admit } from './incident/admit.ts'
import { applyChange, changeModal } from './incident/change-click.ts'
import { explanationOf } from './incident/publish.ts'
import { refused } from './incident/record.ts'
import { misscheduledNodes, seenOf } from './incident/seen.ts'
import { applyEndSilence, applySilence, silenceView } from './incident/silence-click.ts'
import { applyUndo } from './incident/undo-click.ts'
import { fixes } from './incident/view.ts'
import type { Click, Handlers, Submission } from './slack/handlers.ts'
import { checkingModal, confirmModal, type Modal, refusedModal, showFixModal } from './slack/modals.ts'
import { time, type Words, words } from './triage/words.ts'

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
    const view = isWords(modal) ? refusedModal(modal) : modal
    if (opened.ok) await bot.slack.updateView(opened.viewId, view)
    else
      await bot.slack.respond(
        click.responseUrl,
        isWords(modal) ? modal : words`The dialog did not open (${opened.error}). Press again.`,
      )
  }
  try {
    const admission = await admit(bot, { userId: click.user.id, incidentId: click.incidentId, messageTs: click.messageTs })
    if (!admission.ok) {
      await refused(bot, click, admission.why)
      return show(admission.why)
    }
    await show(await modalFor(bot, click, admission))
  } catch (error) {
    bot.log.error({ incident: click.incidentId, press: click.press, err: error }, 'a click could not be answered')
    await show(words`That could not be prepared: ${message(error)}. Nothing was changed.`)
  }
}

type Admitted = Extract<Awaited<ReturnType<typeof admit>>, { ok: true }>

async function modalFor(bot: Bot, click: Click, { row, seen }: Admitted): Promise<Modal | Words> {
  switch (click.press) {
    case 'silence':
      return silenceView(bot, row, seen)
    case 'patch':
    case 'delete':
    case 'recount':
      return changeModal(bot, row, click.press)
    case 'show-fix': {
      const found = fixes(seen, explanationOf(bot, seen))
      return found.length > 0 ? showFixModal(found) : words`There is nothing to copy for this incident any more.`
    }
    case 'end-silence':
      return confirmModal({
        press: 'end-silence',
        incidentId: row.id,
        rev: row.rev,
        actionId: click.actionId ?? '',
        title: 'End silence',
        submit: 'End silence',
        text: words`The alert will notify again, if it still fires, at Alertmanager's next repeat.`,
      })
    case 'undo':
      return confirmModal({
        press: 'undo',
        incidentId: row.id,
        rev: row.rev,
        actionId: click.actionId ?? '',
        title: 'Undo patch',
        submit: 'Undo',
        text: words`The tolerations are set back to what they were, if nobody else has changed them since. The pods restart once more.`,
      })
    case 'recheck':
      return words`Looking again.`
  }
}

/** A modal that was sent off. Its view shows “Applying…” by now; the outcome replaces it, and the thread keeps it. */
async function submit(bot: Bot, submission: Submission): Promise<void> {
  const show = async (modal: Modal | Words): Promise<void> => {
    await bot.slack.updateView(submission.viewId, isWords(modal) ? refusedModal(modal) : modal)
  }
  try {
    const admission = await admit(bot, { userId: submission.user.id, incidentId: submission.incidentId })
    if (!admission.ok) {
      await refused(bot, submission, admission.why)
      return show(admission.why)
    }
    await show(await outcomeOf(bot, submission, admission))
  } catch (error) {
    bot.log.error(
      { incident: submission.incidentId, press: submission.press, error },
      'a submitted dialog could not be carried out',
    )
    await show(words`That failed: ${message(error)}.`)
  }
}

async function outcomeOf(bot: Bot, submission: Submission, { row, seen }: Admitted): Promise<Modal | Words> {
  switch (submission.press) {
    case 'silence':
      return applySilence(bot, row, seen, submission)
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
  const admission = await admit(
    bot,
    { userId: click.user.id, incidentId: click.incidentId, messageTs: click.messageTs },
    { readOnly: true },
  )
  if (!admission.ok) return void (await bot.slack.respond(click.responseUrl, admission.why))
  await bot.round()
  const row = await bot.store.incident(click.incidentId)
  const seen = row && seenOf(row)
  const at = time(bot.now().toISOString())
  if (!seen) return
  if (seen.unreadable)
    return void (await bot.slack.respond(
      click.responseUrl,
      words`Looked again, ${at}: the cluster could not be read. ${seen.unreadable}`,
    ))
  const nodes = misscheduledNodes(seen)
  const firing = seen.alerts.filter((alert) => alert.firing).length
  await bot.slack.respond(
    click.responseUrl,
    words`Looked again, ${at}: ${nodes.length} misscheduled ${nodes.length === 1 ? 'node' : 'nodes'}; ${firing} of ${seen.alerts.length} alerts firing.`,
  )
}

function isWords(modal: Modal | Words): modal is Words {
  return Array.isArray(modal)
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
