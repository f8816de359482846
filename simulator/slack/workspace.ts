import { type Block, withIds } from './blocks.ts'
import { SlackError } from './call.ts'
import type { Emit } from './events.ts'
import { APP, type Channel, type Message, type Person, type Usergroup } from './model.ts'
import type { Settings } from './options.ts'

/** A message to post. `ephemeralTo`: id of the only person who sees it. */
export interface MessageDraft {
  readonly channel: string
  readonly text: string
  readonly blocks?: readonly Block[]
  readonly thread_ts?: string
  readonly broadcast?: boolean
  readonly metadata?: unknown
  readonly ephemeralTo?: string
}

/** The people, the channels and their messages. */
export class Workspace {
  readonly people: readonly Person[]
  readonly usergroups: readonly Usergroup[]
  readonly #channels: Map<string, Channel>
  readonly #messages = new Map<string, Message>()
  readonly #now: () => number
  readonly #emit: Emit
  #lastTimestampUs = 0

  constructor({ people, usergroups, channels }: Settings, now: () => number, emit: Emit) {
    this.people = people
    this.usergroups = usergroups
    this.#channels = new Map(channels.map((channel) => [channel.id, channel]))
    this.#now = now
    this.#emit = emit
  }

  get channels(): readonly Channel[] {
    return [...this.#channels.values()]
  }

  /** Throws `channel_not_found` if there is none, or if it is private and the bot is not in it. */
  channel(id: string): Channel {
    const channel = this.#channels.get(id)
    if (!channel || (channel.isPrivate && !channel.isMember))
      throw new SlackError('channel_not_found')
    return channel
  }

  /** Changes a channel, for example archives it or removes the bot. */
  change(id: string, changes: Partial<Omit<Channel, 'id'>>): void {
    const channel = this.#channels.get(id)
    if (!channel)
      throw new Error(`no channel ${id}; channels: ${[...this.#channels.keys()].join(', ')}`)
    this.#channels.set(id, { ...channel, ...changes })
    this.#emit({ type: 'channel', channel: id })
  }

  /**
   * The messages that everybody sees in the channel, oldest first. Replies only if they were
   * broadcast.
   */
  messages(channel: string): readonly Message[] {
    return this.#all().filter(
      (message) =>
        message.channel === channel &&
        !message.ephemeralTo &&
        (!message.thread_ts || message.broadcast),
    )
  }

  /** Replies to a message, oldest first. */
  replies(channel: string, ts: string): readonly Message[] {
    return this.#all().filter(
      (message) => message.channel === channel && message.thread_ts === ts && !message.ephemeralTo,
    )
  }

  /** Ephemeral messages of this person, oldest first. */
  ephemerals(user: string): readonly Message[] {
    return this.#all().filter((message) => message.ephemeralTo === user)
  }

  message(ts: string): Message | undefined {
    return this.#messages.get(ts)
  }

  post(draft: MessageDraft): Message {
    const { channel, text, blocks, thread_ts, broadcast, metadata, ephemeralTo } = draft
    const message: Message = {
      channel,
      ts: this.#timestamp(),
      user: APP.userId,
      text,
      blocks: withIds(blocks ?? []),
      broadcast: broadcast ?? false,
      deleted: false,
      ...(thread_ts ? { thread_ts } : {}),
      ...(metadata === undefined ? {} : { metadata }),
      ...(ephemeralTo ? { ephemeralTo } : {}),
    }
    this.#messages.set(message.ts, message)
    this.#emit({ type: 'message', change: 'posted', message })
    return message
  }

  /**
   * Replaces text and blocks. Without `blocks` the message loses its blocks. Metadata stays unless
   * it is given.
   */
  edit(message: Message, { text, blocks, metadata }: Omit<MessageDraft, 'channel'>): Message {
    const edited: Message = {
      ...message,
      text,
      blocks: withIds(blocks ?? []),
      ...(metadata === undefined ? {} : { metadata }),
      ...(blocks ? {} : { edited: { user: APP.userId, ts: this.#timestamp() } }),
    }
    this.#messages.set(message.ts, edited)
    this.#emit({ type: 'message', change: 'updated', message: edited })
    return edited
  }

  /** Deletes a message as a person does. With replies, a tombstone stays. */
  remove(ts: string): void {
    const message = this.#messages.get(ts)
    if (!message) throw new Error(`no message ${ts}`)
    if (this.replies(message.channel, ts).length === 0) this.#messages.delete(ts)
    else
      this.#messages.set(ts, {
        ...message,
        deleted: true,
        text: 'This message was deleted.',
        blocks: [],
      })
    this.#emit({ type: 'message', change: 'deleted', message })
  }

  #all(): Message[] {
    return [...this.#messages.values()]
  }

  #timestamp(): string {
    this.#lastTimestampUs = Math.max(this.#lastTimestampUs + 1, this.#now() * 1000)
    return (this.#lastTimestampUs / 1e6).toFixed(6)
  }
}
