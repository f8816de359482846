import type { Block } from './block.ts'
import { APP, TEAM } from './options.ts'

/** A message as it is stored. `channel` and `ts` name it; each edit makes a new object, so an old one shows what was seen then. */
export interface Message {
  readonly channel: string
  /** Seconds since 1970 with six digits after the dot; unique in the workspace, and grows. */
  readonly ts: string
  readonly user: string
  readonly text: string
  readonly blocks: readonly Block[]
  readonly thread_ts?: string
  /** A reply that is shown in the channel as well. */
  readonly broadcast: boolean
  readonly metadata?: unknown
  /** Set by an edit without blocks; an edit with blocks leaves no mark. */
  readonly edited?: { readonly user: string; readonly ts: string }
  /** Only this person sees it, and it cannot be edited with `chat.update`. */
  readonly ephemeralTo?: string
  /** Deleted, but shown since it has replies. */
  readonly deleted: boolean
}

export interface WireOptions {
  readonly replies: readonly Message[]
  readonly metadata: boolean
}

/** The message as the Web API and interaction payloads show it. */
export function wireMessage(
  message: Message,
  { replies, metadata }: WireOptions,
): Record<string, unknown> {
  const last = replies.at(-1)
  return {
    type: 'message',
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    ...(message.deleted ? { subtype: 'tombstone' } : {}),
    user: message.user,
    bot_id: APP.botId,
    app_id: APP.id,
    team: TEAM.id,
    ts: message.ts,
    text: message.text,
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.edited ? { edited: message.edited } : {}),
    ...(message.thread_ts ? { thread_ts: message.thread_ts, parent_user_id: APP.userId } : {}),
    ...(last ? { thread_ts: message.ts, reply_count: replies.length, latest_reply: last.ts } : {}),
    ...(metadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
  }
}
