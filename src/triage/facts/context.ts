/** What the asker knows beside the cluster. */
export interface Context {
  /** The name under which this cluster is known here. */
  readonly cluster?: string
  /** Somebody asks about this DaemonSet, so a healthy one gets a finding too. `diagnose` sets it. */
  readonly asked?: boolean
  /** The alert that led here. */
  readonly alert?: {
    /** Its `cluster` label. */
    readonly cluster?: string
    /** RFC 3339: since when it fires. */
    readonly startsAt?: string
  }
}
