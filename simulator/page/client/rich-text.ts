import type { Text } from '../../slack/blocks.ts'

interface Style {
  readonly bold?: boolean
  readonly italic?: boolean
  readonly strike?: boolean
  readonly code?: boolean
}

/** An element of a rich_text block. */
export type RichElement = { readonly style?: Style } & (
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly url: string; readonly text?: string }
  | { readonly type: 'emoji'; readonly name: string }
  | { readonly type: 'user'; readonly user_id: string }
  | { readonly type: 'channel'; readonly channel_id: string }
  | { readonly type: 'usergroup'; readonly usergroup_id: string }
  | { readonly type: 'broadcast'; readonly range: string }
  | {
      readonly type: 'date'
      readonly timestamp: number
      readonly format: string
      readonly fallback: string
      readonly url?: string
    }
)

/** A paragraph, quote or code block of a rich_text block. */
export interface RichPart {
  readonly type: 'rich_text_section' | 'rich_text_quote' | 'rich_text_preformatted'
  readonly elements: readonly RichElement[]
}

/**
 * Parses a text object as Slack does: mrkdwn, or plain text with emoji. Rich text is drawn
 * literally, so nothing is parsed twice.
 */
export function richText({ type, text }: Text): readonly RichPart[] {
  if (type === 'plain_text') return [{ type: 'rich_text_section', elements: scan(text, PLAIN, {}) }]
  return text.split(/```\n?/).flatMap((part, index): readonly RichPart[] => {
    if (part === '') return []
    if (index % 2 === 1)
      return [
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: unescaped(part) }] },
      ]
    return paragraphs(part)
  })
}

/** Consecutive lines that start with `>` are a quote. */
function paragraphs(text: string): readonly RichPart[] {
  const parts: { type: RichPart['type']; lines: string[] }[] = []
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const quote = /^(?:&gt;|>) ?/.exec(line)
    const type = quote ? 'rich_text_quote' : 'rich_text_section'
    const content = line.slice(quote?.[0].length ?? 0)
    const last = parts.at(-1)
    if (last?.type === type) last.lines.push(content)
    else parts.push({ type, lines: [content] })
  }
  return parts.map(({ type, lines }) => ({ type, elements: scan(lines.join('\n'), MRKDWN, {}) }))
}

type Read = (match: RegExpExecArray, style: Style) => readonly RichElement[]
interface Rule {
  readonly pattern: RegExp
  readonly read: Read
}

const styled = (style: Style): { style?: Style } => (Object.keys(style).length > 0 ? { style } : {})

const emoji: Rule = {
  pattern: /:([a-z+-][a-z0-9_+-]*):/y,
  read: ([, name = ''], style) => [{ type: 'emoji', name, ...styled(style) }],
}

const PLAIN: readonly Rule[] = [emoji]

/** `*bold*` and similar: only around whole words, within one line. */
function marked(mark: string, style: Style): Rule {
  return {
    pattern: new RegExp(
      `(?<![\\w${mark}])\\${mark}(?=\\S)([^\\n${mark}]*[^\\s${mark}])\\${mark}(?![\\w${mark}])`,
      'y',
    ),
    read: ([, inner = ''], outer) => scan(inner, MRKDWN, { ...outer, ...style }),
  }
}

const MRKDWN: readonly Rule[] = [
  {
    pattern: /`([^`\n]+)`/y,
    read: ([, code = ''], style) => [
      { type: 'text', text: unescaped(code), style: { ...style, code: true } },
    ],
  },
  {
    pattern: /<([^<>\n]+)>/y,
    read: ([, inner = ''], style) => [{ ...special(inner), ...styled(style) }],
  },
  emoji,
  marked('*', { bold: true }),
  marked('_', { italic: true }),
  marked('~', { strike: true }),
]

function scan(text: string, rules: readonly Rule[], style: Style): RichElement[] {
  const found: RichElement[] = []
  let plain = ''
  const flush = (): void => {
    const shown = rules === PLAIN ? plain : unescaped(plain)
    if (shown !== '') found.push({ type: 'text', text: shown, ...styled(style) })
    plain = ''
  }
  for (let at = 0; at < text.length; ) {
    const hit = firstMatch(text, at, rules)
    if (!hit) {
      plain += text[at++]
      continue
    }
    flush()
    found.push(...hit.read(hit.match, style))
    at += hit.match[0].length
  }
  flush()
  return found
}

function firstMatch(
  text: string,
  at: number,
  rules: readonly Rule[],
): { match: RegExpExecArray; read: Read } | undefined {
  for (const { pattern, read } of rules) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) return { match, read }
  }
  return undefined
}

/** The text between angle brackets: a mention, a date or a link, with a label after the bar. */
function special(inner: string): RichElement {
  const bar = inner.indexOf('|')
  const target = bar < 0 ? inner : inner.slice(0, bar)
  const label = bar < 0 ? '' : unescaped(inner.slice(bar + 1))
  const [, time = '', format = '', url] = /^!date\^(\d+)\^([^^]+)(?:\^(.+))?$/.exec(target) ?? []
  if (time)
    return {
      type: 'date',
      timestamp: Number(time),
      format,
      fallback: label,
      ...(url ? { url } : {}),
    }
  if (target.startsWith('@')) return { type: 'user', user_id: target.slice(1) }
  if (target.startsWith('#')) return { type: 'channel', channel_id: target.slice(1) }
  if (target.startsWith('!subteam^'))
    return { type: 'usergroup', usergroup_id: target.slice('!subteam^'.length) }
  if (target.startsWith('!')) return { type: 'broadcast', range: target.slice(1) }
  return { type: 'link', url: unescaped(target), ...(label ? { text: label } : {}) }
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
