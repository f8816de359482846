import type { Terminal } from './terminal.ts'

/** What a command found out, not printed yet. */
export interface Answer {
  readonly text: (terminal: Terminal) => readonly string[]
  readonly json: unknown
  /** Whether a DaemonSet that was asked about is misscheduled, or would be. */
  readonly misscheduled: boolean
}
