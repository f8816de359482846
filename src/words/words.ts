/**
 * Text that has not been drawn yet. Names, values and times stay apart from the sentence around them, so that each surface
 * escapes and formats them in its own way and nothing from the cluster can pose as markup.
 */
export type Span =
  | string
  | { readonly code: string }
  | { readonly time: string }
  | { readonly strong: string }
  | { readonly user: string }
  | { readonly mention: string }
export type Words = readonly Span[]

/** A name, key or command, as it stands in the cluster or is typed at a prompt. */
export function code(text: string): Span {
  return { code: text }
}

/** A moment, RFC 3339. Slack shows it in the reader's own zone. */
export function time(rfc3339: string): Span {
  return { time: rfc3339 }
}

export function strong(text: string): Span {
  return { strong: text }
}

/** A person, by Slack id. */
export function user(id: string): Span {
  return { user: id }
}

/** Whom to call, as Slack writes it: `<!subteam^S0123>`, `<@U0123>`, `<!here>`. */
export function mention(whom: string): Span {
  return { mention: whom }
}

/** ``words`Node ${code(name)} is NotReady` ``: strings and numbers are text, nested `Words` are spliced in. */
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

/** The plain text: code in backticks, times as `2026-11-24 03:12 UTC`. */
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

/** `2026-11-24 03:12 UTC`; the input itself where it is no time. */
export function plainTime(rfc3339: string): string {
  const at = new Date(rfc3339)
  return Number.isNaN(at.getTime())
    ? rfc3339
    : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `a`, `a and b`, `a, b and 3 more`: a list cut to `most` names, with the count of the rest. */
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
/** "`a` and `b`", "`a`, `b` and 7 more". */
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

/** `1 node`, `3 nodes`; `many` only where the plural is not `one` with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${plural(count, one, many)}`
}

/** `one` or `many`, by the count. */
export function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many
}
/** The parts that are not empty, with `between` them: a space for sentences, `'; '` for a list in one cell. */
export function joined(parts: readonly Words[], between = ' '): Words {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : [between, ...part]))
}
