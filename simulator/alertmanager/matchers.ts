import type { Labels } from './alert.ts'

/** A condition on one label, in the field names of Alertmanager's API. */
export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

/**
 * Parses a `filter` parameter such as `daemonset="agent"` or `namespace=~kube-.*`. undefined: not a
 * valid matcher.
 */
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
  return matcher.isRegex && compileRegex(value) === undefined ? undefined : matcher
}

/** An anchored regular expression: it must match the whole value. undefined: invalid syntax. */
export function compileRegex(value: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${value})$`, 's')
  } catch {
    return undefined
  }
}

/** Whether every matcher holds. A missing label has the value ''. */
export const matchesAll = (matchers: readonly Matcher[], labels: Labels) =>
  matchers.every((matcher) => matches(matcher, labels))

function matches({ name, value, isRegex, isEqual }: Matcher, labels: Labels): boolean {
  const actual = labels[name] ?? ''
  return (isRegex ? (compileRegex(value)?.test(actual) ?? false) : actual === value) === isEqual
}
