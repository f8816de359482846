import { type Bot, timestamp } from '../bot.ts'
import type { Submission } from '../slack/handlers.ts'
import { type Modal, resultModal, silenceModal } from '../slack/modals.ts'
import type { IncidentRow } from '../store/store.ts'
import { time, user, type Words, words } from '../triage/words.ts'
import { type SilenceDeed, silenceDeeds } from './deeds.ts'
import { publish } from './publish.ts'
import { begin, isAction, newId } from './record.ts'
import { allowanceFor } from './rights.ts'
import type { Seen } from './seen.ts'
import { say } from './settle.ts'
import { endSilence, matchersOf, placeSilences, stepMs } from './silence.ts'
import { silencable } from './view.ts'

/** Hours of the fixed durations on offer. */
export const durations: Readonly<Record<string, number>> = { '1h': 1, '4h': 4, '24h': 24 }

/** A silence that follows nodes ends after this long, whatever happens. Milliseconds. */
const longestMs = 24 * 60 * 60_000

/** The dialog: what the silences would match, and which alerts they match right now. */
export async function silenceView(bot: Bot, row: IncidentRow, seen: Seen): Promise<Modal | Words> {
  const refusal = await refusalOf(bot, row, seen)
  if (refusal) return refusal
  const targets = seen.alerts.map(matchersOf)
  const matching = await Promise.all(targets.map(async (matchers) => (await bot.alertmanager?.matching(matchers)) ?? []))
  return silenceModal({
    incidentId: row.id,
    rev: row.rev,
    matchers: targets,
    matchingNow: matching.flat().map(({ labels }) => labels),
    nodes: misscheduledNodes(seen),
  })
}

/** Silences every alert of the incident, or none. */
export async function applySilence(bot: Bot, row: IncidentRow, seen: Seen, submission: Submission): Promise<Modal | Words> {
  const refusal = await refusalOf(bot, row, seen)
  if (refusal) return refusal
  const followsNodes = submission.values.duration === 'nodes'
  const hours = durations[submission.values.duration ?? '']
  if (!followsNodes && hours === undefined) return words`Choose how long.`
  const id = newId()
  const reason = (submission.values.reason ?? '').trim()
  const settings = {
    until: timestamp(bot, followsNodes ? stepMs : (hours ?? 1) * 60 * 60_000),
    createdBy: `${submission.user.name} (Slack ${submission.user.id})`,
    comment: `${reason || 'Silenced from Slack'} [daemonset-triage ${row.id} ${id}]`,
  }
  const deed: SilenceDeed = {
    kind: 'silence',
    until: settings.until,
    silences: [],
    comment: settings.comment,
    nodes: followsNodes ? misscheduledNodes(seen) : null,
    hardEnd: timestamp(bot, longestMs),
  }
  const action = await begin(bot, row, 'silence', submission.user.id, deed, id)
  if (!isAction(action)) return action
  await publish(bot, row)
  try {
    const silences = await placeSilences(bot, seen, settings)
    await bot.store.changeAction(id, 'running', {
      state: 'active',
      outcome: `silenced until ${settings.until}`,
      parameters: JSON.stringify({ ...deed, silences }),
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    await bot.store.changeAction(id, 'running', { state: 'failed', outcome: why })
    await afterwards(bot, row)
    return words`Alertmanager did not take the silence: ${why}. Nothing is silenced.`
  }
  bot.metrics.actions.inc({ intent: 'silence', state: 'active' })
  const span = followsNodes ? words`until these nodes are gone` : words`until ${time(settings.until)}`
  await say(
    bot,
    row,
    words`${user(submission.user.id)} silenced ${seen.alerts.length === 1 ? 'the alert' : `${seen.alerts.length} alerts`} ${span}.${reason ? ` Reason: ${reason}` : ''}`,
  )
  await afterwards(bot, row)
  return resultModal({
    title: 'Silenced',
    text: words`Silenced ${span}. The incident stays open and is followed; end the silence from its message.`,
  })
}

export async function applyEndSilence(bot: Bot, row: IncidentRow, submission: Submission): Promise<Modal | Words> {
  const found = silenceDeeds(await bot.store.actions(row.id)).find(({ action }) => action.id === submission.actionId)
  if (found?.action.state !== 'active') return words`This silence has ended already.`
  await endSilence(bot, row, found.action, found.deed, words`${user(submission.user.id)} ended it`)
  await afterwards(bot, row)
  return resultModal({ title: 'Silence ended', text: words`The silence has ended.` })
}

async function refusalOf(bot: Bot, row: IncidentRow, seen: Seen): Promise<Words | undefined> {
  const actions = await bot.store.actions(row.id)
  const held = actions.find((action) => action.intent === 'silence' && (action.state === 'active' || action.state === 'running'))
  if (held) return words`Silenced already by ${user(held.who)}, ${time(held.at)}.`
  const allowance = await allowanceFor(bot, seen, null)
  return silencable(seen, actions, allowance)
    ? undefined
    : words`There is nothing to silence: the alert does not fire, or silencing is not configured.`
}

function misscheduledNodes(seen: Seen): string[] {
  const names = seen.diagnoses.flatMap((diagnosis) =>
    diagnosis.nodes.filter((node) => node.misscheduled).map((node) => node.name),
  )
  return [...new Set(names)].sort()
}

/** The message shows it at once; the next round sees what came of it. */
async function afterwards(bot: Bot, row: IncidentRow): Promise<void> {
  const fresh = await bot.store.incident(row.id)
  if (fresh) await publish(bot, fresh)
  bot.wake(1_000)
}
