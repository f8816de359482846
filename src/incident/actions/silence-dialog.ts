import { createHash } from 'node:crypto'
import { AlertmanagerError, type EqualityMatchers } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { Submission } from '../../slack/interactions.ts'
import { type Modal, resultModal } from '../../slack/modals.ts'
import { silenceModal } from '../../slack/silence-modal.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { errorMessage } from '../../words/error-message.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { code, time, user, type Words, words } from '../../words/words.ts'
import { beginAction, newActionId, type SilenceParameters, silenceActions } from '../action-log.ts'
import { publish, publishAction } from '../message/publish.ts'
import { rolloutStuck, type SecondSilence, secondSilence } from '../message/related-alerts.ts'
import { changeAndPost } from '../message/thread.ts'
import { isSilenceable } from '../offered.ts'
import { misscheduledNodes, type Observation } from '../state.ts'
import { endSilence, matchersOf, placeSilences, silencedCauses, stepMs } from './silence.ts'

/** The fixed durations on offer, in hours. */
const durationHours: Readonly<Record<string, number>> = { '1h': 1, '4h': 4, '24h': 24 }

/** If Alertmanager did not answer, it is asked this much later what it did. Milliseconds. */
const lookUpMs = 15_000

/** A silence that follows nodes ends after this time, whatever happens. Milliseconds. */
const longestMs = 24 * 60 * 60_000

/**
 * The modal: what the silences would match, which alerts they match now, and which other alert
 * fires that they would not cover.
 */
export async function silenceDialog(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  note?: Words,
): Promise<Result<Modal>> {
  const why = await whyNotSilenceable(bot, row, observation)
  if (why) return refusal(why)
  const matchers = observation.alerts.map(matchersOf)
  const matching = await Promise.all(
    matchers.map(async (one) => (await bot.alertmanager?.matching(one)) ?? []),
  )
  const nodes = misscheduledNodes(observation)
  const second = await secondSilence(bot, observation, matchers)
  return success(
    silenceModal({
      incidentId: row.id,
      rev: row.rev,
      matchers,
      matchingNow: matching.flat().map(({ labels }) => labels),
      nodes,
      shown: fingerprint({ matchers, nodes, second }),
      ...(second ? { second: { ...second, alertname: rolloutStuck } } : {}),
      ...(note ? { note } : {}),
    }),
  )
}

/**
 * Silences every alert of the incident, or none, and KubeDaemonSetRolloutStuck too if that was
 * ticked: exactly what the modal showed. If that has changed, the modal shows it again and nothing
 * is done.
 */
export async function applySilence(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  submission: Submission,
): Promise<Result<Modal>> {
  const why = await whyNotSilenceable(bot, row, observation)
  if (why) return refusal(why)
  const choice = choiceOf(submission)
  if (!choice.ok) return choice
  const { followsNodes, hours, withSecond } = choice.value
  const now = {
    matchers: observation.alerts.map(matchersOf),
    nodes: misscheduledNodes(observation),
  }
  const second = withSecond ? await secondSilence(bot, observation, now.matchers) : undefined
  if (hasChanged(submission.shown, fingerprint({ ...now, second }), choice.value)) {
    const note = words`The firing alerts or nodes have changed since you opened this dialog. Please check it again.`
    return silenceDialog(bot, row, observation, note)
  }
  const id = newActionId()
  const reason = (submission.values.reason ?? '').trim()
  const targets = [...now.matchers, ...(second?.matchers ?? [])]
  const parameters: SilenceParameters = {
    kind: 'silence',
    until: timestamp(bot, followsNodes ? stepMs : hours * 60 * 60_000),
    silences: [],
    comment: `${reason || 'Silenced from Slack'} [daemonset-triage ${row.id} ${id}]`,
    targets,
    nodes: followsNodes ? now.nodes : null,
    ...(followsNodes ? { causes: silencedCauses(observation) } : {}),
    hardEnd: timestamp(bot, longestMs),
  }
  const who = submission.user.id
  const begun = await beginAction(bot, row, { intent: 'silence', who, parameters, id })
  if (!begun.ok) return begun
  const shown = (await publish(bot, row)) ?? row
  const action = begun.value
  const { until, comment } = parameters
  const createdBy = `${submission.user.name} (Slack ${who})`
  let silences: SilenceParameters['silences']
  try {
    silences = await placeSilences(bot, targets, { until, createdBy, comment })
  } catch (error) {
    return notSilenced(bot, shown, action, error)
  }
  return silenced(bot, shown, action, { ...parameters, silences }, reason)
}

