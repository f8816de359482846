import { stripVTControlCharacters, styleText } from 'node:util'
import { plain, plainTime, type Span, type Words } from '../words/words.ts'

/** What the text is drawn for. */
export interface Terminal {
  /** Columns. */
  readonly width: number
  readonly color: boolean
  /** RFC 3339: times of the same day are drawn without their date. */
  readonly now?: string
}

export type Style = 'bold' | 'dim' | 'cyan' | 'green' | 'yellow' | 'red'

/** The terminal behind an output stream. What is not a terminal gets 100 columns without colour; NO_COLOR and TERM=dumb are respected. */
export function terminalOf(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>,
): Terminal {
  if (!stream.isTTY) return { width: 100, color: false }
  return { width: Math.min(120, Math.max(40, stream.columns || 100)), color: stream.hasColors() }
}

/** Text in a style, where the terminal has colours. */
export function styled(text: string, style: Style, { color }: Terminal): string {
  return color ? styleText(style, text, { validateStream: false }) : text
}

/** Words on lines no longer than the terminal is wide, the first after `first`, the others indented as deep. Names are never broken. */
export function wrapped(
  text: Words,
  terminal: Terminal,
  first = '',
  indent = ' '.repeat(widthOf(first)),
): readonly string[] {
  const room = terminal.width - widthOf(first)
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const chunk of chunks(text, terminal)) {
    if (width > 0 && width + 1 + chunk.width > room) {
      lines.push(line)
      line = ''
      width = 0
    }
    line += width > 0 ? ` ${chunk.text}` : chunk.text
    width += chunk.width + (width > 0 ? 1 : 0)
  }
  return [...lines, line].map((one, index) => (index === 0 ? first : indent) + one)
}

/** One line of the words, however long. Without `quoted`, names stand as they are and not in backticks. */
export function oneLine(text: Words, terminal: Terminal, quoted = true): string {
  return text.map((span) => drawn(span, terminal, quoted)).join('')
}

/** Columns that the text takes, styles not counted. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length
}

/** Text from a cluster without what a terminal would obey: escape sequences, cursor moves, line breaks. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
}

interface Chunk {
  readonly text: string
  readonly width: number
}

// Pieces with no space between them stay together: `name`, then its comma.
function chunks(text: Words, terminal: Terminal): readonly Chunk[] {
  const found: Chunk[] = []
  let open = false
  const add = (piece: string, style: (text: string) => string) => {
    const last = open ? found.pop() : undefined
    found.push({
      text: (last?.text ?? '') + style(piece),
      width: (last?.width ?? 0) + widthOf(piece),
    })
    open = true
  }
  for (const span of text) {
    if (typeof span !== 'string' && 'code' in span) {
      add(quotedText(span, terminal), (name) => styledSpan(span, name, terminal))
      continue
    }
    for (const piece of rawText(span, terminal).split(/(\s+)/u)) {
      if (piece === '') continue
      if (/^\s/u.test(piece)) open = false
      else add(piece, (word) => styledSpan(span, word, terminal))
    }
  }
  return found
}

function drawn(span: Span, terminal: Terminal, quoted: boolean): string {
  return styledSpan(span, quoted ? quotedText(span, terminal) : rawText(span, terminal), terminal)
}

// Where colour tells a name from the sentence, it needs no backticks.
function quotedText(span: Span, terminal: Terminal): string {
  const isName = typeof span !== 'string' && 'code' in span
  return isName && !terminal.color ? `\`${rawText(span, terminal)}\`` : rawText(span, terminal)
}

function rawText(span: Span, { now }: Terminal): string {
  if (typeof span === 'string') return printable(span)
  if ('code' in span) return printable(span.code)
  const text = plain([span])
  const today = now === undefined ? undefined : `${plainTime(now).slice(0, 10)} `
  return printable(
    'time' in span && today !== undefined && text.startsWith(today)
      ? text.slice(today.length)
      : text,
  )
}

function styledSpan(span: Span, text: string, terminal: Terminal): string {
  if (typeof span === 'string') return text
  if ('code' in span) return styled(text, 'cyan', terminal)
  return 'strong' in span ? styled(text, 'bold', terminal) : text
}
