import type { EqualityMatchers, PolledSilence } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { counted, listed, plural, user, type Words, words } from '../../words/words.ts'
import type { SilenceParameters } from '../action-log.ts'
import { rolloutStuck } from '../message/related-alerts.ts'
import { changeAndPost, type ThreadPostOptions } from '../message/thread.ts'
import { misscheduledNodes, type Observation } from '../state.ts'

/**
 * A silence that follows nodes ends within this time unless it is extended, so it runs out within
 * the hour if the bot dies. Milliseconds.
 */
export const stepMs = 60 * 60_000

/** It is extended once less than this is left. Milliseconds. */
const extendMs = 30 * 60_000

type PlacedSilence = SilenceParameters['silences'][number]

/** A silence with its action. */
export interface SilenceAction {
  readonly action: ActionRow
  readonly parameters: SilenceParameters
}

/**
 * Equality matchers on these labels and no others: the remaining labels are kube-state-metrics' own
 * and change.
 */
export function matchersOf({
  labels,
  name: daemonset,
  namespace,
}: Observation['alerts'][number]): EqualityMatchers {
  return {
    alertname: labels.alertname ?? 'KubeDaemonSetMisScheduled',
    ...(labels.cluster ? { cluster: labels.cluster } : {}),
    daemonset,
    namespace,
  }
}

/**
 * Creates one silence for each set of matchers, all or none: half a silenced incident is harder to
 * understand than a loud one. An active silence with the same matchers is reused.
 */
export async function placeSilences(
  { alertmanager }: Bot,
  targets: readonly EqualityMatchers[],
  settings: { readonly until: string; readonly createdBy: string; readonly comment: string },
): Promise<PlacedSilence[]> {
  if (!alertmanager) throw new Error('ALERTMANAGER_URL is not set')
  const { until: endsAt, createdBy, comment } = settings
  const placed: PlacedSilence[] = []
  const created: string[] = []
  try {
    for (const matchers of targets) {
      const { id, existed } = await alertmanager.createSilence({
        matchers,
        endsAt,
        createdBy,
        comment,
      })
      if (!existed) created.push(id)
      const { alertname = '', namespace = '', daemonset: name = '' } = matchers
      placed.push({ id, namespace, name, alertname })
    }
  } catch (error) {
    await Promise.allSettled(created.map((id) => alertmanager.expireSilence(id)))
    throw error
  }
  return placed
}

/**
 * Ends all silences of the action and posts why in the thread.
 * @returns the incident's row afterwards.
 */
export async function endSilence(
  bot: Bot,
  row: IncidentRow,
  { action, parameters }: SilenceAction,
  why: Words,
  { broadcast = false }: ThreadPostOptions = {},
): Promise<IncidentRow> {
  for (const { id } of parameters.silences) await bot.alertmanager?.expireSilence(id)
  const ended = { state: 'ended', outcome: `ended ${timestamp(bot)}` } as const
  const posted = await changeAndPost(bot, row, action, 'active', ended, {
    words: words`The silence by ${user(action.who)} was ended: ${why}.`,
    broadcast,
  })
  return posted ?? row
}

/**
 * Follows an active silence: records one that ran out or was ended in Alertmanager, and extends or
 * ends one that follows nodes. `polled`: this round's poll; undefined if it failed.
 * @returns the incident's row afterwards.
 */
export async function followSilence(
  bot: Bot,
  row: IncidentRow,
  silence: SilenceAction,
  observation: Observation,
  polled: readonly PolledSilence[] | undefined,
): Promise<IncidentRow> {
  const { action, parameters } = silence
  const firing = observation.state === 'open' && observation.alerts.some((alert) => alert.firing)
  const reason = coverageLost(parameters, observation)
  if (reason) return endSilence(bot, row, silence, reason, { broadcast: firing })
  // A silence that was created after the poll is missing from it.
  const hasEnded =
    polled &&
    isEnded(parameters, polled) &&
    isEnded(parameters, (await bot.alertmanager?.activeSilences()) ?? [])
  if (hasEnded) {
    // The second silences end with the incident's own.
    for (const { id } of parameters.silences) await bot.alertmanager?.expireSilence(id)
    const ended = { state: 'ended', outcome: 'ran out or was ended in Alertmanager' } as const
    const text = firing
      ? words`The silence has ended and the alert still fires.`
      : words`The silence has ended.`
    const post = { words: text, broadcast: firing }
    return (await changeAndPost(bot, row, action, 'active', ended, post)) ?? row
  }
  const leftMs = Date.parse(parameters.until) - bot.now().getTime()
  const isDue = leftMs < extendMs && parameters.until < parameters.hardEnd
  if (parameters.nodes !== null && isDue) await extend(bot, silence, polled)
  return row
}

/**
 * Why a silence that follows nodes no longer covers what it was created for; undefined while it
 * does. Pure.
 */
export function coverageLost(
  { nodes, causes }: Pick<SilenceParameters, 'nodes' | 'causes'>,
  observation: Observation,
): Words | undefined {
  if (nodes === null || observation.unreadable) return undefined
  const uncovered = misscheduledNodes(observation).filter((name) => !nodes.includes(name))
  if (uncovered.length > 0)
    return words`it covered ${counted(nodes.length, 'node')}, and now ${listed(uncovered)} ${plural(uncovered.length, 'is', 'are')} misscheduled too`
  const other = causes && podFindings(observation).find(({ id }) => !causes.includes(id))
  return other && words`there is another cause now: ${other.summary}`
}

/**
 * Ids of the causes that are about pods on nodes. Those of the status come and go with the
 * controller's own count.
 */
export function silencedCauses(observation: Observation): string[] {
  return [...new Set(podFindings(observation).map(({ id }) => id))].sort()
}

function podFindings({ diagnoses }: Observation) {
  return diagnoses.flatMap(({ findings }) => findings.filter(({ about }) => about === 'pods'))
}

/** The incident's own silences decide; the second ones, of KubeDaemonSetRolloutStuck, follow. */
function isEnded({ silences }: SilenceParameters, active: readonly PolledSilence[]): boolean {
  const own = silences.filter(({ alertname }) => alertname !== rolloutStuck)
  return own.every(({ id }) => !active.some((silence) => silence.id === id))
}

/** A second silence that somebody ended stays ended: extending it would start it again. */
async function extend(
  bot: Bot,
  { action, parameters }: SilenceAction,
  active: readonly PolledSilence[] | undefined,
): Promise<void> {
  const { alertmanager } = bot
  if (!alertmanager || !active) return
  const until = [timestamp(bot, stepMs), parameters.hardEnd].sort()[0] ?? parameters.hardEnd
  const silences: PlacedSilence[] = []
  for (const silence of parameters.silences.filter(({ id }) => active.some((one) => one.id === id)))
    silences.push({ ...silence, id: (await alertmanager.extendSilence(silence.id, until)).id })
  await bot.store.changeAction(action.id, 'active', {
    parameters: JSON.stringify({ ...parameters, until, silences } satisfies SilenceParameters),
  })
}
