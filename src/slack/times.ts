import { plainTime } from '../words/words.ts'

/** Slack shows `Today 3:12 AM` or, of a clock time, `3:12 AM`, in the reader's time zone. */
export const dateFormat = { date: '{date_short_pretty} {time}', clock: '{time}' } as const

/**
 * A view whose times less than half a day from `near` (RFC 3339) are shown without their date: in
 * the reader's time zone they are of the same night.
 */
export function withClockTimes<View>(view: View, near: string): View {
  const nearMs = Date.parse(near)
  const mapped = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mapped)
    if (typeof value !== 'object' || value === null) return value
    if (isTime(value))
      return Math.abs(Date.parse(value.time) - nearMs) < HALF_DAY_MS
        ? { ...value, clock: true }
        : value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one)]))
  }
  return mapped(view) as View
}

const HALF_DAY_MS = 12 * 60 * 60_000

function isTime(value: object): value is { readonly time: string } {
  return 'time' in value && typeof value.time === 'string'
}

/** Seconds since 1970; undefined if Slack cannot show the time. */
export function epochSeconds(rfc3339: string): number | undefined {
  const at = Math.floor(Date.parse(rfc3339) / 1000)
  return Number.isNaN(at) || at < 0 || at > 1e10 ? undefined : at
}

/** `03:12 UTC`, or with its date; for clients that cannot format a date. */
export function fallbackTime({
  time,
  clock,
}: {
  readonly time: string
  readonly clock?: true
}): string {
  return clock ? `${new Date(time).toISOString().slice(11, 16)} UTC` : plainTime(time)
}
