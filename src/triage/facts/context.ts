/** What the asker knows beside the cluster. */
export interface Context {
  /** The name under which this cluster is known here. */
  readonly cluster?: string
  /** The alert that led here. */
  readonly alert?: {
    /** Its `cluster` label. */
    readonly cluster?: string
    /** RFC 3339: since when it fires. */
    readonly startsAt?: string
  }
}
