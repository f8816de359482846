/**
 * Text before it is rendered. Names, values and times are separate from the sentence around them,
 * so each surface (Slack, terminal, JSON) escapes and formats them itself and nothing read from a
 * cluster can act as markup.
 */
export type Span =
  | string
  | { readonly code: string }
  | { readonly time: string; readonly clock?: true }
  | { readonly strong: string }
  | { readonly user: string }
  | { readonly mention: string }

/** A text of spans, in order. */
export type Words = readonly Span[]

/** A name, key or command, verbatim. */
export function code(text: string): Span {
  return { code: text }
}

/** A time, RFC 3339. Slack shows it in the reader's time zone; with `clock`, without the date. */
export function time(rfc3339: string): Span {
  return { time: rfc3339 }
}

/** Bold text. */
export function strong(text: string): Span {
  return { strong: text }
}

/** A person, by Slack user ID. */
export function user(id: string): Span {
  return { user: id }
}

/** Whom to notify, in Slack's syntax: `<!subteam^S0123>`, `<@U0123>`, `<!here>`. */
export function mention(whom: string): Span {
  return { mention: whom }
}

/**
 * Template tag, ``words`Node ${code(name)} is NotReady` ``: strings and numbers become text, nested
 * `Words` are spliced in.
 */
export function words(
  parts: TemplateStringsArray,
  ...values: readonly (Span | Words | number)[]
): Words {
  const spans: Span[] = []
  parts.forEach((part, index) => {
    if (part) spans.push(part)
    const value = values[index]
    if (value === undefined) return
    if (Array.isArray(value)) spans.push(...(value as Words))
    else spans.push(typeof value === 'number' ? String(value) : (value as Span))
  })
  return spans
}

/** Plain text: code in backticks, times as `2026-11-24 03:12 UTC`. */
export function plain(text: Words): string {
  return text
    .map((span) => {
      if (typeof span === 'string') return span
      if ('code' in span) return `\`${span.code}\``
      if ('strong' in span) return span.strong
      if ('user' in span) return `@${span.user}`
      if ('mention' in span) return span.mention
      return plainTime(span.time)
    })
    .join('')
}

/** `2026-11-24 03:12 UTC`; an invalid time is returned as it is. */
export function plainTime(rfc3339: string): string {
  const at = new Date(rfc3339)
  return Number.isNaN(at.getTime())
    ? rfc3339
    : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `a`, `a and b`, `a, b and 3 more`: at most `most` names, and the number of the rest. */
export function listed(names: readonly string[], most = 3): Words {
  const shown = names.slice(0, most)
  const rest = names.length - shown.length
  const spans: Span[] = []
  shown.forEach((name, index) => {
    if (index > 0) spans.push(index === shown.length - 1 && rest === 0 ? ' and ' : ', ')
    spans.push(code(name))
  })
  if (rest > 0) spans.push(` and ${rest} more`)
  return spans
}

/** `listed` for objects with a name. */
export function names(nodes: readonly { readonly name: string }[], most = 3): Words {
  return listed(
    nodes.map(({ name }) => name),
    most,
  )
}

/** "Node `a`", "Nodes `a` and `b`", "9 nodes". */
export function nodesTitle(nodes: readonly string[]): Words {
  const [only] = nodes
  if (nodes.length === 1 && only !== undefined) return words`Node ${listed([only])}`
  return nodes.length <= 2 ? words`Nodes ${listed(nodes)}` : [`${nodes.length} nodes`]
}

/** `nodesTitle` within a sentence: "node `a`", "nodes `a` and `b`", "9 nodes". */
export function theNodes(nodes: readonly string[]): Words {
  const [first = '', ...rest] = nodesTitle(nodes)
  return [typeof first === 'string' ? first.replace(/^N/, 'n') : first, ...rest]
}

/** "`a`", or "9 nodes": for one line in which several names would not fit. */
export function nodeOrCount(nodes: readonly string[]): Words {
  return nodes.length === 1 ? listed(nodes) : [counted(nodes.length, 'node')]
}

/** " (`a`)"; nothing for null. */
export function aside(name: string | null): Words {
  return name === null ? [] : words` (${code(name)})`
}

/** `1 node`, `3 nodes`. Pass `many` if the plural is not `one` with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${plural(count, one, many)}`
}

/** `one` or `many`, by the count. */
export function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many
}

/**
 * The non-empty parts with `between` them: a space for sentences, `'; '` for a list in one cell.
 */
export function joined(parts: readonly Words[], between = ' '): Words {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : [between, ...part]))
}

/** The text with an upper-case first letter. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A clause as a sentence: with a capital letter and a final period. */
export function sentence([first = '', ...rest]: Words): Words {
  return [typeof first === 'string' ? capitalized(first) : first, ...rest, '.']
}
