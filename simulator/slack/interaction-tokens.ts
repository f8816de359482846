import type { Block } from './blocks.ts'
import type { Args } from './call.ts'
import { SlackError } from './call.ts'
import { checkPayload } from './check-payload.ts'
import type { Message } from './model.ts'
import type { Workspace } from './workspace.ts'

const TRIGGER_LIFETIME_MS = 3000

interface Trigger {
  readonly user: string
  readonly issued: number
  exchanged: boolean
}

/** The trigger_ids of interactions. With each, the app can open one modal within 3 s. */
export class Triggers {
  readonly #issued = new Map<string, Trigger>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** A new trigger_id for an interaction of this person. */
  issue(user: string): string {
    const id = `${this.#now()}.${this.#issued.size + 1}.${crypto.randomUUID().replaceAll('-', '')}`
    this.#issued.set(id, { user, issued: this.#now(), exchanged: false })
    return id
  }

  /**
   * Uses up a trigger_id and returns whose it was. Throws `invalid_trigger_id`,
   * `exchanged_trigger_id` or `expired_trigger_id`.
   */
  exchange(id: unknown): string {
    const trigger = typeof id === 'string' ? this.#issued.get(id) : undefined
    if (!trigger) throw new SlackError('invalid_trigger_id')
    if (trigger.exchanged) throw new SlackError('exchanged_trigger_id')
    if (this.#now() - trigger.issued > TRIGGER_LIFETIME_MS)
      throw new SlackError('expired_trigger_id')
    trigger.exchanged = true
    return trigger.user
  }
}

const RESPONSE_URL_USES = 5
const RESPONSE_URL_LIFETIME_MS = 30 * 60_000

interface ResponseUrl {
  readonly message: Message
  readonly user: string
  readonly until: number
  left: number
}

/**
 * The response_urls of interactions with messages. Each works 5 times within 30 min and needs no
 * token.
 */
export class ResponseUrls {
  readonly #issued = new Map<string, ResponseUrl>()
  readonly #workspace: Workspace
  readonly #now: () => number

  constructor(workspace: Workspace, now: () => number) {
    this.#workspace = workspace
    this.#now = now
  }

  /** The path of a new response_url. */
  issue(user: string, message: Message): string {
    const path = `/actions/${crypto.randomUUID()}`
    this.#issued.set(path, {
      message,
      user,
      until: this.#now() + RESPONSE_URL_LIFETIME_MS,
      left: RESPONSE_URL_USES,
    })
    return path
  }

  /** Performs a request to a response_url. Throws `SlackError` if Slack would refuse it. */
  use(path: string, args: Args): Readonly<Record<string, unknown>> {
    const url = this.#issued.get(path)
    if (!url || this.#now() > url.until) throw new SlackError('expired_url')
    if (url.left === 0) throw new SlackError('used_url')
    this.#apply(url, args)
    url.left -= 1
    return {}
  }

  #apply({ message, user }: ResponseUrl, args: Args): void {
    const current = this.#workspace.message(message.ts)
    if (args.delete_original === true) {
      if (current) this.#workspace.remove(current.ts)
      return
    }
    const { text, blocks } = args
    checkPayload('message', { text, ...(blocks === undefined ? {} : { blocks }) })
    const content = {
      text: String(text),
      ...(Array.isArray(blocks) ? { blocks: blocks as readonly Block[] } : {}),
    }
    if (args.replace_original === true && current) this.#workspace.edit(current, content)
    else
      this.#workspace.post({
        channel: message.channel,
        ...content,
        ...(typeof args.thread_ts === 'string' ? { thread_ts: args.thread_ts } : {}),
        ...(args.response_type === 'in_channel' ? {} : { ephemeralTo: user }),
      })
  }
}
