import type { Matcher, Silence } from './api.ts'

/** Label names and the values that they must equal, in the order of the silence. */
export type EqualityMatchers = Readonly<Record<string, string>>

/** The query string of the API: one `filter` parameter for each matcher. */
export function filters(matchers: EqualityMatchers): string {
  return Object.entries(matchers)
    .map(([name, value]) => `filter=${encodeURIComponent(equality(name, value))}`)
    .join('&')
}

/** The matchers as the API takes them. */
export function toApiMatchers(matchers: EqualityMatchers): Matcher[] {
  return Object.entries(matchers).map(([name, value]) => ({
    name,
    value,
    isRegex: false,
    isEqual: true,
  }))
}

/** undefined if the silence has a regex or a negative matcher. */
export function equalityMatchersOf(silence: Silence): EqualityMatchers | undefined {
  if (silence.matchers.some((matcher) => matcher.isRegex || !matcher.isEqual)) return undefined
  return Object.fromEntries(silence.matchers.map(({ name, value }) => [name, value]))
}

/** The page of a silence. `base` is the URL for browsers, without a trailing slash. */
export function silenceUrl(base: string, id: string): string {
  return `${base}/#/silences/${encodeURIComponent(id)}`
}

/** The alerts that fire with these labels, silenced and inhibited ones too. */
export function alertsUrl(base: string, labels: EqualityMatchers): string {
  return `${base}/#/alerts?silenced=true&inhibited=true&active=true&filter=${inBraces(labels)}`
}

/** The form for a new silence. A link cannot fill in creator and duration. */
export function newSilenceUrl(base: string, matchers: EqualityMatchers, comment: string): string {
  return `${base}/#/silences/new?filter=${inBraces(matchers)}&comment=${encodeURIComponent(comment)}`
}

function inBraces(matchers: EqualityMatchers): string {
  const list = Object.entries(matchers).map(([name, value]) => equality(name, value))
  return encodeURIComponent(`{${list.join(', ')}}`)
}

/** `alertname="KubeDaemonSetMisScheduled"`, in Alertmanager's matcher syntax. */
function equality(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
