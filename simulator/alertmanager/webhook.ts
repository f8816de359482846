import { setTimeout as sleep } from 'node:timers/promises'
import { type Alert, isResolved, type Labels } from './alert.ts'

/** An alert group, as the notification names it. */
export interface Group {
  /** `{}/{alertname="…"}:{…}`: the route's path and the group's labels. */
  readonly key: string
  readonly labels: Labels
}

/**
 * The JSON body of a webhook notification, version 4, with its fields in the order in which
 * Alertmanager writes them.
 */
export function webhookBody(
  group: Group,
  alerts: readonly Alert[],
  receiver: string,
  externalURL: string,
  now: number,
): string {
  const sorted = [...alerts].sort(byLabels)
  return JSON.stringify({
    receiver,
    status: sorted.every((alert) => isResolved(alert, now)) ? 'resolved' : 'firing',
    alerts: sorted.map((alert) => {
      const { labels, annotations, startsAt, endsAt, generatorURL, fingerprint } = alert
      const resolved = isResolved(alert, now)
      return {
        status: resolved ? 'resolved' : 'firing',
        labels,
        annotations,
        startsAt: new Date(startsAt).toISOString(),
        endsAt: resolved ? new Date(endsAt).toISOString() : '0001-01-01T00:00:00Z',
        generatorURL,
        fingerprint,
      }
    }),
    groupLabels: group.labels,
    commonLabels: common(sorted.map(({ labels }) => labels)),
    commonAnnotations: common(sorted.map(({ annotations }) => annotations)),
    externalURL,
    version: '4',
    groupKey: group.key,
    truncatedAlerts: 0,
  })
}

function common([first = {}, ...rest]: readonly Labels[]): Labels {
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every((other) => other[name] === value)),
  )
}

/** Alertmanager sorts by these labels first. */
const FIRST_LABELS = ['job', 'instance']

function byLabels(a: Alert, b: Alert): number {
  const names = [...FIRST_LABELS, ...Object.keys({ ...a.labels, ...b.labels }).sort()]
  for (const name of names) {
    const order = (a.labels[name] ?? '').localeCompare(b.labels[name] ?? '')
    if (order !== 0) return order
  }
  return 0
}

/** Where a webhook goes. */
export interface Receiver {
  readonly url: string
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string | undefined
}

/** Of one attempt, as `timeout: 10s` of the receiver. */
const TIMEOUT_MS = 10_000

/**
 * Posts until the receiver answers 2xx or `round` aborts. Retries 5xx and broken connections, first
 * after about 0.5 s and then with 1.5 times the delay each time, up to 60 s. Any other status is
 * not retried. Returns whether the receiver accepted it.
 */
export async function postWebhook(
  { url, token }: Receiver,
  body: string,
  round: AbortSignal,
): Promise<boolean> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Alertmanager/0.34.0',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  for (let delayMs = 500; !round.aborted; delayMs = Math.min(delayMs * 1.5, 60_000)) {
    const status = await post(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([round, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (status !== undefined && status >= 200 && status < 300) return true
    if (status !== undefined && status < 500) return false
    await sleep(delayMs * (0.5 + Math.random()), undefined, { signal: round }).catch(() => {})
  }
  return false
}

/** The HTTP status; undefined: no response. */
async function post(url: string, init: RequestInit): Promise<number | undefined> {
  try {
    const response = await fetch(url, init)
    await response.arrayBuffer()
    return response.status
  } catch {
    return undefined
  }
}
