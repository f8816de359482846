/** One thing that the configuration needs, tried. `unknown`: it could not be tried, and the bot may work all the same. */
export interface Check {
  readonly what: string
  readonly state: 'good' | 'missing' | 'unknown'
  /** What was seen, or what went wrong. */
  readonly seen: string
  /** What to do about it. */
  readonly fix?: string
}
