/** The time so many minutes ago, RFC 3339 to the second, as Kubernetes writes it. */
export const minutesAgo = (now: Date, minutes: number): string =>
  new Date(now.getTime() - minutes * 60_000).toISOString().replace(/\.\d+/, '')

export const daysAgo = (now: Date, days: number): string => minutesAgo(now, days * 24 * 60)

/** Seconds since 1970, as the cluster autoscaler writes them into its taint. */
export const unixSeconds = (rfc3339: string): string => String(Date.parse(rfc3339) / 1000)
