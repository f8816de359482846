import type { Timers } from '../timers.ts'
import { type Alert, isResolved, type Labels } from './alert.ts'
import { type Group, postWebhook, type Receiver, webhookBody } from './webhook.ts'

/** The route of Alertmanager's configuration, and what it needs. */
export interface DispatcherOptions {
  /** undefined: Alertmanager is down or has no receiver yet. */
  readonly receiver: () => Receiver | undefined
  readonly receiverName: string
  readonly externalUrl: string
  readonly groupBy: readonly string[]
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  readonly isSilenced: (labels: Labels) => boolean
  readonly timers: Timers
}

/**
 * The last notification of a group that the receiver accepted: an entry of Alertmanager's
 * notification log. It outlives the group.
 */
interface LogEntry {
  readonly firing: ReadonlySet<string>
  readonly resolved: ReadonlySet<string>
  readonly at: number
}

/** Groups alerts and sends notifications. */
export interface Dispatcher {
  /** Adds an alert to its group. The group is flushed at its next interval. */
  insert(alert: Alert): void
  /** Drops all groups and their alerts, as a restart does. The notification log stays. */
  reset(): void
}

type OpenGroup = Group & { readonly alerts: Map<string, Alert>; cancel(): void }

/** A flush may take as long as the group interval, and at least this long: `notify.MinTimeout`. */
const MIN_FLUSH_MS = 10_000

/**
 * Groups alerts and notifies as Alertmanager does: after group_wait, then every group_interval if
 * there is a change or repeat_interval has passed. Silenced alerts are left out, so an alert that
 * resolves while silenced is never sent as resolved.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { groupBy, groupWaitMs, groupIntervalMs, timers } = options
  const groups = new Map<string, OpenGroup>()
  const log = new Map<string, LogEntry>()

  const schedule = (group: OpenGroup, delayMs: number) => {
    group.cancel = timers.after(delayMs, async () => {
      const next = Date.now() + groupIntervalMs
      await flush(group)
      if (groups.get(group.key) === group) schedule(group, Math.max(0, next - Date.now()))
    })
  }
  const flush = async (group: OpenGroup) => {
    const receiver = options.receiver()
    if (!receiver) return
    const flushing = new AbortController()
    group.cancel = () => flushing.abort()
    const cancelTimeout = timers.after(Math.max(groupIntervalMs, MIN_FLUSH_MS), () =>
      flushing.abort(),
    )
    const alerts = [...group.alerts.values()]
    const accepted = await notify({ ...options, receiver }, group, alerts, log, flushing.signal)
    cancelTimeout()
    if (!accepted) return
    for (const alert of alerts) {
      if (isResolved(alert, Date.now()) && group.alerts.get(alert.fingerprint) === alert)
        group.alerts.delete(alert.fingerprint)
    }
    if (group.alerts.size === 0) groups.delete(group.key)
  }
  return {
    insert(alert) {
      const { key, labels } = groupOf(alert, groupBy)
      const known = groups.get(key)
      if (known) {
        known.alerts.set(alert.fingerprint, alert)
        return
      }
      const group: OpenGroup = {
        key,
        labels,
        alerts: new Map([[alert.fingerprint, alert]]),
        cancel: () => {},
      }
      groups.set(key, group)
      // After a restart, an alert that has been firing longer than group_wait is sent at once.
      schedule(group, alert.startsAt + groupWaitMs < Date.now() ? 0 : groupWaitMs)
    },
    reset() {
      const all = [...groups.values()]
      groups.clear()
      for (const group of all) group.cancel()
    },
  }
}

function groupOf({ labels }: Alert, groupBy: readonly string[]): Group {
  const own = Object.fromEntries(Object.entries(labels).filter(([name]) => groupBy.includes(name)))
  const pairs = Object.entries(own).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return { key: `{}/{alertname="KubeDaemonSetMisScheduled"}:{${pairs.join(', ')}}`, labels: own }
}

type NotifyOptions = Omit<DispatcherOptions, 'receiver'> & { readonly receiver: Receiver }

/** Sends a notification if one is due. Returns false only if the receiver did not accept it. */
async function notify(
  options: NotifyOptions,
  group: Group,
  all: readonly Alert[],
  log: Map<string, LogEntry>,
  signal: AbortSignal,
): Promise<boolean> {
  const alerts = all.filter(({ labels }) => !options.isSilenced(labels))
  if (alerts.length === 0) return true
  const now = Date.now()
  const fingerprints = (resolved: boolean) =>
    new Set(
      alerts
        .filter((alert) => isResolved(alert, now) === resolved)
        .map(({ fingerprint }) => fingerprint),
    )
  const current: LogEntry = { firing: fingerprints(false), resolved: fingerprints(true), at: now }
  if (!isDue(log.get(group.key), current, options.repeatIntervalMs)) return true
  const body = webhookBody(group, alerts, options.receiverName, options.externalUrl, now)
  const accepted = await postWebhook(options.receiver, body, signal)
  if (accepted) log.set(group.key, current)
  return accepted
}

/** `DedupStage.needsUpdate` of Alertmanager. */
function isDue(
  last: LogEntry | undefined,
  { firing, resolved, at }: LogEntry,
  repeatIntervalMs: number,
): boolean {
  if (!last) return firing.size > 0
  if (![...firing].every((one) => last.firing.has(one))) return true
  if (firing.size === 0) return last.firing.size > 0
  if (![...resolved].every((one) => last.resolved.has(one))) return true
  return last.at < at - repeatIntervalMs
}
