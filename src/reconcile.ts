import { type Bot, timestamp } from './bot.ts'
import { announce } from './incident/announce.ts'
import { assign } from './incident/assign.ts'
import { listen } from './incident/listen.ts'
import { publish, seenOf } from './incident/publish.ts'
import { read } from './incident/read.ts'
import { type Reading, see } from './incident/seen.ts'
import { settle } from './incident/settle.ts'
import type { AlertRow, IncidentRow } from './store/store.ts'

type Silences = Awaited<ReturnType<typeof listen>>

/**
 * One round: looks at the world and makes Slack say what is true. Webhooks, clicks and the timer only wake it; whatever was lost,
 * repeated, reordered or late is mended here. Reads do not grow with the number of alerts: one poll, one snapshot for all of them.
 * An incident that fails is logged and left to the next round; the others go on.
 */
export async function reconcile(bot: Bot): Promise<void> {
  const silences: Silences = await listen(bot)
  const alerts = await bot.store.openAlerts(bot.config.clusterName)
  const known = await bot.store.openIncidents(bot.config.clusterName)
  if (alerts.length === 0 && known.length === 0) return
  const reading = await read(bot)
  const incidents = await assign(bot, alerts, known, reading)
  for (const { row, members } of incidents) {
    try {
      await tend(bot, row, members, reading, silences)
    } catch (error) {
      bot.log.error({ incident: row.id, err: error }, 'this incident could not be brought up to date; trying again next round')
    }
  }
  bot.metrics.incidentsOpen.set(incidents.length)
}

/** Brings one incident up to date: what is seen is stored, what was done is settled, all of it is drawn and told, what is over is closed. */
async function tend(
  bot: Bot,
  row: IncidentRow,
  members: readonly AlertRow[],
  reading: Reading,
  silences: Silences,
): Promise<void> {
  if (members.length === 0) return finish(bot, row, members)
  const last = seenOf(row)
  const now = see(members, reading, last)
  const seen = now.state === 'closed' ? { ...now, closed: last?.closed ?? timestamp(bot) } : now
  const text = JSON.stringify(seen)
  const stored = text === row.view ? row : await bot.store.changeIncident(row.id, row.rev, { view: text })
  if (!stored) return
  await settle(bot, stored, seen, silences)
  const published = await publish(bot, (await bot.store.incident(row.id)) ?? stored)
  if (!published || published.ts === null || published.hash === null) return
  const told = await announce(bot, published, seen)
  if (seen.state === 'closed') await finish(bot, told, members)
}

/** Over, and Slack shows it: the rows may go. The alerts first, so that a crash in between leaves an incident that is merely empty. */
async function finish(bot: Bot, row: IncidentRow, members: readonly AlertRow[]): Promise<void> {
  const at = timestamp(bot)
  for (const alert of members) await bot.store.changeAlert(alert, { closed: at })
  await bot.store.changeIncident(row.id, row.rev, { closed: at })
}
