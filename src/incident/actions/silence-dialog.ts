import { AlertmanagerError } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { Submission } from '../../slack/interactions.ts'
import type { Done, Modal } from '../../slack/modals.ts'
import { silenceModal } from '../../slack/silence-modal.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { errorMessage } from '../../words/error-message.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { code, listed, plural, time, user, type Words, words } from '../../words/words.ts'
import { beginAction, newActionId, type SilenceParameters, silenceActions } from '../action-log.ts'
import { activeSilences, coveredBy, notCoveredBy, silencedDaemonSets } from '../coverage.ts'
import { publish, publishAction } from '../message/publish.ts'
import { rolloutStuck, secondSilence } from '../message/related-alerts.ts'
import { changeAndPost } from '../message/thread.ts'
import { isHeld, isSilenceable } from '../offered.ts'
import { misscheduledNodes, type Observation } from '../state.ts'
import { matchersOf, placeSilences, silencedCauses, stepMs } from './silence.ts'
import { choiceOf, fingerprint, hasChanged } from './silence-choice.ts'

/** If Alertmanager did not answer, it is asked this much later what it did. Milliseconds. */
const lookUpMs = 15_000

/** A silence that follows nodes ends after this time, whatever happens. Milliseconds. */
const longestMs = 24 * 60 * 60_000

/**
 * The modal: what is silenced already, what the silences would match, which alerts they match now,
 * and which other alert fires that they would not cover.
 */
export async function silenceDialog(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  note?: Words,
): Promise<Result<Modal>> {
  const silenceable = await silenceablePart(bot, row, observation)
  if (!silenceable.ok) return silenceable
  const { part, actions } = silenceable.value
  const matchers = part.alerts.map(matchersOf)
  const matching = await Promise.all(
    matchers.map(async (one) => (await bot.alertmanager?.matching(one)) ?? []),
  )
  const nodes = misscheduledNodes(part)
  const second = await secondSilence(bot, part, matchers)
  const silenced = silencedWords(observation, actions)
  return success(
    silenceModal({
      incidentId: row.id,
      rev: row.rev,
      matchers,
      matchingNow: matching.flat().map(({ labels }) => labels),
      nodes,
      shown: fingerprint({ matchers, nodes, second }),
      ...(second ? { second: { ...second, alertname: rolloutStuck } } : {}),
      ...(silenced ? { silenced } : {}),
      ...(note ? { note } : {}),
    }),
  )
}

/**
 * Silences every alert of the incident that is not silenced yet, or none, and
 * KubeDaemonSetRolloutStuck too if that was ticked: exactly what the modal showed. If that has
 * changed, the modal shows it again and nothing is done.
 */
export async function applySilence(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
  submission: Submission,
): Promise<Result<Modal | Done>> {
  const silenceable = await silenceablePart(bot, row, observation)
  if (!silenceable.ok) return silenceable
  const { part, actions } = silenceable.value
  const choice = choiceOf(submission)
  if (!choice.ok) return choice
  const { followsNodes, hours, withSecond } = choice.value
  const now = { matchers: part.alerts.map(matchersOf), nodes: misscheduledNodes(part) }
  const second = withSecond ? await secondSilence(bot, part, now.matchers) : undefined
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
    ...(followsNodes ? { causes: silencedCauses(part) } : {}),
    hardEnd: timestamp(bot, longestMs),
  }
  const who = submission.user.id
  const begun = await beginAction(bot, row, { intent: silenceIntent(actions), who, parameters, id })
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
  const isRest = part.alerts.length < observation.alerts.length
  return silenced(bot, shown, action, { ...parameters, silences }, { reason, isRest })
}

async function silenced(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  parameters: SilenceParameters,
  { reason, isRest }: { readonly reason: string; readonly isRest: boolean },
): Promise<Result<Done>> {
  bot.metrics.actions.inc({ intent: 'silence', state: 'active' })
  const { until, nodes, silences } = parameters
  const own = silences.filter(({ alertname }) => alertname !== rolloutStuck)
  const alerts = own.length === 1 ? 'the alert' : `${own.length} alerts`
  const of = isRest ? words` of ${listed(silencedDaemonSets({ silences: own }))}` : []
  const also = own.length < silences.length ? words` and ${code(rolloutStuck)}` : []
  const what = words`${alerts}${of}${also}`
  const span = nodes === null ? words`until ${time(until)}` : words`until these nodes are gone`
  const change = {
    state: 'active',
    outcome: `silenced until ${until}`,
    parameters: JSON.stringify(parameters),
  } as const
  const posted = reason
    ? await changeAndPost(bot, row, action, 'running', change, {
        words: words`${user(action.who)} silenced ${what} ${span}. Reason: ${reason}`,
        broadcast: false,
      })
    : undefined
  // The message shows who silenced, and until when; the thread has what the message does not.
  if (!reason) await bot.store.changeAction(action.id, 'running', change)
  await publishAction(bot, posted ?? row)
  return success({
    title: 'Silenced',
    text: words`Silenced ${span}. The incident stays open; end the silence from its message.`,
  })
}

async function notSilenced(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  error: unknown,
): Promise<Result<never>> {
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

/**
 * The part of the incident that can be silenced now: what no active silence covers. Refused while a
 * silence is being created, and if nothing of that part fires.
 */
async function silenceablePart(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
): Promise<Result<{ readonly part: Observation; readonly actions: readonly ActionRow[] }>> {
  const actions = await bot.store.actions(row.id)
  const allowed = { actions: bot.config.actions, canSilence: bot.alertmanager !== undefined }
  if (isSilenceable(allowed, observation, actions))
    return success({ part: notCoveredBy(observation, activeSilences(actions)), actions })
  const held = silenceActions(actions).find(
    ({ action: { state } }) => state === 'running' || state === 'active',
  )?.action
  return refusal(
    held
      ? words`Already silenced by ${user(held.who)}, ${time(held.at)}.`
      : words`There is nothing to silence: the alert does not fire, or silences are not configured.`,
  )
}

/** "`datadog/agent` is silenced already. …"; undefined if no silence is active. */
function silencedWords(observation: Observation, actions: readonly ActionRow[]): Words | undefined {
  const { alerts } = coveredBy(observation, activeSilences(actions))
  const names = alerts.map(({ namespace, name }) => `${namespace}/${name}`)
  return names.length > 0
    ? words`${listed(names)} ${plural(names.length, 'is', 'are')} silenced already. This covers the rest.`
    : undefined
}

/**
 * The first intent that no silence of the incident holds, so that two people who press at the same
 * time create one silence. The first silence of an incident covers all of it; a DaemonSet that
 * joins later needs another one.
 */
function silenceIntent(actions: readonly ActionRow[]): string {
  for (let number = 1; ; number++) {
    const again = number > 2 ? ` (${number})` : ''
    const intent = number === 1 ? 'silence' : `silence the rest${again}`
    if (!isHeld(actions, intent)) return intent
  }
}
