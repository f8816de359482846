import { type Bot, timestamp } from '../bot.ts'
import { routeOf } from '../config/config.ts'
import type { AlertRow, ChangedAlert, IncidentRow } from '../store/store.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import { sharesKey } from '../triage/findings/root.ts'
import type { Reading } from './observe.ts'

/**
 * An incident that fires again this soon after it closed is reopened, in its old message.
 * Milliseconds.
 */
const reopenMs = 20 * 60_000

/** An incident with its alerts. */
export interface AssignedIncident {
  readonly row: IncidentRow
  readonly alerts: readonly AlertRow[]
}

/**
 * Gives every alert its incident: (cluster, channel, root). An alert stays in its incident until
 * that is over, whatever its cause becomes. Only new alerts are assigned: to the open incident of
 * their root, to one that closed in the last 20 minutes, or to a new one.
 */
export async function assign(
  bot: Bot,
  alerts: readonly AlertRow[],
  known: readonly IncidentRow[],
  reading: Reading,
): Promise<AssignedIncident[]> {
  const rows = await withRoots(bot, alerts, known, reading)
  const byIncident = new Map<string, AlertRow[]>()
  const moved: ChangedAlert[] = []
  for (const alert of alerts) {
    const current = alert.incident === null ? undefined : rows.get(alert.incident)
    const row = current ?? (await incidentFor(bot, alert, rows, reading))
    rows.set(row.id, row)
    if (alert.incident !== row.id) moved.push({ alert, change: { incident: row.id } })
    byIncident.set(row.id, [...(byIncident.get(row.id) ?? []), alert])
  }
  await bot.store.changeAlerts(moved)
  return [...rows.values()].map((row) => ({ row, alerts: byIncident.get(row.id) ?? [] }))
}

async function incidentFor(
  bot: Bot,
  alert: AlertRow,
  rows: ReadonlyMap<string, IncidentRow>,
  reading: Reading,
): Promise<IncidentRow> {
  const { channel } = routeOf(bot.config, alert.labels)
  const root = rootOf(alert, diagnosisOf(alert, reading))
  const open = [...rows.values()].find((row) => row.channel === channel && row.root === root)
  return (
    open ??
    (await reopen(bot, alert, channel, root)) ??
    bot.store.openIncident({
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
  )
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

/**
 * The open incidents by id. One that none of its alerts has the root of any more takes the root of
 * its first alert, so later alerts join it: it started while the cluster was unreadable, or the
 * value of its taint has become a part of the root, or another one.
 */
async function withRoots(
  bot: Bot,
  alerts: readonly AlertRow[],
  known: readonly IncidentRow[],
  reading: Reading,
): Promise<Map<string, IncidentRow>> {
  const rows = new Map(known.map((row) => [row.id, row]))
  if (!reading.readable) return rows
  for (const row of known) {
    const members = alerts.filter(({ incident }) => incident === row.id)
    const root = rootAfter(row.root, members, reading)
    const isTaken = [...rows.values()].some(
      (other) => other.channel === row.channel && other.root === root,
    )
    if (root === undefined || isTaken) continue
    const changed = await bot.store.changeIncident(row.id, row.rev, { root })
    if (changed) rows.set(row.id, changed)
  }
  return rows
}

/** The root that an incident moves to; undefined: it keeps the stored one. */
function rootAfter(
  stored: string,
  members: readonly AlertRow[],
  reading: Reading,
): string | undefined {
  const found = members.map((alert) => ({ alert, diagnosis: diagnosisOf(alert, reading) }))
  const roots = found.map(({ alert, diagnosis }) => rootOf(alert, diagnosis))
  if (stored === unreadableRoot) return roots[0]
  if (roots.includes(stored)) return undefined
  const leading = found.flatMap(({ diagnosis }) => diagnosis?.findings.slice(0, 1) ?? [])
  return leading.find((finding) => sharesKey(stored, finding))?.root
}

/**
 * The root of alerts that arrive while the cluster cannot be read: they share one message that says
 * so.
 */
const unreadableRoot = 'cluster unreadable'

function rootOf(alert: AlertRow, diagnosis: Diagnosis | undefined): string {
  if (!diagnosis) return unreadableRoot
  return diagnosis.findings[0]?.root ?? `${alert.namespace}/${alert.daemonset}`
}

function diagnosisOf(alert: AlertRow, reading: Reading): Diagnosis | undefined {
  return reading.readable ? reading.diagnosis(alert.namespace, alert.daemonset) : undefined
}
