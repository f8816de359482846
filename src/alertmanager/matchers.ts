import type { Matcher, Silence } from './api.ts'

/** Label names and the values that they must equal, in the order in which a silence has them. */
export type EqualityMatchers = Readonly<Record<string, string>>

/** `alertname="KubeDaemonSetMisScheduled"`, as Alertmanager parses a matcher. */
export function equality(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** One `filter` parameter for each matcher. */
export function filters(matchers: EqualityMatchers): string {
  return Object.entries(matchers)
    .map(([name, value]) => `filter=${encodeURIComponent(equality(name, value))}`)
    .join('&')
}

export function toWire(matchers: EqualityMatchers): Matcher[] {
  return Object.entries(matchers).map(([name, value]) => ({
    name,
    value,
    isRegex: false,
    isEqual: true,
  }))
}

/** undefined: the silence has other matchers than equality. */
export function fromWire(silence: Silence): EqualityMatchers | undefined {
  if (silence.matchers.some((matcher) => matcher.isRegex || !matcher.isEqual)) return undefined
  return Object.fromEntries(silence.matchers.map(({ name, value }) => [name, value]))
}
