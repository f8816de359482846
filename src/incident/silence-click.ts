import { createHash } from 'node:crypto'
import { type Bot, timestamp } from '../bot.ts'
import type { Submission } from '../slack/handlers.ts'
import { type Modal, resultModal, silenceModal } from '../slack/modals.ts'
import type { IncidentRow } from '../store/store.ts'
import { code, time, user, type Words, words } from '../triage/words.ts'
import { rolloutStuck, type SecondSilence, secondSilence } from './companions.ts'
import { type SilenceDeed, silenceDeeds } from './deeds.ts'
import { publish } from './publish.ts'
import { begin, isAction, newId } from './record.ts'
import { allowanceFor } from './rights.ts'
import { say } from './say.ts'
import { misscheduledNodes, type Seen } from './seen.ts'
import { endSilence, matchersOf, placeSilences, silencedCauses, stepMs } from './silence.ts'
import { silencable } from './view.ts'

/** Hours of the fixed durations on offer. */
export const durations: Readonly<Record<string, number>> = { '1h': 1, '4h': 4, '24h': 24 }

/** A silence that follows nodes ends after this long, whatever happens. Milliseconds. */
const longestMs = 24 * 60 * 60_000

/** The dialog: what the silences would match, which alerts they match right now, and what else fires that they would not end. */
export async function silenceView(bot: Bot, row: IncidentRow, seen: Seen, note?: Words): Promise<Modal | Words> {
  const refusal = await refusalOf(bot, row, seen)
  if (refusal) return refusal
  const targets = seen.alerts.map(matchersOf)
  const matching = await Promise.all(targets.map(async (matchers) => (await bot.alertmanager?.matching(matchers)) ?? []))
  const second = await secondSilence(bot, seen, targets)
  return silenceModal({
    incidentId: row.id,
    rev: row.rev,
    matchers: targets,
    matchingNow: matching.flat().map(({ labels }) => labels),
    nodes: misscheduledNodes(seen),
    ...(second ? { second: { ...second, alertname: rolloutStuck, shown: shownHash(second) } } : {}),
    ...(note ? { note } : {}),
  })
}

/** Silences every alert of the incident, or none; KubeDaemonSetRolloutStuck too where that was ticked, for exactly what was shown. */
export async function applySilence(bot: Bot, row: IncidentRow, seen: Seen, submission: Submission): Promise<Modal | Words> {
  const refusal = await refusalOf(bot, row, seen)
  if (refusal) return refusal
  const followsNodes = submission.values.duration === 'nodes'
  const hours = durations[submission.values.duration ?? '']
  if (!followsNodes && hours === undefined) return words`Choose how long.`
  const own = seen.alerts.map(matchersOf)
  const second = submission.values.second === 'yes' ? await secondSilence(bot, seen, own) : undefined
  if (submission.values.second === 'yes' && (!second || shownHash(second) !== submission.shown))
    return silenceView(bot, row, seen, words`What fires has changed since you looked. Please look again.`)
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
    ...(followsNodes ? { causes: silencedCauses(seen) } : {}),
    hardEnd: timestamp(bot, longestMs),
  }
  const action = await begin(bot, row, 'silence', submission.user.id, deed, id)
  if (!isAction(action)) return action
  await publish(bot, row)
  try {
    const silences = await placeSilences(bot, [...own, ...(second?.matchers ?? [])], settings)
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
  const alerts = own.length === 1 ? 'the alert' : `${own.length} alerts`
  const what = second ? words`${alerts} and ${code(rolloutStuck)}` : words`${alerts}`
  const span = followsNodes ? words`until these nodes are gone` : words`until ${time(settings.until)}`
  await say(bot, row, words`${user(submission.user.id)} silenced ${what} ${span}.${reason ? ` Reason: ${reason}` : ''}`)
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

/** Of the second silences that the dialog showed: no others are made. */
function shownHash({ matchers }: SecondSilence): string {
  return createHash('sha256').update(JSON.stringify(matchers)).digest('base64url')
}

/** The message shows it at once; the next round sees what came of it. */
async function afterwards(bot: Bot, row: IncidentRow): Promise<void> {
  const fresh = await bot.store.incident(row.id)
  if (fresh) await publish(bot, fresh)
  bot.wake(1_000)
}
