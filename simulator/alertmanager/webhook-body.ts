import { type Alert, isResolved } from './alert.ts'
import type { Labels } from './labels.ts'

export interface Group {
  /** `{}/{alertname="…"}:{…}`: the route's path and the group's labels. */
  readonly key: string
  readonly labels: Labels
}

/** The webhook's body, version 4, with its members in the order in which Alertmanager writes them. */
export function webhookBody(
  group: Group,
  alerts: readonly Alert[],
  receiver: string,
  externalURL: string,
  now: number,
): string {
  const inOrder = [...alerts].sort(byTarget)
  return JSON.stringify({
    receiver,
    status: inOrder.every((alert) => isResolved(alert, now)) ? 'resolved' : 'firing',
    alerts: inOrder.map((alert) => {
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
    commonLabels: common(inOrder.map(({ labels }) => labels)),
    commonAnnotations: common(inOrder.map(({ annotations }) => annotations)),
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

const TARGET = ['job', 'instance']

function byTarget(a: Alert, b: Alert): number {
  const names = [...TARGET, ...Object.keys({ ...a.labels, ...b.labels }).sort()]
  for (const name of names) {
    const order = (a.labels[name] ?? '').localeCompare(b.labels[name] ?? '')
    if (order !== 0) return order
  }
  return 0
}
