/** Milliseconds since 1970; undefined for a missing or invalid time. */
export function milliseconds(rfc3339: string | undefined): number | undefined {
  const at = rfc3339 ? Date.parse(rfc3339) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/** `2026-11-24T03:12:00Z`: whole seconds, as Kubernetes writes times. */
export function rfc3339(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
