import { type Block, withIds } from './block.ts'
import type { Clock } from './clock.ts'
import type { Emit } from './events.ts'
import type { Message } from './message.ts'
import { APP, type Channel, type Person, type Settings, type Usergroup } from './options.ts'
import { SlackError } from './slack-error.ts'

export interface Draft {
  readonly channel: string
  readonly text: string
  readonly blocks?: readonly Block[]
  readonly thread_ts?: string
  readonly broadcast?: boolean
  readonly metadata?: unknown
  readonly ephemeralTo?: string
}

/** People, channels and the messages in them. */
export class Workspace {
  readonly people: readonly Person[]
  readonly usergroups: readonly Usergroup[]
  readonly #channels: Map<string, Channel>
  readonly #messages = new Map<string, Message>()
  readonly #clock: Clock
  readonly #emit: Emit
  #lastStamp = 0

  constructor({ people, usergroups, channels }: Settings, clock: Clock, emit: Emit) {
    this.people = people
    this.usergroups = usergroups
    this.#channels = new Map(channels.map((channel) => [channel.id, channel]))
    this.#clock = clock
    this.#emit = emit
  }

  get channels(): readonly Channel[] {
    return [...this.#channels.values()]
  }

  /** The channel, if the bot can see it; throws `channel_not_found`. */
  channel(id: string): Channel {
    const channel = this.#channels.get(id)
    if (!channel || (channel.isPrivate && !channel.isMember))
      throw new SlackError('channel_not_found')
    return channel
  }

  /** Archives a channel, or takes the bot or people out of it. */
  change(id: string, changes: Partial<Omit<Channel, 'id'>>): void {
    const channel = this.#channels.get(id)
    if (!channel)
      throw new Error(`no channel ${id}; there are: ${[...this.#channels.keys()].join(', ')}`)
    this.#channels.set(id, { ...channel, ...changes })
    this.#emit({ type: 'channel', channel: id })
  }

  /** What a channel shows, oldest first: no replies except broadcast ones, nothing ephemeral. */
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

  /** What only this person sees, oldest first. */
  ephemerals(user: string): readonly Message[] {
    return this.#all().filter((message) => message.ephemeralTo === user)
  }

  message(ts: string): Message | undefined {
    return this.#messages.get(ts)
  }

  post(draft: Draft): Message {
    const { channel, text, blocks, thread_ts, broadcast, metadata, ephemeralTo } = draft
    const message: Message = {
      channel,
      ts: this.#stamp(),
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

  /** Replaces text and blocks; without blocks, those it had are gone. Metadata stays unless new is given. */
  edit(message: Message, { text, blocks, metadata }: Omit<Draft, 'channel'>): Message {
    const edited: Message = {
      ...message,
      text,
      blocks: withIds(blocks ?? []),
      ...(metadata === undefined ? {} : { metadata }),
      ...(blocks ? {} : { edited: { user: APP.userId, ts: this.#stamp() } }),
    }
    this.#messages.set(message.ts, edited)
    this.#emit({ type: 'message', change: 'updated', message: edited })
    return edited
  }

  /** What a person with the right to do so does: the message is gone, or an empty shell where it has replies. */
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

  #stamp(): string {
    this.#lastStamp = Math.max(this.#lastStamp + 1, this.#clock.now() * 1000)
    return (this.#lastStamp / 1e6).toFixed(6)
  }
}
