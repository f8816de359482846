import type { Block, Text } from './blocks.ts'
import type { Values } from './values.ts'

/** The workspace, as payloads name it. */
export const TEAM = { id: 'T0LOCAL0001', domain: 'local' } as const

/** The one app in the workspace, and its bot user. */
export const APP = {
  id: 'A0TRIAGE001',
  botId: 'B0TRIAGE001',
  userId: 'U0TRIAGE001',
  name: 'daemonset-triage',
  legacyToken: 'legacy-verification-token',
} as const

/** A member of the workspace. */
export interface Person {
  readonly id: string
  /** The handle, without the @. */
  readonly name: string
  readonly realName: string
}

/** A public or private channel. */
export interface Channel {
  readonly id: string
  /** Without the #. */
  readonly name: string
  readonly isPrivate: boolean
  readonly isArchived: boolean
  /** Whether the bot has been invited. */
  readonly isMember: boolean
  /** User ids. */
  readonly members: readonly string[]
}

/** A user group, such as @oncall. */
export interface Usergroup {
  readonly id: string
  /** Without the @. */
  readonly handle: string
  /** User ids. */
  readonly users: readonly string[]
}

/**
 * A stored message. `channel` and `ts` identify it. Every edit makes a new object, so an older
 * object still shows the older version.
 */
export interface Message {
  readonly channel: string
  /** Seconds since 1970 with six decimals. Unique in the workspace and increasing. */
  readonly ts: string
  readonly user: string
  readonly text: string
  readonly blocks: readonly Block[]
  readonly thread_ts?: string
  /** A reply that is also shown in the channel. */
  readonly broadcast: boolean
  readonly metadata?: unknown
  /** Set by an edit without blocks. Slack does not mark an edit with blocks. */
  readonly edited?: { readonly user: string; readonly ts: string }
  /** User id. Only this person sees the message, and `chat.update` cannot edit it. */
  readonly ephemeralTo?: string
  /** Deleted, but still listed because it has replies. */
  readonly deleted: boolean
}

/** A modal as the app sends it. */
export interface ViewDraft {
  readonly type: 'modal'
  readonly title: Text
  readonly blocks: readonly Block[]
  readonly submit?: Text
  readonly close?: Text
  readonly callback_id?: string
  readonly private_metadata?: string
  readonly external_id?: string
  readonly notify_on_close?: boolean
  readonly clear_on_close?: boolean
}

/** A modal that a person has open. */
export interface View extends ViewDraft {
  readonly id: string
  /** Changes with every update by the app. */
  readonly hash: string
  readonly user: string
  readonly state: { readonly values: Values }
  readonly root_view_id: string
  readonly previous_view_id: string | null
}

/** How the app acknowledged an interaction. */
export interface Ack {
  /** Acknowledged in time and, over HTTP, with status 200. */
  readonly ok: boolean
  /** Milliseconds until the response or the timeout. */
  readonly ms: number
  /** HTTP status. Missing over Socket Mode and if there was no response. */
  readonly status?: number
  /** Body of the HTTP response, or the Socket Mode response as JSON. Empty if there is none. */
  readonly body: string
  /** Why `ok` is false. */
  readonly reason?: string
}

/** What happened to a submitted modal. */
export type SubmitResult =
  /**
   * Slack's client did not send it: an input is missing or has the wrong length. Errors by
   * block_id.
   */
  | { readonly outcome: 'incomplete'; readonly errors: Readonly<Record<string, string>> }
  | { readonly outcome: 'closed' | 'cleared'; readonly ack: Ack }
  /** The app rejected the input. Errors by block_id. */
  | {
      readonly outcome: 'errors'
      readonly errors: Readonly<Record<string, string>>
      readonly ack: Ack
    }
  | { readonly outcome: 'updated' | 'pushed'; readonly view: View; readonly ack: Ack }
  /**
   * The app did not answer in time, or Slack did not understand the answer. The modal stays open.
   */
  | { readonly outcome: 'failed'; readonly reason: string; readonly ack: Ack }
