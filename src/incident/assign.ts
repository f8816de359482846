import { type Bot, timestamp } from '../bot.ts'
import type { Config } from '../config/config.ts'
import type { AlertRow, ChangedAlert, IncidentRow } from '../store/store.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import type { Reading } from './state.ts'

/** Firing again this soon after it closed, an incident is opened again in its old message. Milliseconds. */
const reopenMs = 20 * 60_000

export interface IncidentAlerts {
  readonly row: IncidentRow
  readonly members: readonly AlertRow[]
}

/**
 * Gives every alert its incident: (cluster, channel, root). An alert stays where it is until it is over, whatever its cause becomes;
 * only new ones are assigned, to the open incident of their root, to one that closed in the last 20 minutes, or to one of their own.
 */
export async function assign(
  bot: Bot,
  alerts: readonly AlertRow[],
  known: readonly IncidentRow[],
  reading: Reading,
): Promise<IncidentAlerts[]> {
  const rows = new Map(known.map((row) => [row.id, row]))
  const members = new Map<string, AlertRow[]>()
  const moved: ChangedAlert[] = []
  for (const alert of alerts) {
    const home = alert.incident === null ? undefined : rows.get(alert.incident)
    const row = home ?? (await incidentFor(bot, alert, rows, reading))
    rows.set(row.id, row)
    if (alert.incident !== row.id) moved.push({ alert, change: { incident: row.id } })
    members.set(row.id, members.get(row.id) ?? [])
    members.get(row.id)?.push(alert)
  }
  await bot.store.changeAlerts(moved)
  return Promise.all(
    [...rows.values()].map(async (row) =>
      withRoot(bot, { row, members: members.get(row.id) ?? [] }, rows, reading),
    ),
  )
}

async function incidentFor(
  bot: Bot,
  alert: AlertRow,
  rows: ReadonlyMap<string, IncidentRow>,
  reading: Reading,
): Promise<IncidentRow> {
  const { channel } = routeOf(bot.config, alert.labels)
  const root = rootOf(
    alert,
    reading.readable ? reading.diagnosis(alert.namespace, alert.daemonset) : undefined,
  )
  const open = [...rows.values()].find((row) => row.channel === channel && row.root === root)
  if (open) return open
  const reopened = await reopen(bot, alert, channel, root)
  if (reopened) return reopened
  return bot.store.openIncident({
    id: `inc_${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}`,
    cluster: alert.cluster,
    channel,
    root,
    ts: null,
    posting: null,
    rev: 1,
    hash: null,
    observation: null,
    opened: timestamp(bot),
    closed: null,
  })
}

async function reopen(
  bot: Bot,
  alert: AlertRow,
  channel: string,
  root: string,
): Promise<IncidentRow | undefined> {
  const since = timestamp(bot, -reopenMs)
  const own = alert.incident === null ? undefined : await bot.store.incident(alert.incident)
  const recent =
    own?.closed && own.closed >= since
      ? own
      : await bot.store.recentlyClosed(alert.cluster, channel, root, since)
  return recent && bot.store.changeIncident(recent.id, recent.rev, { closed: null, hash: null })
}

/** An incident that began while the cluster was unreadable takes its cause's root as soon as that is known, so that later alerts join it. */
async function withRoot(
  bot: Bot,
  tended: IncidentAlerts,
  rows: ReadonlyMap<string, IncidentRow>,
  reading: Reading,
): Promise<IncidentAlerts> {
  const { row, members } = tended
  const first = members[0]
  if (row.root !== unread || !first || !reading.readable) return tended
  const root = rootOf(first, reading.diagnosis(first.namespace, first.daemonset))
  if ([...rows.values()].some((other) => other.channel === row.channel && other.root === root))
    return tended
  return { row: (await bot.store.changeIncident(row.id, row.rev, { root })) ?? row, members }
}

/** Root of the alerts that came while the cluster could not be read. */
const unread = 'cluster unreadable'

/** Of the diagnosis where there is one; while the cluster cannot be read, all new alerts share one message that says so. */
function rootOf(alert: AlertRow, diagnosis: Diagnosis | undefined): string {
  if (!diagnosis) return unread
  return diagnosis.findings[0]?.root ?? `${alert.namespace}/${alert.daemonset}`
}

/** The first route whose labels all equal the alert's; else the default channel. */
export function routeOf(
  config: Config,
  labels: Readonly<Record<string, string>>,
): { readonly channel: string; readonly mention?: string } {
  const route = config.slack.routes.find(({ match }) =>
    Object.entries(match).every(([name, value]) => labels[name] === value),
  )
  return route ?? { channel: config.slack.channel }
}
