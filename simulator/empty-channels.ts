import type { Slack } from './slack/slack.ts'

/** Takes every message away, replies first: what has replies would stay as an empty shell. */
export function emptyChannels(slack: Slack): void {
  for (const { id } of slack.workspace.channels) {
    for (const { ts } of slack.messages(id)) {
      for (const reply of slack.thread(ts)) slack.deleteMessage(reply.ts)
      if (slack.message(ts)) slack.deleteMessage(ts)
    }
  }
  for (const { id } of slack.workspace.people)
    for (const { ts } of slack.ephemerals(id)) slack.deleteMessage(ts)
}
