import { errorMessage } from '../../src/words/error-message.ts'
import { APP, type Message } from '../slack/model.ts'
import type { Slack } from '../slack/slack.ts'
import type { Facts, PageState, Panel, PanelState, ShownMessage } from './page-state.ts'

/** Events within this time go into one push. */
const PUSH_DELAY_MS = 30

/** How often the panel is read while a page is open. */
const PANEL_INTERVAL_MS = 1000

type Send = (state: PageState) => void

/** Pushes the state to every open page when Slack or the panel changes. */
export class Broadcast {
  readonly #slack: Slack
  readonly #panel: Panel | undefined
  readonly #pages = new Map<Send, string | undefined>()
  #panelState: PanelState | undefined
  #timers: { readonly stop: () => void } | undefined
  #isPushPlanned = false
  #isReadingPanel = false

  constructor(slack: Slack, panel: Panel | undefined) {
    this.#slack = slack
    this.#panel = panel
  }

  /**
   * Sends the state of this person's page now and after each change. Returns a function that ends
   * it.
   */
  async follow(user: string | undefined, send: Send): Promise<() => void> {
    await this.refreshPanel()
    this.#pages.set(send, user)
    this.#timers ??= this.#start()
    send(stateOf(this.#slack, user, this.#panelState))
    return () => {
      this.#pages.delete(send)
      if (this.#pages.size > 0) return
      this.#timers?.stop()
      this.#timers = undefined
    }
  }

  /** Reads the panel, and pushes if it changed. */
  async refreshPanel(): Promise<void> {
    if (!this.#panel || this.#isReadingPanel) return
    this.#isReadingPanel = true
    const next = await panelState(this.#panel).finally(() => {
      this.#isReadingPanel = false
    })
    if (JSON.stringify(next) === JSON.stringify(this.#panelState)) return
    this.#panelState = next
    this.#push()
  }

  #start(): { stop: () => void } {
    const unsubscribe = this.#slack.subscribe(() => this.#push())
    const timer = setInterval(() => this.refreshPanel(), PANEL_INTERVAL_MS)
    return {
      stop() {
        unsubscribe()
        clearInterval(timer)
      },
    }
  }

  #push(): void {
    if (this.#isPushPlanned) return
    this.#isPushPlanned = true
    setTimeout(() => {
      this.#isPushPlanned = false
      for (const [send, user] of this.#pages) send(stateOf(this.#slack, user, this.#panelState))
    }, PUSH_DELAY_MS)
  }
}

/** The page of one person, by id or handle. Default: the first person. */
function stateOf(
  slack: Slack,
  requested: string | undefined,
  panel: PanelState | undefined,
): PageState {
  const { people, usergroups, channels } = slack.workspace
  const user =
    people.find(({ id, name }) => id === requested || name === requested)?.id ?? people[0]?.id ?? ''
  const clientErrors = slack.clientErrors.filter((error) => error.user === user)
  const ephemerals = slack.ephemerals(user)
  return {
    app: { name: APP.name, userId: APP.userId },
    user,
    people,
    usergroups,
    channels: channels.map(({ id, name }) => ({
      id,
      name,
      messages: timeline(slack, id, ephemerals),
    })),
    modals: slack.modals(user),
    clientError:
      clientErrors.length > 0
        ? { count: clientErrors.length, text: clientErrors.at(-1)?.text ?? '' }
        : undefined,
    panel,
  }
}

function timeline(
  slack: Slack,
  channel: string,
  ephemerals: readonly Message[],
): readonly ShownMessage[] {
  const own = ephemerals.filter((message) => message.channel === channel)
  const shown = [
    ...slack.messages(channel),
    ...own.filter(({ thread_ts }) => thread_ts === undefined),
  ]
  return sortedByTime(shown).map((message) => ({
    ...message,
    replies: sortedByTime([
      ...slack.thread(message.ts),
      ...own.filter(({ thread_ts }) => thread_ts === message.ts),
    ]),
  }))
}

function sortedByTime(messages: readonly Message[]): readonly Message[] {
  return messages.toSorted((a, b) => Number(a.ts) - Number(b.ts))
}

/** The panel now. If its facts cannot be read, it shows the error instead. */
async function panelState(panel: Panel): Promise<PanelState> {
  return {
    title: panel.title,
    description: panel.description ?? '',
    scenarios: panel.scenarios ?? [],
    scenario: panel.scenario?.(),
    controls: panel.controls?.() ?? [],
    facts: await readFacts(panel),
    guide: panel.guide?.(),
  }
}

async function readFacts({ facts }: Panel): Promise<readonly Facts[]> {
  try {
    return (await facts?.()) ?? []
  } catch (error) {
    const value = errorMessage(error)
    return [{ heading: 'Cannot read the cluster', rows: [{ name: 'error', value, tone: 'bad' }] }]
  }
}
