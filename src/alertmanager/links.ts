import { type EqualityMatchers, equality } from './matchers.ts'

/** `base`: where a browser finds Alertmanager, without a trailing slash. */
export function silenceUrl(base: string, id: string): string {
  return `${base}/#/silences/${encodeURIComponent(id)}`
}

/** What fires with these labels, whether it is silenced or not. */
export function alertsUrl(base: string, labels: EqualityMatchers): string {
  return `${base}/#/alerts?silenced=true&inhibited=true&active=true&filter=${inBraces(labels)}`
}

/** The form for a new silence; who makes it and for how long no link can tell. */
export function newSilenceUrl(base: string, matchers: EqualityMatchers, comment: string): string {
  return `${base}/#/silences/new?filter=${inBraces(matchers)}&comment=${encodeURIComponent(comment)}`
}

function inBraces(matchers: EqualityMatchers): string {
  const list = Object.entries(matchers).map(([name, value]) => equality(name, value))
  return encodeURIComponent(`{${list.join(', ')}}`)
}
