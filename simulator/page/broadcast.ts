import type { Slack } from '../slack/slack.ts'
import type { PageState, PanelState } from './page-state.ts'
import { type Panel, panelState } from './panel.ts'
import { stateOf } from './state-of.ts'

/** Milliseconds in which events are gathered into one push. */
const GATHER = 30
/** Milliseconds between two looks at the panel while a page is open. */
const LOOK_EVERY = 1000

type Send = (state: PageState) => void

/** Keeps every open page up to date: a push when Slack or the panel changed, none while nothing does. */
export class Broadcast {
  readonly #slack: Slack
  readonly #panel: Panel | undefined
  readonly #pages = new Map<Send, string | undefined>()
  #panelNow: PanelState | undefined
  #timers: { readonly stop: () => void } | undefined
  #gathering = false
  #looking = false

  constructor(slack: Slack, panel: Panel | undefined) {
    this.#slack = slack
    this.#panel = panel
  }

  /** Pushes the state of this person's page now and after each change; returns how to end it. */
  async follow(user: string | undefined, send: Send): Promise<() => void> {
    await this.look()
    this.#pages.set(send, user)
    this.#timers ??= this.#start()
    send(stateOf(this.#slack, user, this.#panelNow))
    return () => {
      this.#pages.delete(send)
      if (this.#pages.size > 0) return
      this.#timers?.stop()
      this.#timers = undefined
    }
  }

  /** Reads the panel again, and pushes if it differs. */
  async look(): Promise<void> {
    if (!this.#panel || this.#looking) return
    this.#looking = true
    const next = await panelState(this.#panel).finally(() => {
      this.#looking = false
    })
    if (JSON.stringify(next) === JSON.stringify(this.#panelNow)) return
    this.#panelNow = next
    this.#push()
  }

  #start(): { stop: () => void } {
    const unsubscribe = this.#slack.subscribe(() => this.#push())
    const timer = setInterval(() => this.look(), LOOK_EVERY)
    return {
      stop() {
        unsubscribe()
        clearInterval(timer)
      },
    }
  }

  #push(): void {
    if (this.#gathering) return
    this.#gathering = true
    setTimeout(() => {
      this.#gathering = false
      for (const [send, user] of this.#pages) send(stateOf(this.#slack, user, this.#panelNow))
    }, GATHER)
  }
}
