import type { AlertHint } from '../store/store.ts'

/** The one alert that this bot answers. */
export const alertname = 'KubeDaemonSetMisScheduled'

/** The part of an alert that Alertmanager's webhook, its API and Grafana's webhook share. */
export interface ReceivedAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt?: string | undefined
  readonly endsAt?: string | undefined
  readonly fingerprint?: string | undefined
}

export type IgnoreReason = 'other_alertname' | 'no_namespace_or_daemonset' | 'other_cluster'

/** What these alerts mean to us, and why the rest means nothing. Without a `cluster` label, or without a name of our own, it is ours. */
export function hintsOf(
  alerts: readonly ReceivedAlert[],
  clusterName: string,
): { hints: AlertHint[]; ignored: Record<IgnoreReason, number> } {
  const hints: AlertHint[] = []
  const ignored: Record<IgnoreReason, number> = {
    other_alertname: 0,
    no_namespace_or_daemonset: 0,
    other_cluster: 0,
  }
  for (const alert of alerts) {
    const reason = reasonToIgnore(alert.labels, clusterName)
    if (reason) ignored[reason] += 1
    else hints.push(hintOf(alert, clusterName))
  }
  return { hints, ignored }
}

/** An alert that Alertmanager's API shows, asked at `polledAt`, which is firing by that alone; undefined if it is none of ours. */
export function alertHint(
  alert: Omit<ReceivedAlert, 'status'>,
  clusterName: string,
  polledAt: string,
): AlertHint | undefined {
  return reasonToIgnore(alert.labels, clusterName) === undefined
    ? { ...hintOf({ ...alert, status: 'firing' }, clusterName), polledAt }
    : undefined
}

function reasonToIgnore(
  labels: Readonly<Record<string, string>>,
  clusterName: string,
): IgnoreReason | undefined {
  const { cluster } = labels
  if (labels.alertname !== alertname) return 'other_alertname'
  if (!labels.namespace || !labels.daemonset) return 'no_namespace_or_daemonset'
  return cluster && clusterName && cluster !== clusterName ? 'other_cluster' : undefined
}

function hintOf(alert: ReceivedAlert, clusterName: string): AlertHint {
  const labels = Object.fromEntries(
    Object.entries(alert.labels).map(([name, value]) => [storable(name), storable(value)]),
  )
  return {
    cluster: clusterName,
    alertname,
    namespace: labels.namespace ?? '',
    daemonset: labels.daemonset ?? '',
    status: alert.status,
    fingerprint: storable(alert.fingerprint ?? ''),
    startsAt: milliseconds(alert.startsAt) ?? '',
    endsAt: alert.status === 'resolved' ? milliseconds(alert.endsAt) : undefined,
    labels,
  }
}

/** Text that every database takes: no NUL, no half of a surrogate pair. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** The webhook gives nanoseconds and an offset, the API milliseconds in UTC: only one form of it can be compared. */
function milliseconds(time: string | undefined): string | undefined {
  const parsed = new Date(time ?? '')
  return Number.isNaN(parsed.getTime()) ||
    parsed.getUTCFullYear() < 1970 ||
    parsed.getUTCFullYear() > 9999
    ? undefined
    : parsed.toISOString()
}