/** Ends a silence from its message. */
export async function applyEndSilence(
  bot: Bot,
  row: IncidentRow,
  submission: Submission,
): Promise<Result<Modal>> {
  const silence = silenceActions(await bot.store.actions(row.id)).find(
    ({ action }) => action.id === submission.actionId,
  )
  if (silence?.action.state !== 'active') return refusal(words`This silence has already ended.`)
  const why = words`${user(submission.user.id)} ended it`
  await publishAction(bot, await endSilence(bot, row, silence, why))
  return success(resultModal({ title: 'Silence ended', text: words`The silence has ended.` }))
}

interface SilenceChoice {
  readonly followsNodes: boolean
  /** 0 if it follows nodes. */
  readonly hours: number
  /** KubeDaemonSetRolloutStuck was ticked. */
  readonly withSecond: boolean
}

function choiceOf({ values }: Submission): Result<SilenceChoice> {
  const withSecond = values.second === 'yes'
  if (values.duration === 'nodes') return success({ followsNodes: true, hours: 0, withSecond })
  const hours = durationHours[values.duration ?? '']
  return hours === undefined
    ? refusal(words`Choose how long.`)
    : success({ followsNodes: false, hours, withSecond })
}

async function silenced(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  parameters: SilenceParameters,
  reason: string,
): Promise<Result<Modal>> {
  bot.metrics.actions.inc({ intent: 'silence', state: 'active' })
  const { until, nodes, silences } = parameters
  const own = silences.filter(({ alertname }) => alertname !== rolloutStuck)
  const alerts = own.length === 1 ? 'the alert' : `${own.length} alerts`
  const what =
    own.length < silences.length ? words`${alerts} and ${code(rolloutStuck)}` : words`${alerts}`
  const span = nodes === null ? words`until ${time(until)}` : words`until these nodes are gone`
  const change = {
    state: 'active',
    outcome: `silenced until ${until}`,
    parameters: JSON.stringify(parameters),
  } as const
  const posted = await changeAndPost(bot, row, action, 'running', change, {
    words: words`${user(action.who)} silenced ${what} ${span}.${reason ? ` Reason: ${reason}` : ''}`,
    broadcast: false,
  })
  await publishAction(bot, posted ?? row)
  return success(
    resultModal({
      title: 'Silenced',
      text: words`Silenced ${span}. The incident stays open; end the silence from its message.`,
    }),
  )
}

async function notSilenced(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  error: unknown,
): Promise<Result<Modal>> {
  const why = errorMessage(error)
  // Without an answer the silence may exist or not. The action stays running, and its outcome is
  // looked up.
  const isUnknown =
    error instanceof AlertmanagerError && (error.status === undefined || error.status >= 500)
  if (isUnknown) {
    await bot.store.changeAction(action.id, 'running', { deadline: timestamp(bot, lookUpMs) })
    bot.wake(lookUpMs)
    return refusal(
      words`Alertmanager did not answer (${why}). It is unknown whether the alert is silenced; the result will be posted in the thread.`,
    )
  }
  await bot.store.changeAction(action.id, 'running', { state: 'failed', outcome: why })
  await publishAction(bot, row)
  return refusal(words`Alertmanager refused the silence: ${why}. Nothing is silenced.`)
}

async function whyNotSilenceable(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
): Promise<Words | undefined> {
  const actions = await bot.store.actions(row.id)
  const held = actions.find(
    ({ intent, state }) => intent === 'silence' && (state === 'active' || state === 'running'),
  )
  if (held) return words`Already silenced by ${user(held.who)}, ${time(held.at)}.`
  const allowed = { actions: bot.config.actions, canSilence: bot.alertmanager !== undefined }
  return isSilenceable(allowed, observation, actions)
    ? undefined
    : words`There is nothing to silence: the alert does not fire, or silences are not configured.`
}

/**
 * Hashes of what the modal shows, one for each part, since not every choice depends on every part.
 */
function fingerprint(shown: {
  readonly matchers: readonly EqualityMatchers[]
  readonly nodes: readonly string[]
  readonly second: SecondSilence | undefined
}): string {
  return [shown.matchers, shown.nodes, shown.second?.matchers]
    .map((part) => (part === undefined ? '' : hashOf(part)))
    .join('.')
}

function hashOf(part: unknown): string {
  return createHash('sha256').update(JSON.stringify(part)).digest('base64url').slice(0, 22)
}

function hasChanged(
  shown: string | undefined,
  current: string,
  { followsNodes, withSecond }: SilenceChoice,
): boolean {
  const [matchers, nodes, second] = (shown ?? '').split('.')
  const [matchersNow, nodesNow, secondNow] = current.split('.')
  return (
    matchers !== matchersNow ||
    (followsNodes && nodes !== nodesNow) ||
    (withSecond && (secondNow === '' || second !== secondNow))
  )
}
