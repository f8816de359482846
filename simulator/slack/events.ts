import type { Call } from './call.ts'
import type { Ack, Message, View } from './model.ts'

/** An HTTP request to the app's request URL. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One interaction payload sent to the app. */
export interface Delivery {
  readonly payload: Readonly<Record<string, unknown>>
  readonly via: 'http' | 'socket'
  /** Over HTTP: the exact headers and body. */
  readonly request?: SignedRequest
  readonly ack: Ack
}

/** An error that Slack's client showed a person because the app did not answer as it should. */
export interface ClientError {
  readonly user: string
  /** Slack's wording. */
  readonly text: string
  /** The cause, for debugging the app. */
  readonly reason: string
}

/** A change in the simulated Slack. */
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
  | { readonly type: 'clientError'; readonly error: ClientError }

/** Publishes an event. It must not throw. */
export type Emit = (event: SlackEvent) => void

/** Passes every event to every subscriber, in order and synchronously. */
export class Events {
  readonly #listeners = new Set<Emit>()

  readonly emit: Emit = (event) => {
    for (const listener of this.#listeners) listener(event)
  }

  /** Returns a function that unsubscribes. */
  subscribe(listener: Emit): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Runs `probe` now and after each event, and resolves with its first value. Rejects after `ms`,
   * naming `what` it waited for.
   */
  until<T>(probe: () => T | undefined | null | false, what: string, ms = 5000): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
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
      const unsubscribe = this.subscribe(check)
      const timer = setTimeout(
        () => finish(() => reject(new Error(`timed out after ${ms} ms waiting for ${what}`))),
        ms,
      )
      check()
    })
  }
}
