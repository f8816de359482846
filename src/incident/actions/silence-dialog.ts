import { createHash } from 'node:crypto'
import { AlertmanagerError } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { Submission } from '../../slack/handlers.ts'
import type { Modal } from '../../slack/modal-parts.ts'
import { resultModal } from '../../slack/modals.ts'
import { silenceModal } from '../../slack/silence-modal.ts'
import type { IncidentRow } from '../../store/store.ts'
import { errorMessage } from '../../words/error-message.ts'
import { code, time, user, type Words, words } from '../../words/words.ts'
import { begin, isAction, newId } from '../action-log.ts'
import { type SilenceParameters, silenceActions } from '../action-parameters.ts'
import { changeAndPost } from '../message/pending.ts'
import { publish } from '../message/publish.ts'
import { rolloutStuck, secondSilence } from '../message/related-alerts.ts'
import { silencable } from '../message/view.ts'
import { allowanceFor } from '../rights.ts'
import { misscheduledNodes, type Observation } from '../state.ts'
import { endSilence, matchersOf, placeSilences, silencedCauses, stepMs } from './silence.ts'

/** Hours of the fixed durations on offer. */
export const durations: Readonly<Record<string, number>> = { '1h': 1, '4h': 4, '24h': 24 }

/** An Alertmanager that did not answer is asked so much later what it did. Milliseconds. */
const lookUpMs = 15_000

/** A silence that follows nodes ends after this long, whatever happens. Milliseconds. */
const longestMs = 24 * 60 * 60_000

/** The dialog: what the silences would match, which alerts they match right now, and what else fires that they would not end. */
export async function silenceView(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  note?: Words,
): Promise<Modal | Words> {
  const refusal = await refusalOf(bot, row, observation)
  if (refusal) return refusal
  const targets = observation.alerts.map(matchersOf)
  const matching = await Promise.all(
    targets.map(async (matchers) => (await bot.alertmanager?.matching(matchers)) ?? []),
  )
  const second = await secondSilence(bot, observation, targets)
  return silenceModal({
    incidentId: row.id,
    rev: row.rev,
    matchers: targets,
    matchingNow: matching.flat().map(({ labels }) => labels),
    nodes: misscheduledNodes(observation),
    shown: shownOf(targets, misscheduledNodes(observation), second?.matchers),
    ...(second ? { second: { ...second, alertname: rolloutStuck } } : {}),
    ...(note ? { note } : {}),
  })
}

