/** Labels or annotations of an alert, by name. */
export type Labels = Readonly<Record<string, string>>

/** An alert as Alertmanager stores it. Times are milliseconds since 1970. */
export interface Alert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAt: number
  /** In the future while the alert fires: Prometheus extends it with every send. */
  readonly endsAt: number
  readonly updatedAt: number
  readonly generatorURL: string
  readonly fingerprint: string
}

/** An alert as Prometheus posts it. Times are milliseconds since 1970. */
export type PrometheusAlert = Pick<
  Alert,
  'labels' | 'annotations' | 'startsAt' | 'endsAt' | 'generatorURL'
>

/** `now`: milliseconds since 1970. */
export const isResolved = ({ endsAt }: Alert, now: number): boolean => endsAt <= now

/**
 * The stored alert after Prometheus sent it again. An alert that is still firing keeps its earlier
 * start.
 */
export function mergedAlert(sent: PrometheusAlert, known: Alert | undefined, now: number): Alert {
  const overlaps = known && known.endsAt > sent.startsAt && known.startsAt < sent.endsAt
  const startsAt = overlaps ? Math.min(known.startsAt, sent.startsAt) : sent.startsAt
  return {
    ...sent,
    labels: sortedLabels(sent.labels),
    annotations: sortedLabels(sent.annotations),
    startsAt,
    updatedAt: now,
    fingerprint: fingerprint(sent.labels),
  }
}

/**
 * Alertmanager's fingerprint of a label set: 64-bit FNV-1a over the sorted names and values, each
 * followed by the byte 0xff, in hex. The algorithm is `LabelSet.Fingerprint` of
 * github.com/prometheus/common/model.
 */
function fingerprint(labels: Labels): string {
  let hash = 14695981039346656037n
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 1099511628211n)
  }
  for (const name of Object.keys(labels).sort()) {
    for (const byte of Buffer.from(name)) add(byte)
    add(255)
    for (const byte of Buffer.from(labels[name] ?? '')) add(byte)
    add(255)
  }
  return hash.toString(16).padStart(16, '0')
}

/** Alertmanager lists labels by name in every response. */
const sortedLabels = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
