import type { Channel, Message, Person, Usergroup, View } from '../slack/model.ts'

/** The color of a fact. */
export type Tone = 'good' | 'bad' | 'quiet'

/** One line of the side panel. */
export interface Fact {
  readonly name: string
  readonly value: string
  readonly tone?: Tone
}

/** One list in the side panel, such as the nodes of the cluster. */
export interface Facts {
  readonly heading: string
  readonly rows: readonly Fact[]
  /** What is shown without rows. Default: `none`. */
  readonly none?: string
}

/** A scenario that the side panel offers. */
export interface Scenario {
  readonly id: string
  readonly title: string
  readonly description: string
}

/** A button in the side panel. */
export interface PanelControl {
  readonly id: string
  readonly label: string
  /** One sentence: what it does to the cluster. */
  readonly description?: string
}

/** One step of the guide through a scenario. */
export interface GuideStep {
  /** An imperative of a few words: `Silence it as Maya`. */
  readonly label: string
  /** How to do it, in one or two sentences. */
  readonly how: string
  /** Id of the control that does it; without it, the person acts in the message. */
  readonly control?: string
  /** undefined: only the person knows, and says so. */
  readonly done: boolean | undefined
}

/** The guide through the running scenario. */
export interface Guide {
  readonly steps: readonly GuideStep[]
  /** Whether the alert has ended, and nothing is misscheduled. */
  readonly isOver: boolean
  /** Why a change of the cluster shows nowhere, and the id of the control that makes it show. */
  readonly remark?: { readonly text: string; readonly control: string }
}

/** The side panel as the page shows it. */
export interface PanelState {
  readonly title: string
  readonly description: string
  readonly scenarios: readonly Scenario[]
  /** Id of the running scenario. */
  readonly scenario: string | undefined
  readonly controls: readonly PanelControl[]
  readonly facts: readonly Facts[]
  readonly guide: Guide | undefined
}

/** A message and its thread. */
export interface ShownMessage extends Message {
  /** Oldest first. Includes messages that only this person sees. */
  readonly replies: readonly Message[]
}

/** A channel and its messages, oldest first. */
export interface ShownChannel extends Pick<Channel, 'id' | 'name'> {
  readonly messages: readonly ShownMessage[]
}

/** The whole page of one person. */
export interface PageState {
  readonly app: { readonly name: string; readonly userId: string }
  readonly user: string
  readonly people: readonly Person[]
  readonly usergroups: readonly Usergroup[]
  readonly channels: readonly ShownChannel[]
  /** The one in front last. */
  readonly modals: readonly View[]
  /** The last error that Slack's client showed, and how many there were so far. */
  readonly clientError: { readonly count: number; readonly text: string } | undefined
  readonly panel: PanelState | undefined
}

/** The contents of the side panel, and what its buttons do. */
export interface Panel {
  readonly title: string
  readonly description?: string
  readonly scenarios?: readonly Scenario[]
  /** Id of the running scenario. */
  readonly scenario?: () => string | undefined
  /** Called again for every refresh. */
  readonly controls?: () => readonly PanelControl[]
  readonly facts?: () => readonly Facts[] | Promise<readonly Facts[]>
  readonly guide?: () => Guide | undefined
  /** How to install the bot, as Markdown. The page serves it at `/install`. */
  readonly install?: () => Promise<string>
  /**
   * Starts a scenario. The page shows the returned text as a note, and an error message if it
   * throws.
   */
  readonly onScenario?: (id: string) => Promise<string | undefined>
  /** Runs a control. The page shows the returned text as `onScenario`. */
  readonly onControl?: (id: string) => Promise<string | undefined>
}
