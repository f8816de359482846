import type { Clock } from './clock.ts'
import { SlackError } from './slack-error.ts'

const LIFETIME = 3000

interface Trigger {
  readonly user: string
  readonly issued: number
  exchanged: boolean
}

/** The trigger_ids that interactions carry: each lets the app show one modal, within 3 s. */
export class Triggers {
  readonly #issued = new Map<string, Trigger>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  issue(user: string): string {
    const id = `${this.#clock.now()}.${this.#issued.size + 1}.${crypto.randomUUID().replaceAll('-', '')}`
    this.#issued.set(id, { user, issued: this.#clock.now(), exchanged: false })
    return id
  }

  /** Whose interaction it was; throws `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`. */
  exchange(id: unknown): string {
    const trigger = typeof id === 'string' ? this.#issued.get(id) : undefined
    if (!trigger) throw new SlackError('invalid_trigger_id')
    if (trigger.exchanged) throw new SlackError('exchanged_trigger_id')
    if (this.#clock.now() - trigger.issued > LIFETIME) throw new SlackError('expired_trigger_id')
    trigger.exchanged = true
    return trigger.user
  }
}
