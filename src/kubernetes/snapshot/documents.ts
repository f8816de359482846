import { CORE_SCHEMA, loadAll, YAMLException } from 'js-yaml'
import { errorMessage } from '../../words/error-message.ts'
import { pathText } from '../project.ts'
import { lineAt, yamlLine } from './yaml-line.ts'

/** One document of a file. */
export interface SourceDocument {
  readonly value: unknown
  /** Words for a place in it: `document 2, line 14, items[3].spec`; the line for YAML only. Empty for the whole of a lone document. */
  at(path: readonly (string | number)[]): string
}

/** The text is not JSON, not YAML, or no text at all. The message says where. */
export class SyntaxProblem extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SyntaxProblem'
  }
}

/**
 * The documents of a JSON or YAML text: one, or several one after the other. YAML is read as 1.2 with its core schema, so that a time stays
 * a string and `.: {}` in managedFields a key. Empty documents are left out. Throws SyntaxProblem.
 */
export function parseDocuments(source: string): readonly SourceDocument[] {
  const text = source.replace(/^\uFEFF/, '')
  if (text.includes('\0'))
    throw new SyntaxProblem(
      'this is no UTF-8 text (Windows PowerShell writes UTF-16 with >: use Out-File -Encoding utf8)',
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

/** Where the values lie in JSON texts that follow each other, as `kubectl … -o json >> FILE` leaves them. */
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

/** The line is what an editor goes to; V8 does not always tell the position. */
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
  line: (path: readonly (string | number)[]) => number | undefined = () => undefined,
): SourceDocument {
  const at = (path: readonly (string | number)[]): string => {
    const number = path.length === 0 ? undefined : line(path)
    return [name, number === undefined ? '' : `line ${number}`, pathText(path)]
      .filter((part) => part !== '')
      .join(', ')
  }
  return { value, at }
}
