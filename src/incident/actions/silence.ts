import type { EqualityMatchers, PolledSilence } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import type { Finding } from '../../triage/findings/finding.ts'
import { listed, user, type Words, words } from '../../words/words.ts'
import type { SilenceParameters } from '../action-parameters.ts'
import { changeAndPost } from '../message/pending.ts'
import { rolloutStuck } from '../message/related-alerts.ts'
import type { ThreadPostOptions } from '../message/thread.ts'
import { misscheduledNodes, type Observation } from '../state.ts'

/** A silence that follows nodes is never set further ahead than this: if the bot dies, it runs out within the hour. Milliseconds. */
export const stepMs = 60 * 60_000

/** It is renewed once less than this is left. Milliseconds. */
const renewMs = 30 * 60_000

/** Equality matchers on these names and no others: the rest of the labels are kube-state-metrics' own and change. */
export function matchersOf(alert: Observation['alerts'][number]): EqualityMatchers {
  const cluster = alert.labels.cluster
  return {
    alertname: alert.labels.alertname ?? 'KubeDaemonSetMisScheduled',
    ...(cluster ? { cluster } : {}),
    daemonset: alert.name,
    namespace: alert.namespace,
  }
}

/** One silence for each set of matchers. Where one with the same matchers is active already, it is taken over, not doubled. */
export async function placeSilences(
  bot: Bot,
  targets: readonly EqualityMatchers[],
  settings: { readonly until: string; readonly createdBy: string; readonly comment: string },
): Promise<SilenceParameters['silences']> {
  const { alertmanager } = bot
  if (!alertmanager) throw new Error('ALERTMANAGER_URL is not set')
  const { until: endsAt, createdBy, comment } = settings
  const placed: SilenceParameters['silences'][number][] = []
  const made: string[] = []
  try {
    for (const matchers of targets) {
      const { id, existed } = await alertmanager.createSilence({
        matchers,
        endsAt,
        createdBy,
        comment,
      })
      if (!existed) made.push(id)
      const { alertname = '', namespace = '', daemonset: name = '' } = matchers
      placed.push({ id, namespace, name, alertname })
    }
  } catch (error) {
    // All or none: half a silenced incident is worse to understand than a loud one. What others made stays.
    await Promise.allSettled(made.map((id) => alertmanager.expireSilence(id)))
    throw error
  }
  return placed
}

/** Ends all silences of the action and says why in the thread. */
export async function endSilence(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  parameters: SilenceParameters,
  why: Words,
  options: ThreadPostOptions = {},
): Promise<void> {
  for (const { id } of parameters.silences) await bot.alertmanager?.expireSilence(id)
  const ended = { state: 'ended', outcome: `ended ${timestamp(bot)}` } as const
  const posted = words`The silence by ${user(action.who)} was ended: ${why}.`
  await changeAndPost(bot, row, action, 'active', ended, {
    words: posted,
    broadcast: options.broadcast ?? false,
  })
}

/** Follows an active silence: one that ran out or was ended elsewhere is noted, one that follows nodes is renewed or ended. */
export async function followSilence(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  parameters: SilenceParameters,
  observation: Observation,
  silences: readonly PolledSilence[] | undefined,
): Promise<void> {
  const firing = observation.state === 'open' && observation.alerts.some((alert) => alert.firing)
  const change = coverageLost(parameters, observation)
  if (change) return endSilence(bot, row, action, parameters, change, { broadcast: firing })
  // One that was made since the poll is not among the polled ones.
  if (
    silences &&
    hasEnded(parameters, silences) &&
    hasEnded(parameters, (await bot.alertmanager?.activeSilences()) ?? [])
  ) {
    // What was silenced along with it ends with it.
    for (const { id } of parameters.silences) await bot.alertmanager?.expireSilence(id)
    const ended = { state: 'ended', outcome: 'ran out or was ended in Alertmanager' } as const
    const text = firing
      ? words`The silence has ended and the alert still fires.`
      : words`The silence has ended.`
    return void (await changeAndPost(bot, row, action, 'active', ended, {
      words: text,
      broadcast: firing,
    }))
  }
  const left = Date.parse(parameters.until) - bot.now().getTime()
  if (parameters.nodes !== null && left < renewMs && parameters.until < parameters.hardEnd)
    await renew(bot, action, parameters, silences)
}

/** Why a silence that follows nodes covers no longer what it was made for; undefined while it does. Pure. */
export function coverageLost(
  { nodes, causes }: Pick<SilenceParameters, 'nodes' | 'causes'>,
  observation: Observation,
): Words | undefined {
  if (nodes === null || observation.unreadable) return undefined
  const strays = misscheduledNodes(observation).filter((name) => !nodes.includes(name))
  if (strays.length > 0)
    return words`it covered ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}, and now ${listed(strays)} ${strays.length === 1 ? 'is' : 'are'} misscheduled too`
  const other = causes && podFindings(observation).find(({ id }) => !causes.includes(id))
  return other && words`there is another cause now: ${other.summary}`
}

/** Ids of the causes that are about pods on nodes. Those of the status come and go with the controller's own count. */
export function silencedCauses(observation: Observation): string[] {
  return [...new Set(podFindings(observation).map(({ id }) => id))].sort()
}

function podFindings({ diagnoses }: Observation): readonly Finding[] {
  return diagnoses.flatMap(({ findings }) => findings.filter(({ about }) => about === 'pods'))
}

/** The incident's own silences decide; the second ones, of KubeDaemonSetRolloutStuck, follow. */
function hasEnded(
  { silences: made }: SilenceParameters,
  active: readonly PolledSilence[],
): boolean {
  const own = made.filter(({ alertname }) => alertname !== rolloutStuck)
  return own.every(({ id }) => !active.some((silence) => silence.id === id))
}

/** A second silence that somebody ended stays ended: extended, it would begin anew. */
async function renew(
  bot: Bot,
  action: ActionRow,
  parameters: SilenceParameters,
  active: readonly PolledSilence[] | undefined,
): Promise<void> {
  const { alertmanager } = bot
  if (!alertmanager || !active) return
  const until = [timestamp(bot, stepMs), parameters.hardEnd].sort()[0] ?? parameters.hardEnd
  const silences: SilenceParameters['silences'][number][] = []
  for (const silence of parameters.silences.filter(({ id }) => active.some((one) => one.id === id)))
    silences.push({ ...silence, id: (await alertmanager.extendSilence(silence.id, until)).id })
  await bot.store.changeAction(action.id, 'active', {
    parameters: JSON.stringify({ ...parameters, until, silences } satisfies SilenceParameters),
  })
}