/** Silences every alert of the incident, or none; KubeDaemonSetRolloutStuck too where that was ticked, for exactly what was shown. */
export async function applySilence(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  submission: Submission,
): Promise<Modal | Words> {
  const refusal = await refusalOf(bot, row, observation)
  if (refusal) return refusal
  const followsNodes = submission.values.duration === 'nodes'
  const hours = durations[submission.values.duration ?? '']
  if (!followsNodes && hours === undefined) return words`Choose how long.`
  const own = observation.alerts.map(matchersOf)
  const nodes = misscheduledNodes(observation)
  const second =
    submission.values.second === 'yes' ? await secondSilence(bot, observation, own) : undefined
  const [ownShown, nodesShown, secondShown] = (submission.shown ?? '').split('.')
  const [ownNow, nodesNow, secondNow] = shownOf(own, nodes, second?.matchers).split('.')
  const changed =
    ownShown !== ownNow ||
    (followsNodes && nodesShown !== nodesNow) ||
    (submission.values.second === 'yes' && (!second || secondShown !== secondNow))
  if (changed)
    return silenceView(
      bot,
      row,
      observation,
      words`What fires has changed since you looked. Please look again.`,
    )
  const targets = [...own, ...(second?.matchers ?? [])]
  const id = newId()
  const reason = (submission.values.reason ?? '').trim()
  const settings = {
    until: timestamp(bot, followsNodes ? stepMs : (hours ?? 1) * 60 * 60_000),
    createdBy: `${submission.user.name} (Slack ${submission.user.id})`,
    comment: `${reason || 'Silenced from Slack'} [daemonset-triage ${row.id} ${id}]`,
  }
  const parameters: SilenceParameters = {
    kind: 'silence',
    until: settings.until,
    silences: [],
    comment: settings.comment,
    targets,
    nodes: followsNodes ? nodes : null,
    ...(followsNodes ? { causes: silencedCauses(observation) } : {}),
    hardEnd: timestamp(bot, longestMs),
  }
  const action = await begin(bot, row, 'silence', submission.user.id, parameters, id)
  if (!isAction(action)) return action
  await publish(bot, row)
  let placed: SilenceParameters['silences']
  try {
    placed = await placeSilences(bot, targets, settings)
  } catch (error) {
    const why = errorMessage(error)
    // Without an answer it may have been made or not: left running, it is looked up.
    if (error instanceof AlertmanagerError && (error.status === undefined || error.status >= 500)) {
      await bot.store.changeAction(id, 'running', { deadline: timestamp(bot, lookUpMs) })
      bot.wake(lookUpMs)
      return words`Alertmanager did not answer (${why}). Whether the alert is silenced is looked up as soon as it does, and posted in the thread.`
    }
    await bot.store.changeAction(id, 'running', { state: 'failed', outcome: why })
    await afterwards(bot, row)
    return words`Alertmanager did not take the silence: ${why}. Nothing is silenced.`
  }
  bot.metrics.actions.inc({ intent: 'silence', state: 'active' })
  const alerts = own.length === 1 ? 'the alert' : `${own.length} alerts`
  const what = second ? words`${alerts} and ${code(rolloutStuck)}` : words`${alerts}`
  const span = followsNodes
    ? words`until these nodes are gone`
    : words`until ${time(settings.until)}`
  await changeAndPost(
    bot,
    row,
    action,
    'running',
    {
      state: 'active',
      outcome: `silenced until ${settings.until}`,
      parameters: JSON.stringify({ ...parameters, silences: placed } satisfies SilenceParameters),
    },
    {
      words: words`${user(submission.user.id)} silenced ${what} ${span}.${reason ? ` Reason: ${reason}` : ''}`,
      broadcast: false,
    },
  )
  await afterwards(bot, row)
  return resultModal({
    title: 'Silenced',
    text: words`Silenced ${span}. The incident stays open and is followed; end the silence from its message.`,
  })
}

export async function applyEndSilence(
  bot: Bot,
  row: IncidentRow,
  submission: Submission,
): Promise<Modal | Words> {
  const found = silenceActions(await bot.store.actions(row.id)).find(
    ({ action }) => action.id === submission.actionId,
  )
  if (found?.action.state !== 'active') return words`This silence has ended already.`
  await endSilence(
    bot,
    row,
    found.action,
    found.parameters,
    words`${user(submission.user.id)} ended it`,
  )
  await afterwards(bot, row)
  return resultModal({ title: 'Silence ended', text: words`The silence has ended.` })
}

async function refusalOf(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
): Promise<Words | undefined> {
  const actions = await bot.store.actions(row.id)
  const held = actions.find(
    (action) =>
      action.intent === 'silence' && (action.state === 'active' || action.state === 'running'),
  )
  if (held) return words`Silenced already by ${user(held.who)}, ${time(held.at)}.`
  const allowance = await allowanceFor(bot, observation, null)
  return silencable(observation, actions, allowance)
    ? undefined
    : words`There is nothing to silence: the alert does not fire, or silencing is not configured.`
}

/** Of what the dialog showed: the alerts, the nodes and the second silences, each by itself, since not all of it matters to every choice. */
function shownOf(...shown: readonly unknown[]): string {
  const hash = (part: unknown): string =>
    createHash('sha256').update(JSON.stringify(part)).digest('base64url').slice(0, 22)
  return shown.map((part) => (part === undefined ? '' : hash(part))).join('.')
}

/** The message shows it at once; the next round sees what came of it. */
async function afterwards(bot: Bot, row: IncidentRow): Promise<void> {
  const fresh = await bot.store.incident(row.id)
  if (fresh) await publish(bot, fresh)
  bot.wake(1_000)
}
