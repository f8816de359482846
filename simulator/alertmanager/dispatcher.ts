import type { Timers } from '../timers.ts'
import { type Alert, isResolved } from './alert.ts'
import type { Labels } from './labels.ts'
import { postWebhook, type Receiver } from './post-webhook.ts'
import { type Group, webhookBody } from './webhook-body.ts'

export interface DispatcherOptions {
  /** undefined: nothing can be sent now. */
  readonly receiver: () => Receiver | undefined
  readonly receiverName: string
  readonly externalUrl: string
  readonly groupBy: readonly string[]
  /** Milliseconds, as all that follow. */
  readonly groupWait: number
  readonly groupInterval: number
  readonly repeatInterval: number
  readonly isSilenced: (labels: Labels) => boolean
  readonly timers: Timers
}

/** What was last accepted of a group, which is all that is known of what the receiver has heard. It outlives the group. */
interface Notified {
  readonly firing: ReadonlySet<string>
  readonly resolved: ReadonlySet<string>
  readonly at: number
}

export interface Dispatcher {
  /** Puts an alert into its group, which is told of at its next tick. */
  insert(alert: Alert): void
  /** Groups and their alerts are forgotten, as in a restart; what was notified is not. */
  forget(): void
}

type OpenGroup = Group & { readonly alerts: Map<string, Alert>; cancel(): void }

// A round may take the group interval, but never less: notify.MinTimeout.
const SHORTEST_ROUND = 10_000

/**
 * Groups alerts and notifies as Alertmanager does: after group_wait, then each group_interval if something is new or repeat_interval has
 * passed. What is silenced is left out, so that an alert which resolves meanwhile is never told as resolved.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { groupBy, groupWait, groupInterval, timers } = options
  const groups = new Map<string, OpenGroup>()
  const log = new Map<string, Notified>()

  const schedule = (group: OpenGroup, delay: number) => {
    group.cancel = timers.after(delay, async () => {
      const next = Date.now() + groupInterval
      await flush(group)
      if (groups.get(group.key) === group) schedule(group, Math.max(0, next - Date.now()))
    })
  }
  const flush = async (group: OpenGroup) => {
    const receiver = options.receiver()
    if (!receiver) return
    const round = new AbortController()
    group.cancel = () => round.abort()
    const end = timers.after(Math.max(groupInterval, SHORTEST_ROUND), () => round.abort())
    const alerts = [...group.alerts.values()]
    const accepted = await notify({ ...options, receiver }, group, alerts, log, round.signal)
    end()
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
      // After a restart, an alert that has fired for long is told at once.
      schedule(group, alert.startsAt + groupWait < Date.now() ? 0 : groupWait)
    },
    forget() {
      const all = [...groups.values()]
      groups.clear()
      for (const group of all) group.cancel()
    },
  }
}

function groupOf({ labels }: Alert, groupBy: readonly string[]): Group {
  const own = Object.fromEntries(Object.entries(labels).filter(([name]) => groupBy.includes(name)))
  const text = Object.entries(own).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return { key: `{}/{alertname="KubeDaemonSetMisScheduled"}:{${text.join(', ')}}`, labels: own }
}

type Sending = Omit<DispatcherOptions, 'receiver'> & { readonly receiver: Receiver }

/** Sends what is due. True too where nothing is. */
async function notify(
  options: Sending,
  group: Group,
  all: readonly Alert[],
  log: Map<string, Notified>,
  round: AbortSignal,
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
  const current: Notified = { firing: fingerprints(false), resolved: fingerprints(true), at: now }
  if (!isDue(log.get(group.key), current, options.repeatInterval)) return true
  const body = webhookBody(group, alerts, options.receiverName, options.externalUrl, now)
  const accepted = await postWebhook(options.receiver, body, round)
  if (accepted) log.set(group.key, current)
  return accepted
}

/** `DedupStage.needsUpdate` of Alertmanager. */
function isDue(
  last: Notified | undefined,
  { firing, resolved, at }: Notified,
  repeatInterval: number,
): boolean {
  if (!last) return firing.size > 0
  if (![...firing].every((one) => last.firing.has(one))) return true
  if (firing.size === 0) return last.firing.size > 0
  if (![...resolved].every((one) => last.resolved.has(one))) return true
  return last.at < at - repeatInterval
}
