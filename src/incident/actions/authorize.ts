import type { Bot } from '../../bot.ts'
import { type Modal, notAllowedModal, refusedModal } from '../../slack/modals.ts'
import type { IncidentRow } from '../../store/store.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { type Words, words } from '../../words/words.ts'
import type { Observation } from '../state.ts'
import { observationOf } from '../stored-observation.ts'
import { notAllowed, notAllowedWords, type RefusedPress } from './not-allowed.ts'

/** Who pressed, and on which message. */
export interface PressedBy extends RefusedPress {
  readonly userId: string
  readonly incidentId: string
  /** Slack's `ts` of the message with the button; undefined for a modal. */
  readonly messageTs?: string
  /** The channel of that message. */
  readonly channel?: string
}

/** The incident that an authorized press is about. */
export interface AuthorizedIncident {
  readonly row: IncidentRow
  readonly observation: Observation
}

/** Why a press goes no further, in one text and as a modal. */
export interface Refused {
  readonly why: Words
  readonly modal: Modal
}

/**
 * Decides whether a press may go on. ALLOWED_USERS and ALLOWED_USERGROUPS decide, not the channel's
 * membership; empty lists allow nobody. `readOnly`: anybody may press. `evenIfClosed`: also after
 * the incident is over. The refusal is shown to the presser.
 */
export async function authorize(
  bot: Bot,
  press: PressedBy,
  options: { readonly readOnly?: boolean; readonly evenIfClosed?: boolean } = {},
): Promise<Result<AuthorizedIncident, Refused>> {
  const row = await bot.store.incident(press.incidentId)
  const observation = row && observationOf(row)
  if (!row || !observation) return refused(words`The incident of this message is unknown here.`)
  if (row.ts !== null && isAnotherMessage(press, row)) {
    const link = await bot.slack.permalink(row.channel, row.ts)
    return refused(
      words`This message is outdated. The incident's current message: ${link ?? 'further down in the channel'}`,
    )
  }
  if (!options.readOnly && !(await isAllowed(bot, press.userId)))
    return notAllowedTo(bot, row.id, observation, press)
  if (!options.evenIfClosed && (row.closed !== null || observation.state === 'closed'))
    return refused(words`This incident is over: there is nothing left to do.`)
  return success({ row, observation })
}

function refused(why: Words): Result<never, Refused> {
  return refusal({ why, modal: refusedModal(why) })
}

async function notAllowedTo(
  bot: Bot,
  incidentId: string,
  observation: Observation,
  press: RefusedPress,
): Promise<Result<never, Refused>> {
  const answer = await notAllowed(bot, incidentId, observation, press)
  return refusal({ why: notAllowedWords(answer), modal: notAllowedModal(answer) })
}

function isAnotherMessage({ channel, messageTs }: PressedBy, row: IncidentRow): boolean {
  const isOtherChannel = channel !== undefined && channel !== row.channel
  return isOtherChannel || (messageTs !== undefined && messageTs !== row.ts)
}

async function isAllowed(bot: Bot, userId: string): Promise<boolean> {
  if (bot.config.allowedUsers.includes(userId)) return true
  for (const group of bot.config.allowedUsergroups) {
    const members = await bot.slack.usergroupMembers(group)
    if (members?.includes(userId)) return true
    if (!members)
      bot.log.warn(
        { group },
        'user group not readable, so it allows nobody: the app needs the scope usergroups:read',
      )
  }
  return false
}
