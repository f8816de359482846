import type { AlertHint, AlertLinks } from '../store/store.ts'

/** The alert that this bot handles. */
export const alertname = 'KubeDaemonSetMisScheduled'

/** What Alertmanager's webhook, its API and Grafana's webhook all say about an alert. */
export interface ReceivedAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt?: string | undefined
  readonly endsAt?: string | undefined
  readonly fingerprint?: string | undefined
  readonly generatorURL?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** Why an alert is not for this bot; also the `reason` label of the metric. */
export type IgnoreReason = 'other_alertname' | 'no_namespace_or_daemonset' | 'other_cluster'

/**
 * The alerts of a webhook as hints, and the number of those ignored. An alert without a `cluster`
 * label is for this bot; so is every alert if `clusterName` is empty.
 */
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

/**
 * An alert that the API listed at `polledAt` (RFC 3339), and that therefore fires. undefined if it
 * is not for this bot.
 */
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
    startsAt: inMilliseconds(alert.startsAt) ?? '',
    endsAt: alert.status === 'resolved' ? inMilliseconds(alert.endsAt) : undefined,
    labels,
    links: linksOf(alert),
  }
}

/** Nobody writes longer ones, and Slack shows no button for them. */
const longestLink = 2000

function linksOf({ generatorURL, annotations }: Omit<ReceivedAlert, 'status'>): AlertLinks {
  const usable = (url: string | undefined) =>
    url !== undefined && /^https?:\/\//.test(url) && url.length <= longestLink
      ? storable(url)
      : undefined
  const graph = usable(generatorURL)
  const runbook = usable(annotations?.runbook_url)
  return { ...(graph && { graph }), ...(runbook && { runbook }) }
}

/** SQLite cuts text at NUL, and UTF-8 has no half of a surrogate pair. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/**
 * RFC 3339 in UTC to the millisecond, so that times can be compared as text: the webhook sends
 * nanoseconds and an offset, the API milliseconds in UTC. undefined for years before 1970, which
 * is how Go writes a time that is not set.
 */
function inMilliseconds(time: string | undefined): string | undefined {
  const parsed = new Date(time ?? '')
  return Number.isNaN(parsed.getTime()) ||
    parsed.getUTCFullYear() < 1970 ||
    parsed.getUTCFullYear() > 9999
    ? undefined
    : parsed.toISOString()
}
