/** Milliseconds since 1970; undefined for a missing or invalid time. */
export function milliseconds(rfc3339: string | undefined): number | undefined {
  const at = rfc3339 ? Date.parse(rfc3339) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/** `2026-11-24T03:12:00Z`: whole seconds, as Kubernetes writes times. */
export function rfc3339(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** `45 s`, `45 min`, `6 h`, `5 h 30 min`, `3 d 4 h`, rounded; of a duration in milliseconds. */
export function durationText(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000)
  if (minutes < 1) return `${Math.round(milliseconds / 1000)} s`
  const [days, hours, rest] = [
    Math.floor(minutes / 1440),
    Math.floor((minutes % 1440) / 60),
    minutes % 60,
  ]
  const parts =
    days > 0
      ? [
          [days, 'd'],
          [hours, 'h'],
        ]
      : [
          [hours, 'h'],
          [rest, 'min'],
        ]
  return parts
    .filter(([count]) => count !== 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
