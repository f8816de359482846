import type { Call } from './call.ts'
import type { Delivery } from './delivery-report.ts'
import type { Message } from './message.ts'
import type { View } from './view.ts'

/** What a person was shown because something between Slack and the app went wrong. */
export interface Trouble {
  readonly user: string
  /** In Slack's words. */
  readonly shown: string
  /** What happened, for whoever debugs the app. */
  readonly because: string
}

/** Something that changed in the stand-in. */
export type SlackEvent =
  | {
      readonly type: 'message'
      readonly change: 'posted' | 'updated' | 'deleted'
      readonly message: Message
    }
  | { readonly type: 'view'; readonly change: 'opened' | 'updated' | 'closed'; readonly view: View }
  | { readonly type: 'channel'; readonly channel: string }
  | { readonly type: 'socket'; readonly connected: boolean }
  | { readonly type: 'call'; readonly call: Call }
  | { readonly type: 'delivery'; readonly delivery: Delivery }
  | { readonly type: 'trouble'; readonly trouble: Trouble }

export type Emit = (event: SlackEvent) => void

/** Tells every subscriber of every event, in order and at once. */
export class Events {
  readonly #listeners = new Set<Emit>()

  readonly emit: Emit = (event) => {
    for (const listener of this.#listeners) listener(event)
  }

  /** Returns how to unsubscribe. */
  subscribe(listener: Emit): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The first value that `probe` finds, looked for now and after each event; throws after `ms`, naming `what` was missed. */
  until<T>(probe: () => T | undefined | null | false, what: string, ms = 5000): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        try {
          const found = probe()
          if (found !== undefined && found !== null && found !== false) finish(() => resolve(found))
        } catch (cause) {
          finish(() => reject(cause))
        }
      }
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        unsubscribe()
        settle()
      }
      const unsubscribe = this.subscribe(look)
      const timer = setTimeout(
        () => finish(() => reject(new Error(`not seen within ${ms} ms: ${what}`))),
        ms,
      )
      look()
    })
  }
}
