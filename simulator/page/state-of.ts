import type { Message } from '../slack/message.ts'
import { APP } from '../slack/options.ts'
import type { Slack } from '../slack/slack.ts'
import type { PageState, PanelState, ShownMessage } from './page-state.ts'

/** What the page shows to this person (an id or handle; whoever is first where nobody has it). */
export function stateOf(
  slack: Slack,
  wanted: string | undefined,
  panel: PanelState | undefined,
): PageState {
  const { people, usergroups, channels } = slack.workspace
  const user =
    people.find(({ id, name }) => id === wanted || name === wanted)?.id ?? people[0]?.id ?? ''
  const troubles = slack.troubles.filter((trouble) => trouble.user === user)
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
    trouble:
      troubles.length > 0
        ? { count: troubles.length, shown: troubles.at(-1)?.shown ?? '' }
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
  return inOrder(shown).map((message) => ({
    ...message,
    replies: inOrder([
      ...slack.thread(message.ts),
      ...own.filter(({ thread_ts }) => thread_ts === message.ts),
    ]),
  }))
}

function inOrder(messages: readonly Message[]): readonly Message[] {
  return messages.toSorted((a, b) => Number(a.ts) - Number(b.ts))
}
