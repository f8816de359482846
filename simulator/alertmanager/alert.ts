import { fingerprint, type Labels, sorted } from './labels.ts'

/** An alert as Alertmanager keeps it. Times are milliseconds since 1970. */
export interface Alert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAt: number
  /** In the future while it fires: Prometheus moves it on with every send. */
  readonly endsAt: number
  readonly updatedAt: number
  readonly generatorURL: string
  readonly fingerprint: string
}

/** What Prometheus sends. */
export type Sent = Pick<Alert, 'labels' | 'annotations' | 'startsAt' | 'endsAt' | 'generatorURL'>

export const isResolved = ({ endsAt }: Alert, now: number): boolean => endsAt <= now

/** The alert after another send of it: one that still fires keeps its earlier start. */
export function received(sent: Sent, known: Alert | undefined, now: number): Alert {
  const overlaps = known && known.endsAt > sent.startsAt && known.startsAt < sent.endsAt
  const startsAt = overlaps ? Math.min(known.startsAt, sent.startsAt) : sent.startsAt
  return {
    ...sent,
    labels: sorted(sent.labels),
    annotations: sorted(sent.annotations),
    startsAt,
    updatedAt: now,
    fingerprint: fingerprint(sent.labels),
  }
}
