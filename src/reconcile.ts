import { type Bot, timestamp } from './bot.ts'
import { followUp, isSettled } from './incident/actions/follow-up.ts'
import { assign, type IncidentAlerts } from './incident/assign.ts'
import { announce } from './incident/message/announce.ts'
import { countHistoryReader } from './incident/message/history.ts'
import { publish } from './incident/message/publish.ts'
import { pollRelatedAlerts, relatedAlertsOf } from './incident/message/related-alerts.ts'
import { read } from './incident/observe.ts'
import { pollAlertmanager } from './incident/poll.ts'
import { type Observation, observationOf, observe, type Reading } from './incident/state.ts'
import { isCountDue } from './incident/true-counts.ts'
import type { AlertRow, IncidentRow } from './store/store.ts'

/** What was found out once, for all incidents of the round. */
interface Round {
  readonly reading: Reading
  readonly silences: Awaited<ReturnType<typeof pollAlertmanager>>
  readonly relatedAlerts: Awaited<ReturnType<typeof pollRelatedAlerts>>
  readonly history: ReturnType<typeof countHistoryReader>
  /** Until then the round waits for Slack where it is rate limited. Milliseconds since 1970. */
  readonly patience: number
}

/** Well below the time that the lease of a round is held for. Milliseconds. */
const patienceMs = 20_000

/**
 * One round: looks at the world and makes Slack say what is true. Webhooks, clicks and the timer only wake it; whatever was lost,
 * repeated, reordered or late is mended here. Reads do not grow with the number of alerts: one poll, one snapshot for all of them.
 * An incident that fails is logged and left to the next round; the others go on. Asked to stop, it ends after the incident it is at.
 */
export async function reconcile(bot: Bot, stopping?: AbortSignal): Promise<void> {
  const silences = await pollAlertmanager(bot)
  const alerts = await bot.store.openAlerts(bot.config.clusterName)
  const known = await bot.store.openIncidents(bot.config.clusterName)
  bot.metrics.incidentsOpen.set(known.length)
  if (alerts.length === 0 && known.length === 0) {
    // What the alert cannot see is to be observation in the metric.
    if (isCountDue(bot)) await read(bot, [])
    return
  }
  const [reading, relatedAlerts] = await Promise.all([read(bot, alerts), pollRelatedAlerts(bot)])
  const patience = bot.now().getTime() + patienceMs
  const round: Round = {
    reading,
    silences,
    relatedAlerts,
    history: countHistoryReader(bot),
    patience,
  }
  const incidents = await assign(bot, alerts, known, reading)
  const shown = new Map<string, Published>()
  await each(bot, incidents, async ({ row, members }) => {
    if (stopping?.aborted) return
    const published = await tend(bot, row, members, round)
    if (published) shown.set(row.id, published)
  })
  // Threads wait for all the messages: Slack takes one post a second, and a message is worth more than another's evidence.
  await each(bot, incidents, async ({ row, members }) => {
    const published = shown.get(row.id)
    if (published && !stopping?.aborted) await tellThread(bot, published, members)
  })
  bot.metrics.incidentsOpen.set((await bot.store.openIncidents(bot.config.clusterName)).length)
}

interface Published {
  readonly row: IncidentRow
  readonly observation: Observation
}

async function each(
  bot: Bot,
  incidents: readonly IncidentAlerts[],
  act: (incident: IncidentAlerts) => Promise<void>,
): Promise<void> {
  for (const incident of incidents) {
    try {
      await act(incident)
    } catch (error) {
      const { id } = incident.row
      bot.log.error(
        { incident: id, err: error },
        'this incident could not be brought up to date; trying again next round',
      )
    }
  }
}

/** Brings one incident up to date: what is observation is stored, what was done is settled, all of it is drawn. undefined: Slack does not show it yet. */
async function tend(
  bot: Bot,
  row: IncidentRow,
  members: readonly AlertRow[],
  round: Round,
): Promise<Published | undefined> {
  if (members.length === 0) {
    await finish(bot, row, members)
    return undefined
  }
  const observation = await look(bot, row, members, round)
  const text = JSON.stringify(observation)
  const stored =
    text === row.observation
      ? row
      : await bot.store.changeIncident(row.id, row.rev, { observation: text })
  // A click was faster; what it did belongs to what is observation.
  if (!stored) {
    bot.wake(1_000)
    return undefined
  }
  await followUp(bot, stored, observation, round.silences)
  const published = await publish(bot, (await bot.store.incident(row.id)) ?? stored, round.patience)
  return published && published.ts !== null && published.hash !== null
    ? { row: published, observation }
    : undefined
}

/** The thread hears what is new, and what is over is closed. */
async function tellThread(
  bot: Bot,
  { row, observation }: Published,
  members: readonly AlertRow[],
): Promise<void> {
  await announce(bot, row)
  const posted = (await bot.store.incident(row.id)) ?? row
  // What was done is followed to its end, also where that comes after the incident's own.
  if (
    observation.state === 'closed' &&
    observationOf(posted)?.posted?.state === 'closed' &&
    (await isSettled(bot, row.id))
  ) {
    await finish(bot, posted, members)
  }
}

/** The incident as this round sees it. What could not be asked stays as it was. */
async function look(
  bot: Bot,
  row: IncidentRow,
  members: readonly AlertRow[],
  round: Round,
): Promise<Observation> {
  const last = observationOf(row)
  const now = observe(members, round.reading, last)
  const relatedAlerts = round.relatedAlerts
    ? relatedAlertsOf(now, round.relatedAlerts)
    : last?.relatedAlerts
  const history = await round.history(now, last, row.ts !== null)
  return {
    ...now,
    ...(relatedAlerts ? { relatedAlerts } : {}),
    ...(history ? { history } : {}),
    ...(now.state === 'closed' ? { closed: last?.closed ?? timestamp(bot) } : {}),
  }
}

/** Over, and Slack shows it: the rows may go. The alerts first, so that a crash in between leaves an incident that is merely empty. */
async function finish(bot: Bot, row: IncidentRow, members: readonly AlertRow[]): Promise<void> {
  const at = timestamp(bot)
  await bot.store.changeAlerts(members.map((alert) => ({ alert, change: { closed: at } })))
  await bot.store.changeIncident(row.id, row.rev, { closed: at })
}
