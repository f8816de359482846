import type { EqualityMatchers, PolledSilence } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { counted, listed, plural, user, type Words, words } from '../../words/words.ts'
import type { SilenceParameters } from '../action-log.ts'
import { coveredBy, silencedDaemonSets } from '../coverage.ts'
import { overOutcome } from '../ended-silences.ts'
import { rolloutStuck } from '../message/related-alerts.ts'
import { changeAndPost, type ThreadPostOptions } from '../message/thread.ts'
import { countHolds, misscheduledNodes, type Observation } from '../state.ts'
import { observationOf } from '../stored-observation.ts'

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
  const isAll = (observationOf(row)?.alerts.length ?? 0) <= silencedDaemonSets(parameters).length
  const of = isAll ? [] : words` of ${listed(silencedDaemonSets(parameters))}`
  const ended = { state: 'ended', outcome: `ended ${timestamp(bot)}` } as const
  const posted = await changeAndPost(bot, row, action, 'active', ended, {
    words: words`The silence${of} by ${user(action.who)} was ended: ${why}.`,
    broadcast,
  })
  return posted ?? row
}

/** Ends all silences of the action because the incident is over; the entry about that says so. */
export async function endWithIncident(
  bot: Bot,
  { action, parameters }: SilenceAction,
): Promise<void> {
  for (const { id } of parameters.silences) await bot.alertmanager?.expireSilence(id)
  await bot.store.changeAction(action.id, 'active', { state: 'ended', outcome: overOutcome(bot) })
}

/**
 * Follows an active silence: records what ran out or was ended in Alertmanager, and extends or ends
 * a silence that follows nodes. It is judged by the DaemonSets that it covers, whatever happens to
 * others of the incident. `polled`: this round's poll; undefined if it failed.
 * @returns the incident's row afterwards.
 */
export async function followSilence(
  bot: Bot,
  row: IncidentRow,
  silence: SilenceAction,
  observation: Observation,
  polled: readonly PolledSilence[] | undefined,
): Promise<IncidentRow> {
  const { parameters } = silence
  const covered = coveredBy(observation, [parameters])
  const lost = coverageLost(parameters, covered)
  if (lost) return endSilence(bot, row, silence, lost, { broadcast: isFiring(covered) })
  if (parameters.nodes !== null && isOver(covered)) {
    const why = words`none of what it covered is misscheduled any longer`
    return endSilence(bot, row, silence, why)
  }
  const ended = polled ? await endedSilences(bot, parameters, polled) : []
  if (ended.length > 0) return recordEnd(bot, row, silence, observation, ended)
  const leftMs = Date.parse(parameters.until) - bot.now().getTime()
  const isDue = leftMs < extendMs && parameters.until < parameters.hardEnd
  if (parameters.nodes !== null && isDue) await extend(bot, silence, polled)
  return row
}

/**
 * Why a silence that follows nodes no longer covers what it was created for; undefined while it
 * does. `covered`: the part of the incident that it covers. Pure.
 */
export function coverageLost(
  { nodes, causes }: Pick<SilenceParameters, 'nodes' | 'causes'>,
  covered: Observation,
): Words | undefined {
  if (nodes === null || covered.unreadable) return undefined
  const uncovered = misscheduledNodes(covered).filter((name) => !nodes.includes(name))
  if (uncovered.length > 0)
    return words`it covered ${counted(nodes.length, 'node')}, and now ${listed(uncovered)} ${plural(uncovered.length, 'is', 'are')} misscheduled too`
  const other = causes && podFindings(covered).find(({ id }) => !causes.includes(id))
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

function isFiring({ state, alerts }: Observation): boolean {
  return state === 'open' && alerts.some(({ firing }) => firing)
}

/** Nothing fires and nothing is misscheduled, while the rest of the incident is still open. */
function isOver({ unreadable, alerts, diagnoses }: Observation): boolean {
  return (
    unreadable === undefined &&
    alerts.length > 0 &&
    alerts.every(({ firing }) => !firing) &&
    diagnoses.length === alerts.length &&
    !diagnoses.some(countHolds)
  )
}

/**
 * The silences of the action that are no longer active. A silence that was created after the poll
 * is missing from it, so Alertmanager is asked again. The second ones, of
 * KubeDaemonSetRolloutStuck, do not decide.
 */
async function endedSilences(
  bot: Bot,
  { silences }: SilenceParameters,
  polled: readonly PolledSilence[],
): Promise<readonly PlacedSilence[]> {
  const missingFrom = (active: readonly PolledSilence[]) =>
    silences
      .filter(({ alertname }) => alertname !== rolloutStuck)
      .filter(({ id }) => !active.some((silence) => silence.id === id))
  if (missingFrom(polled).length === 0) return []
  return missingFrom((await bot.alertmanager?.activeSilences()) ?? [])
}

/** Posts which silences have ended; the action goes on while one of its silences is left. */
async function recordEnd(
  bot: Bot,
  row: IncidentRow,
  { action, parameters }: SilenceAction,
  observation: Observation,
  ended: readonly PlacedSilence[],
): Promise<IncidentRow> {
  const isEnded = ({ namespace, name }: PlacedSilence) =>
    ended.some((one) => one.namespace === namespace && one.name === name)
  const gone = parameters.silences.filter(isEnded)
  const left = parameters.silences.filter((silence) => !isEnded(silence))
  // The second silences end with the incident's own.
  for (const { id } of gone) await bot.alertmanager?.expireSilence(id)
  const isAll = observation.alerts.length === silencedDaemonSets({ silences: gone }).length
  const of = isAll ? [] : words` of ${listed(silencedDaemonSets({ silences: gone }))}`
  const firing = isFiring(coveredBy(observation, [{ ...parameters, silences: gone }]))
  const text = firing
    ? words`The silence${of} has ended and the alert still fires.`
    : words`The silence${of} has ended.`
  const change =
    left.length === 0
      ? ({ state: 'ended', outcome: 'ran out or was ended in Alertmanager' } as const)
      : {
          parameters: JSON.stringify({ ...parameters, silences: left } satisfies SilenceParameters),
        }
  const post = { words: text, broadcast: firing }
  return (await changeAndPost(bot, row, action, 'active', change, post)) ?? row
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
