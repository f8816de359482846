import type { Press } from './press.ts'

export interface Person {
  /** Slack's user id. */
  readonly id: string
  readonly name: string
}

/** A button or menu entry of an incident's message was pressed. */
export interface Click {
  readonly press: Press
  readonly user: Person
  readonly incidentId: string
  /** The revision that the presser saw. */
  readonly rev: number
  /** Of the stored action that is to be ended or undone. */
  readonly actionId?: string
  /** Opens one modal, within 3 seconds. */
  readonly triggerId: string
  /** Takes words to the presser alone, for 30 minutes. */
  readonly responseUrl: string
  readonly channel: string
  readonly messageTs: string
}

/** A modal was sent off; it shows “Applying…” by now. */
export interface Submission {
  readonly press: Press
  readonly user: Person
  readonly incidentId: string
  /** The revision that the presser saw. */
  readonly rev: number
  readonly viewId: string
  /** The DaemonSet that the modal was about, `namespace/name`. */
  readonly target?: string
  /** The hash of what the modal showed. */
  readonly shown?: string
  readonly actionId?: string
  /** What was filled in, by block_id: `duration`, `reason`, `pick`, `confirm`. */
  readonly values: Readonly<Record<string, string>>
}

/** What the receiver calls after it has acknowledged. */
export interface Handlers {
  press(click: Click): Promise<void>
  submit(submission: Submission): Promise<void>
}
