import type { Bot } from '../../bot.ts'
import type { IncidentRow } from '../../store/store.ts'
import { code, type Words, words } from '../../words/words.ts'
import { type Observation, observationOf } from '../state.ts'

/** Who pressed what, and on which message. */
export interface PressedBy {
  readonly userId: string
  readonly incidentId: string
  /** Slack's `ts` of the message that was pressed; undefined for a modal. */
  readonly messageTs?: string
  /** Where that message stands. */
  readonly channel?: string
}

export type Authorization =
  | { readonly ok: true; readonly row: IncidentRow; readonly observation: Observation }
  | { readonly ok: false; readonly why: Words }

/** May this press go on? The list of users decides, not who is in the channel; an empty list is nobody. Words are what the presser reads. */
export async function authorize(
  bot: Bot,
  press: PressedBy,
  options: { readonly readOnly?: boolean } = {},
): Promise<Authorization> {
  const row = await bot.store.incident(press.incidentId)
  const observation = row && observationOf(row)
  if (!row || !observation)
    return { ok: false, why: words`This message belongs to no incident that is known here.` }
  const elsewhere = press.channel !== undefined && press.channel !== row.channel
  if (
    row.ts !== null &&
    (elsewhere || (press.messageTs !== undefined && press.messageTs !== row.ts))
  ) {
    const link = await bot.slack.permalink(row.channel, row.ts)
    return {
      ok: false,
      why: words`This message is no longer the one of this incident. The one that counts: ${link ?? 'further down in the channel'}`,
    }
  }
  if (!options.readOnly && !(await isAllowed(bot, press.userId))) {
    return {
      ok: false,
      why: words`You are not on the list of those who may press this. Ask whoever runs the bot for ${code('ALLOWED_USERS')}: your id is ${code(press.userId)}.`,
    }
  }
  if (row.closed !== null || observation.state === 'closed')
    return { ok: false, why: words`This incident is over: there is nothing left to do.` }
  return { ok: true, row, observation }
}

async function isAllowed(bot: Bot, userId: string): Promise<boolean> {
  if (bot.config.allowedUsers.includes(userId)) return true
  for (const group of bot.config.allowedUsergroups) {
    const members = await bot.slack.usergroupMembers(group)
    if (members?.includes(userId)) return true
    if (!members)
      bot.log.warn(
        { group },
        'the members of a user group could not be read; nobody is let in by it. The scope usergroups:read is needed',
      )
  }
  return false
}
