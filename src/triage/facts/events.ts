import type { Event } from '../../kubernetes/objects.ts'

/** When an event was last seen, in milliseconds; 0 where it says nothing. */
export function eventTime({ lastTimestamp, eventTime, firstTimestamp, metadata }: Event): number {
  return (
    Date.parse(lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? '') ||
    0
  )
}

/** The newest event of one of these reasons. */
export function newestEvent(
  events: readonly Event[],
  reasons: readonly string[],
): Event | undefined {
  return events
    .filter(({ reason }) => reasons.includes(reason ?? ''))
    .reduce<Event | undefined>(
      (best, event) => (best && eventTime(best) >= eventTime(event) ? best : event),
      undefined,
    )
}
