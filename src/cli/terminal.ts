import { stripVTControlCharacters, styleText } from 'node:util'
import stringWidth from 'fast-string-width'
import { wrapAnsi } from 'fast-wrap-ansi'
import { plain, plainTime, type Span, type Words } from '../words/words.ts'

/** Width and color of the output. */
export interface Terminal {
  /** Columns. */
  readonly width: number
  readonly color: boolean
  /** RFC 3339. Times on this day are printed without the date. */
  readonly now?: string
}

/** The styles in use, by their names in `util.styleText`. */
export type Style = 'bold' | 'dim' | 'cyan' | 'green' | 'yellow' | 'red'

/**
 * The terminal behind an output stream: 40 to 120 columns. A pipe or a file has no color, and the
 * columns of COLUMNS, at least 40, or else 100. Node reads NO_COLOR and TERM.
 */
export function terminalOf(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>,
  { COLUMNS = '' }: Readonly<Record<string, string | undefined>>,
): Terminal {
  if (!stream.isTTY) {
    const columns = /^\d{1,4}$/.test(COLUMNS) ? Number(COLUMNS) : 0
    return { width: Math.max(40, columns || 100), color: false }
  }
  return { width: Math.min(120, Math.max(40, stream.columns || 100)), color: stream.hasColors() }
}

/** The text in a style; unchanged without color. */
export function styled(text: string, style: Style, { color }: Terminal): string {
  return color ? styleText(style, text, { validateStream: false }) : text
}

/** The lines in a style. */
export function styledLines(
  lines: readonly string[],
  style: Style,
  terminal: Terminal,
): readonly string[] {
  return lines.map((line) => styled(line, style, terminal))
}

/**
 * Separates the words of a name while lines are broken: `printable` leaves none of them in a text.
 */
const NO_BREAK_SPACE = '\u00a0'

/**
 * Lines no wider than the terminal. The first begins with `first`; the others are indented by its
 * width. A name is never broken, so a long one may exceed the width.
 */
export function wrapped(text: Words, terminal: Terminal, first = ''): readonly string[] {
  const line = text
    .map((span) => {
      const drawn = oneLine([span], terminal)
      return isName(span) ? drawn.replaceAll(' ', NO_BREAK_SPACE) : drawn
    })
    .join('')
  const indent = widthOf(first)
  return wrapAnsi(line, terminal.width - indent)
    .replaceAll(NO_BREAK_SPACE, ' ')
    .split('\n')
    .map((one, index) => (index === 0 ? first : ' '.repeat(indent)) + one)
}

/** The words on one line of any length. `quoted: false` prints names without backticks. */
export function oneLine(text: Words, terminal: Terminal, quoted = true): string {
  return text
    .map((span) => {
      const raw = rawText(span, terminal)
      if (isName(span)) {
        // Color sets a name apart; without color, backticks do.
        return styled(quoted && !terminal.color ? `\`${raw}\`` : raw, 'cyan', terminal)
      }
      const isStrong = typeof span !== 'string' && 'strong' in span
      return isStrong ? styled(raw, 'bold', terminal) : raw
    })
    .join('')
}

/** Columns that the text takes; escape sequences take none, and East Asian characters two. */
export function widthOf(text: string): number {
  return stringWidth(text)
}

/** Text from a cluster, without escape sequences, control characters or line breaks. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
}

function isName(span: Span): boolean {
  return typeof span !== 'string' && 'code' in span
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
