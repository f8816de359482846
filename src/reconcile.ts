import { type Bot, timestamp } from './bot.ts'
import { followClosed } from './incident/actions/after-close.ts'
import { followUp, isSettled } from './incident/actions/follow-up.ts'
import { type AssignedIncident, assign } from './incident/assign.ts'
import { announce } from './incident/message/announce.ts'
import { countHistoryReader } from './incident/message/history.ts'
import { publish } from './incident/message/publish.ts'
import { pollRelatedAlerts, relatedAlertsOf } from './incident/message/related-alerts.ts'
import { observe, type Reading, readCluster } from './incident/observe.ts'
import { pollAlertmanager } from './incident/poll.ts'
import type { Observation } from './incident/state.ts'
import { observationOf } from './incident/stored-observation.ts'
import { storyAfter } from './incident/story.ts'
import { isCountDue } from './incident/true-counts.ts'
import type { AlertRow, IncidentRow } from './store/store.ts'

/** What one round found out, once for all incidents. */
interface Round {
  readonly reading: Reading
  readonly silences: Awaited<ReturnType<typeof pollAlertmanager>>
  readonly relatedAlerts: Awaited<ReturnType<typeof pollRelatedAlerts>>
  readonly readHistory: ReturnType<typeof countHistoryReader>
  /** Until then the round waits out Slack's rate limits. Milliseconds since 1970. */
  readonly waitUntilMs: number
}

/** Well below the duration of a round's lease. Milliseconds. */
const rateLimitWaitMs = 20_000

/**
 * One round: reads the world and makes Slack show what is true. Webhooks, clicks and the timer only
 * wake it, so the next round corrects whatever was lost, repeated, reordered or late. Reads do not
 * grow with the number of alerts: one poll and one snapshot serve them all. An incident that fails
 * is logged and left to the next round; the others go on. When asked to stop, the round ends after
 * the current incident.
 */
export async function reconcile(bot: Bot, stopping?: AbortSignal): Promise<void> {
  await followOpen(bot, stopping)
  // What is open matters more than what has closed.
  if (!stopping?.aborted) await followClosed(bot, bot.now().getTime() + rateLimitWaitMs)
}

async function followOpen(bot: Bot, stopping: AbortSignal | undefined): Promise<void> {
  const { clusterName } = bot.config
  const silences = await pollAlertmanager(bot)
  const alerts = await bot.store.openAlerts(clusterName)
  const known = await bot.store.openIncidents(clusterName)
  bot.metrics.incidentsOpen.set(known.length)
  if (alerts.length === 0 && known.length === 0) {
    // The metric shows what the alert cannot see.
    if (isCountDue(bot)) await readCluster(bot, [], [], stopping)
    return
  }
  const [reading, relatedAlerts] = await Promise.all([
    readCluster(bot, alerts, known, stopping),
    pollRelatedAlerts(bot),
  ])
  // What a stop has cut short says nothing of the cluster.
  if (stopping?.aborted) return
  const waitUntilMs = bot.now().getTime() + rateLimitWaitMs
  const readHistory = countHistoryReader(bot)
  const round: Round = { reading, silences, relatedAlerts, readHistory, waitUntilMs }
  const incidents = await assign(bot, alerts, known, reading)
  const published: (PublishedIncident & AssignedIncident)[] = []
  await forEach(bot, incidents, stopping, async (incident) => {
    const shown = await updateIncident(bot, incident, round)
    if (shown) published.push({ ...incident, ...shown })
  })
  // Slack accepts one post a second, and every message matters more than another incident's
  // evidence.
  await forEach(bot, published, stopping, (incident) => updateThread(bot, incident))
  bot.metrics.incidentsOpen.set((await bot.store.openIncidents(clusterName)).length)
}

interface PublishedIncident {
  readonly row: IncidentRow
  readonly observation: Observation
}

async function forEach<Incident extends AssignedIncident>(
  bot: Bot,
  incidents: readonly Incident[],
  stopping: AbortSignal | undefined,
  act: (incident: Incident) => Promise<void>,
): Promise<void> {
  for (const incident of incidents) {
    if (stopping?.aborted) return
    try {
      await act(incident)
    } catch (error) {
      bot.log.error(
        { incident: incident.row.id, err: error },
        'incident not updated; trying again in the next round',
      )
    }
  }
}

/**
 * Stores what is observed of one incident, follows its actions and publishes it. undefined: Slack
 * does not show it yet.
 */
async function updateIncident(
  bot: Bot,
  { row, alerts }: AssignedIncident,
  round: Round,
): Promise<PublishedIncident | undefined> {
  if (alerts.length === 0) {
    await close(bot, row, alerts)
    return undefined
  }
  const observation = await observeIncident(bot, row, alerts, round)
  const json = JSON.stringify(observation)
  const stored =
    json === row.observation
      ? row
      : await bot.store.changeIncident(row.id, row.rev, { observation: json })
  // A click was faster; the next round observes its effect as well.
  if (!stored) {
    bot.wake(1_000)
    return undefined
  }
  const followed = await followUp(bot, stored, observation, round.silences)
  const shown = await publish(bot, followed, round.waitUntilMs)
  const isShown = shown !== undefined && shown.ts !== null && shown.hash !== null
  return isShown ? { row: shown, observation } : undefined
}

/** Posts in the thread what is new, and closes an incident that is over. */
async function updateThread(
  bot: Bot,
  { row, observation, alerts }: PublishedIncident & AssignedIncident,
): Promise<void> {
  const announced = await announce(bot, row)
  if (observation.state !== 'closed') return
  // Actions are followed to their end, even if that comes after the incident's own.
  const isPosted = observationOf(announced)?.posted?.state === 'closed'
  if (isPosted && (await isSettled(bot, row.id))) await close(bot, announced, alerts)
}

/** The incident as this round observes it. What could not be read stays as it was. */
async function observeIncident(
  bot: Bot,
  row: IncidentRow,
  alerts: readonly AlertRow[],
  { reading, relatedAlerts: firing, readHistory }: Round,
): Promise<Observation> {
  const last = observationOf(row)
  const observation = observe(alerts, reading, last)
  const relatedAlerts = firing ? relatedAlertsOf(observation, firing) : last?.relatedAlerts
  const history = await readHistory(observation, last, row.ts !== null)
  const story = storyAfter(observation, last, reading.ending)
  return {
    ...observation,
    ...(story ? { story } : {}),
    ...(observation.unreadable === undefined
      ? {}
      : { unreadableSince: last?.unreadableSince ?? timestamp(bot) }),
    ...(relatedAlerts ? { relatedAlerts } : {}),
    ...(history ? { history } : {}),
    ...(observation.state === 'closed' ? { closed: last?.closed ?? timestamp(bot) } : {}),
  }
}

/**
 * Closes the rows of an incident that is over. The alerts first: a crash in between leaves an
 * incident without alerts, which the next round closes.
 */
async function close(bot: Bot, row: IncidentRow, alerts: readonly AlertRow[]): Promise<void> {
  const closed = timestamp(bot)
  await bot.store.changeAlerts(alerts.map((alert) => ({ alert, change: { closed } })))
  await bot.store.changeIncident(row.id, row.rev, { closed })
}
