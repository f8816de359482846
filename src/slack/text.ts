import type {
  PlainTextElement,
  RichTextBlock,
  RichTextElement,
  RichTextPreformatted,
} from '@slack/web-api'
import { counted, type Span, type Words } from '../words/words.ts'
import { dateFormat, epochSeconds, fallbackTime } from './times.ts'

/**
 * Rich text elements. Slack reads no markup inside them, so text from the cluster is shown as is.
 * Empty words become a dash: Slack refuses empty text.
 */
export function richText(text: Words, style: { readonly bold?: boolean } = {}): RichTextElement[] {
  const bold = style.bold ? { style: { bold: true } } : {}
  const elements = merged(text).map((span) => richElement(span, bold))
  return elements.length > 0 ? elements : [{ type: 'text', text: '–' }]
}

/** One rich text block. */
export function paragraph(text: Words): RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: richText(text) }] }
}

/** A plain_text object. */
export function plainText(text: string): PlainTextElement & { emoji: false } {
  return { type: 'plain_text', emoji: false, text }
}

/** Commands, YAML or a diff. Lines beyond `most` characters are dropped and counted. */
export function preformatted(text: string, most: number): RichTextPreformatted {
  const all = clean(text).trimEnd().split('\n')
  const kept: string[] = []
  let left = most
  for (const line of all) {
    left -= line.length + 1
    if (left < 0) break
    kept.push(line)
  }
  const rest = all.length - kept.length
  if (rest > 0) kept.push(`… ${counted(rest, 'more line')}`)
  const shown = kept.join('\n') || '–'
  return { type: 'rich_text_preformatted', elements: [{ type: 'text', text: shown }] }
}

/**
 * Slack's mrkdwn, for fields that take no rich text.
 * https://docs.slack.dev/messaging/formatting-message-text
 */
export function mrkdwn(text: Words): string {
  return text.map(mrkdwnSpan).join('') || '–'
}

/** mrkdwn of at most `most` characters, markup included. */
export function mrkdwnWithin(text: Words, most: number): string {
  let shown = mrkdwn(cut(text, most))
  for (let left = most; shown.length > most; shown = mrkdwn(cut(text, left)))
    left = Math.floor(left * 0.8)
  return shown
}

