import type { Message } from '../slack/message.ts'
import type { Channel, Person, Usergroup } from '../slack/options.ts'
import type { View } from '../slack/view.ts'

export type Tone = 'good' | 'bad' | 'quiet'

export interface Fact {
  readonly name: string
  readonly value: string
  readonly tone?: Tone
}

/** One list of the side panel, such as the nodes of the cluster. */
export interface Facts {
  readonly heading: string
  readonly rows: readonly Fact[]
}

export interface Scenario {
  readonly id: string
  readonly title: string
  readonly about: string
}

/** A button of the side panel. */
export interface PanelControl {
  readonly id: string
  readonly label: string
  /** One sentence: what it does to the cluster. */
  readonly about?: string
}

/** The side panel as the page shows it. */
export interface PanelState {
  readonly title: string
  readonly about: string
  readonly scenarios: readonly Scenario[]
  /** Id of the scenario that runs. */
  readonly scenario: string | undefined
  readonly controls: readonly PanelControl[]
  readonly facts: readonly Facts[]
}

export interface ShownMessage extends Message {
  /** Oldest first; with what is shown to this person only. */
  readonly replies: readonly Message[]
}

export interface ShownChannel extends Pick<Channel, 'id' | 'name'> {
  readonly messages: readonly ShownMessage[]
}

/** Everything that one person's page shows. */
export interface PageState {
  readonly app: { readonly name: string; readonly userId: string }
  readonly user: string
  readonly people: readonly Person[]
  readonly usergroups: readonly Usergroup[]
  readonly channels: readonly ShownChannel[]
  /** Bottom first. */
  readonly modals: readonly View[]
  /** How many times something went wrong so far, and what was shown last. */
  readonly trouble: { readonly count: number; readonly shown: string } | undefined
  readonly panel: PanelState | undefined
}
