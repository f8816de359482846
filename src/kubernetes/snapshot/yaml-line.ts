import { EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml'

/** The line, from 1, on which the value at this path of a document begins, or the innermost of its parents that is there. */
export function yamlLine(
  text: string,
  documentIndex: number,
  path: readonly (string | number)[],
): number | undefined {
  const events = parseEvents(text, {})
  let index = 0
  for (let skipped = 0; skipped < documentIndex; skipped++) index = after(events, index)
  let offset = startOf(events[++index])
  for (const step of path) {
    const next = child(text, events, index, step)
    if (next === undefined) break
    index = next
    offset = startOf(events[index]) ?? offset
  }
  return offset === undefined ? undefined : lineAt(text, offset)
}

/** The line, from 1, of a position in a text. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1))
    line++
  return line
}

/** Where the value of this key or list position begins in the event stream. */
function child(
  text: string,
  events: readonly Event[],
  parent: number,
  step: string | number,
): number | undefined {
  const collection = events[parent]
  let index = parent + 1
  for (let position = 0; ; position++) {
    const event = events[index]
    if (event === undefined || event.type === EVENT_ID.POP) return undefined
    if (collection?.type === EVENT_ID.SEQUENCE) {
      if (position === step) return index
    } else if (collection?.type === EVENT_ID.MAPPING) {
      const found = event.type === EVENT_ID.SCALAR && getScalarValue(text, event) === step
      index = after(events, index)
      if (found) return index
    } else {
      return undefined
    }
    index = after(events, index)
  }
}

/** The index behind the node or document that begins at this one. */
function after(events: readonly Event[], start: number): number {
  let depth = 0
  for (let index = start; index < events.length; index++) {
    const type = events[index]?.type
    if (type === EVENT_ID.POP) depth--
    else if (type !== EVENT_ID.SCALAR && type !== EVENT_ID.ALIAS) depth++
    if (depth === 0) return index + 1
  }
  return events.length
}

function startOf(event: Event | undefined): number | undefined {
  if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT)
    return undefined
  if (event.type === EVENT_ID.SCALAR) return event.valueStart
  return event.type === EVENT_ID.ALIAS ? event.anchorStart : event.start
}
