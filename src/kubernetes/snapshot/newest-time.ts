/** Fields whose times lie in the past of the moment at which an object was read. */
const PAST = new Set([
  'creationTimestamp',
  'eventTime',
  'firstTimestamp',
  'lastHeartbeatTime',
  'lastObservedTime',
  'lastTransitionTime',
  'lastTimestamp',
  'renewTime',
  'startTime',
  'startedAt',
  'time',
  'timeAdded',
])

/** The newest of all times in these objects, as it is written there: they were read no earlier. A deletionTimestamp may lie ahead and does not count. */
export function newestTime(values: readonly unknown[]): string | undefined {
  let newest: { readonly written: string; readonly at: number } | undefined
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, field] of Object.entries(value)) {
      if (typeof field === 'object') visit(field)
      else if (typeof field === 'string' && PAST.has(key)) {
        const at = Date.parse(field)
        if (newest === undefined ? !Number.isNaN(at) : at > newest.at)
          newest = { written: field, at }
      }
    }
  }
  for (const value of values) visit(value)
  return newest?.written
}
