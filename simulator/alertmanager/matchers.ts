import type { Labels } from './labels.ts'

export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

/** A `filter` parameter such as `daemonset="agent"` or `namespace=~kube-.*`. undefined: not a matcher. */
export function parseMatcher(text: string): Matcher | undefined {
  const [, name, operator, quoted, bare] =
    /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*?))\s*$/.exec(
      text,
    ) ?? []
  if (name === undefined || operator === undefined) return undefined
  const value =
    quoted === undefined
      ? (bare ?? '')
      : quoted.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
  const matcher = {
    name,
    value,
    isRegex: operator.endsWith('~'),
    isEqual: !operator.startsWith('!'),
  }
  return matcher.isRegex && compiled(value) === undefined ? undefined : matcher
}

/** A regular expression must match the whole value. undefined: it cannot be parsed. */
export function compiled(value: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${value})$`, 's')
  } catch {
    return undefined
  }
}

/** A label that is absent counts as empty. */
export function matches({ name, value, isRegex, isEqual }: Matcher, labels: Labels): boolean {
  const actual = labels[name] ?? ''
  return (isRegex ? (compiled(value)?.test(actual) ?? false) : actual === value) === isEqual
}

export const matchesAll = (matchers: readonly Matcher[], labels: Labels) =>
  matchers.every((matcher) => matches(matcher, labels))
