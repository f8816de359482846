import type { Args } from './args.ts'
import type { Block } from './block.ts'
import { checkPayload } from './check-payload.ts'
import type { Clock } from './clock.ts'
import type { Message } from './message.ts'
import { SlackError } from './slack-error.ts'
import type { Workspace } from './workspace.ts'

const USES = 5
const LIFETIME = 30 * 60_000

interface Granted {
  readonly message: Message
  readonly user: string
  readonly until: number
  left: number
}

/** The response_urls of interactions with messages: 5 uses within 30 minutes, no token needed. */
export class ResponseUrls {
  readonly #granted = new Map<string, Granted>()
  readonly #workspace: Workspace
  readonly #clock: Clock

  constructor(workspace: Workspace, clock: Clock) {
    this.#workspace = workspace
    this.#clock = clock
  }

  /** The path to which the app may answer. */
  grant(user: string, message: Message): string {
    const path = `/actions/${crypto.randomUUID()}`
    this.#granted.set(path, { message, user, until: this.#clock.now() + LIFETIME, left: USES })
    return path
  }

  /** Carries out what the app sent; throws `SlackError` where Slack would refuse. */
  use(path: string, args: Args): Readonly<Record<string, unknown>> {
    const granted = this.#granted.get(path)
    if (!granted || this.#clock.now() > granted.until) throw new SlackError('expired_url')
    if (granted.left === 0) throw new SlackError('used_url')
    this.#apply(granted, args)
    granted.left -= 1
    return {}
  }

  #apply({ message, user }: Granted, args: Args): void {
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
