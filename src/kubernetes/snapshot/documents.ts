import {
  CORE_SCHEMA,
  EVENT_ID,
  type Event,
  getScalarValue,
  loadAll,
  parseEvents,
  YAMLException,
} from 'js-yaml'
import { errorMessage } from '../../words/error-message.ts'
import { type Path, pathText } from '../projection.ts'

/** One JSON or YAML document of a file. */
export interface SourceDocument {
  readonly value: unknown
  /**
   * A place in it, in words: `document 2, line 14, items[3].spec`. The line is known for YAML only.
   * Empty for the root of a lone document.
   */
  at(path: Path): string
}

/**
 * The source is neither JSON nor YAML, or not text. The message gives the document and the line.
 */
export class SyntaxProblem extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SyntaxProblem'
  }
}

/**
 * Parses one or several JSON or YAML documents. Empty documents are left out. Throws SyntaxProblem.
 * YAML 1.2 with the core schema: a timestamp stays a string, and `.: {}` in managedFields stays a
 * key.
 *
 * Why js-yaml and not yaml, whose LineCounter gives positions: 500 nodes and 500 pods (29 MB of
 * YAML) take 1.4 s and 860 MB, with yaml 16 s and 1.4 GB; at 5,000 and 5,000 yaml runs out of
 * memory.
 */
export function parseDocuments(source: string): readonly SourceDocument[] {
  const text = source.replace(/^\uFEFF/, '')
  if (text.includes('\0'))
    throw new SyntaxProblem(
      'not UTF-8 text. Windows PowerShell writes UTF-16 with >: use Out-File -Encoding utf8',
    )
  return /^\s*\{/.test(text) ? jsonDocuments(text) : yamlDocuments(text)
}

function jsonDocuments(text: string): readonly SourceDocument[] {
  try {
    return [document(JSON.parse(text), '')]
  } catch (error) {
    const parts = jsonParts(text)
    if (parts.length === 1)
      throw new SyntaxProblem(`not JSON: ${jsonProblem(error, text, 0)}`, { cause: error })
    return parts.map(({ start, end }, index) => {
      try {
        return document(JSON.parse(text.slice(start, end)), `document ${index + 1}`)
      } catch (cause) {
        throw new SyntaxProblem(
          `document ${index + 1}: not JSON: ${jsonProblem(cause, text, start)}`,
          { cause },
        )
      }
    })
  }
}

/** Offsets of JSON values that follow each other, as after several `kubectl … -o json >> FILE`. */
function jsonParts(text: string): readonly { readonly start: number; readonly end: number }[] {
  const parts: { start: number; end: number }[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/gs)) {
    if (token === '{' || token === '[') {
      depth++
    } else if (token === '}' || token === ']') {
      depth--
      if (depth > 0) continue
      parts.push({ start, end: index + 1 })
      start = index + 1
      depth = 0
    }
  }
  if (text.slice(start).trim() !== '') parts.push({ start, end: text.length })
  return parts
}

/** With the line, if V8's message contains a position. */
function jsonProblem(error: unknown, text: string, start: number): string {
  const message = errorMessage(error)
  const position = /position (\d+)/.exec(message)?.[1]
  const offset =
    position !== undefined
      ? start + Number(position)
      : message.includes('end of JSON')
        ? text.length
        : undefined
  const problem = message.replace(/ in JSON at position .*$/s, '').replace(/, \.*".*$/s, '')
  return offset === undefined ? problem : `line ${lineAt(text, offset)}: ${problem}`
}

function yamlDocuments(text: string): readonly SourceDocument[] {
  try {
    const all = loadAll(text, { schema: CORE_SCHEMA })
    return all
      .map((value, index) =>
        document(value, all.length > 1 ? `document ${index + 1}` : '', (path) =>
          yamlLine(text, index, path),
        ),
      )
      .filter(({ value }) => value !== null && value !== undefined)
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const line = error.mark ? `line ${error.mark.line + 1}: ` : ''
    throw new SyntaxProblem(`not YAML: ${line}${error.reason}`, { cause: error })
  }
}

function document(
  value: unknown,
  name: string,
  line: (path: Path) => number | undefined = () => undefined,
): SourceDocument {
  const at = (path: Path): string => {
    const number = path.length === 0 ? undefined : line(path)
    return [name, number === undefined ? '' : `line ${number}`, pathText(path)]
      .filter((part) => part !== '')
      .join(', ')
  }
  return { value, at }
}

/** The line, from 1, of the value at this path, or of its innermost parent that exists. */
function yamlLine(text: string, documentIndex: number, path: Path): number | undefined {
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

/** The line, from 1, of an offset. */
function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1))
    line++
  return line
}

/** Index of the event at which the value of this key or list index begins. */
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

/** Index of the first event after the node or document that begins at `start`. */
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