/** One line without any markup, for headers, notifications and screen readers. */
export function singleLine(text: Words): string {
  return text
    .map((span) => clean(spanText(span)))
    .join('')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Plain text, escaped for a field that Slack reads as mrkdwn. */
export function escaped(text: string): string {
  return unmarked(clean(text).replace(/^>/gm, '›'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** One line for a plain_text field, without anything that a client may read as markup. */
export function plainTextLine(text: Words): string {
  return unmarked(singleLine(text)).replaceAll('<', '‹').replaceAll('>', '›') || '–'
}

/** Characters. Kubernetes allows 253 in a name; a phone shows 40 in a line. */
const longestName = 80

/** At most `most` characters in any format, with an ellipsis for what is left out. */
export function cut(text: Words, most: number): Words {
  const kept: Span[] = []
  let left = most
  for (const whole of text) {
    const span =
      typeof whole === 'object' && 'code' in whole
        ? { code: cutMiddle(whole.code, longestName) }
        : whole
    const size = lengthOf(span)
    if (size <= left) {
      kept.push(span)
      left -= size
      continue
    }
    if (typeof span === 'string') kept.push(`${clip(span, left - 1).trimEnd()}…`)
    else if ('code' in span && left > 12) kept.push({ code: cutMiddle(span.code, left - 2) })
    else kept.push('…')
    return kept
  }
  return kept
}

/** A name of at most `most` characters once escaped. Keeps both ends: either may be distinct. */
export function cutMiddle(name: string, most: number): string {
  if (escapedLength(name) <= most) return name
  const tail = Math.floor((most - 1) / 3)
  const end = [...name].reverse().join('')
  return `${clip(name, most - 1 - tail)}…${[...clip(end, tail)].reverse().join('')}`
}

// Slack has escapes for & < > only, none for its formatting characters.
const lookalike: Readonly<Record<string, string>> = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ' }

/** Adjacent strings joined, empty ones dropped. */
function merged(text: Words): Span[] {
  const found: Span[] = []
  for (const span of text) {
    const last = found.at(-1)
    if (typeof span === 'string' && typeof last === 'string') found[found.length - 1] = last + span
    else if (span !== '') found.push(span)
  }
  return found
}

function unmarked(text: string): string {
  return text
    .replace(/[*~`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (mark) => lookalike[mark] ?? mark)
    .replace(/:(?=[\w+'-]+:)/g, '∶')
}

function richElement(span: Span, bold: { style?: { bold: boolean } }): RichTextElement {
  if (typeof span === 'string') return { type: 'text', text: clean(span), ...bold }
  if ('code' in span)
    return { type: 'text', text: codeText(span.code), style: { ...bold.style, code: true } }
  if ('strong' in span)
    return { type: 'text', text: clean(span.strong) || '–', style: { bold: true } }
  if ('user' in span)
    return userId.test(span.user)
      ? { type: 'user', user_id: span.user }
      : { type: 'text', text: clean(span.user) || '–' }
  if ('mention' in span) return mentionElement(span.mention)
  const timestamp = epochSeconds(span.time)
  if (timestamp === undefined) return { type: 'text', text: clean(span.time) || '–', ...bold }
  return {
    type: 'date',
    timestamp,
    format: dateFormat[span.clock ? 'clock' : 'date'],
    fallback: fallbackTime(span),
    ...bold,
  }
}

function mrkdwnSpan(span: Span): string {
  if (typeof span === 'string') return escaped(span)
  if ('code' in span) {
    const text = codeText(span.code).replaceAll('`', 'ˋ')
    return `\`${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}\``
  }
  if ('strong' in span) return span.strong.trim() === '' ? '' : `*${escaped(span.strong)}*`
  if ('user' in span) return userId.test(span.user) ? `<@${span.user}>` : escaped(span.user)
  if ('mention' in span) return mentionMarkup(span.mention)
  const timestamp = epochSeconds(span.time)
  return timestamp === undefined
    ? escaped(span.time)
    : `<!date^${timestamp}^${dateFormat[span.clock ? 'clock' : 'date']}|${fallbackTime(span)}>`
}

function spanText(span: Span): string {
  if (typeof span === 'string') return span
  if ('code' in span) return span.code
  if ('strong' in span) return span.strong
  if ('user' in span) return `@${span.user}`
  if ('mention' in span) return ''
  return fallbackTime(span)
}

const userId = /^[UW][A-Z0-9]{2,}$/
const groupId = /^(?:<!subteam\^)?(S[A-Z0-9]{2,})(?:\|[^>]*)?>?$/
const bareUser = /^(?:<@)?([UW][A-Z0-9]{2,})(?:\|[^>]*)?>?$/
const everybody = /^(?:<!|@)(here|channel|everyone)>?$/

/** A route's mention: `S0123`, `<!subteam^S0123>`, `U0123`, `<@U0123>`, `@here`; otherwise text. */
function mentionElement(mention: string): RichTextElement {
  const group = groupId.exec(mention)?.[1]
  if (group) return { type: 'usergroup', usergroup_id: group }
  const person = bareUser.exec(mention)?.[1]
  if (person) return { type: 'user', user_id: person }
  const range = everybody.exec(mention)?.[1]
  if (range === 'here' || range === 'channel' || range === 'everyone')
    return { type: 'broadcast', range }
  return { type: 'text', text: clean(mention) || '–' }
}

function mentionMarkup(mention: string): string {
  const element = mentionElement(mention)
  if (element.type === 'usergroup') return `<!subteam^${element.usergroup_id}>`
  if (element.type === 'user') return `<@${element.user_id}>`
  return element.type === 'broadcast' ? `<!${element.range}>` : escaped(mention)
}

// Control characters, and characters that hide text or change its direction.
const invisible = /[\p{Cc}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{2069}\u{feff}]/gu

function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(invisible, (character) => (character === '\n' ? character : '\u{fffd}'))
}

function codeText(text: string): string {
  return clean(text.replace(/\s+/g, ' ').trim()) || '–'
}

/** The longest start of at most `most` characters once escaped. Never splits a surrogate pair. */
function clip(text: string, most: number): string {
  let left = most
  let end = 0
  for (const character of text) {
    left -= escapedLength(character)
    if (left < 0) break
    end += character.length
  }
  return text.slice(0, end)
}

function escapedLength(text: string): number {
  return text.length + 4 * (text.match(/[&<>]/g)?.length ?? 0)
}

function lengthOf(span: Span): number {
  if (typeof span === 'string') return escapedLength(span)
  if ('code' in span) return escapedLength(span.code) + 2
  if ('strong' in span) return escapedLength(span.strong) + 2
  if ('user' in span) return escapedLength(span.user) + 3
  if ('mention' in span) return escapedLength(span.mention) + 12
  return epochSeconds(span.time) === undefined ? escapedLength(span.time) : 20
}
