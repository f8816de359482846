import { type Bot, timestamp } from '../../bot.ts'
import type { ActionChange, ActionRow, ActionState, IncidentRow } from '../../store/store.ts'
import { mention, type Words } from '../../words/words.ts'
import { type ActionParameters, type PendingPost, parametersOf } from '../action-log.ts'
import type { Observation } from '../state.ts'
import { updateObservation } from '../stored-observation.ts'
import { routeMentions } from './mention.ts'

/**
 * `chat.update` notifies nobody, so a change for the worse is also sent to the channel, at most
 * this often for one incident. Milliseconds.
 */
const broadcastEveryMs = 10 * 60_000

/** How a reply is posted. */
export interface ThreadPostOptions {
  /**
   * Worth waking somebody: also sent to the channel, with the route's mention, unless that happened
   * in the last 10 minutes.
   */
  readonly broadcast?: boolean
}

/** The result of a reply, with the row as it is afterwards. */
export interface ThreadPost {
  /** false: Slack did not accept it, and it may be posted again. */
  readonly delivered: boolean
  readonly row: IncidentRow
}

/**
 * Posts one reply in the incident's thread, if the incident has a message. The time of a broadcast
 * is stored before the broadcast is sent, which changes the row.
 */
export async function postToThread(
  bot: Bot,
  row: IncidentRow,
  text: Words,
  { broadcast = false }: ThreadPostOptions = {},
): Promise<ThreadPost> {
  if (row.ts === null) return { delivered: false, row }
  const claim = broadcast
    ? await updateObservation(bot, row, (last) =>
        isBroadcastDue(last, bot.now()) ? { ...last, lastBroadcast: timestamp(bot) } : undefined,
      )
    : undefined
  const mentions = claim ? routeMentions(bot, claim.before.alerts) : []
  const reply: Words = [...mentions.flatMap((whom): Words => [mention(whom), ' ']), ...text]
  const current = claim?.row ?? row
  const sent = await bot.slack.reply({ channel: row.channel, ts: row.ts }, reply, {
    broadcast: claim !== undefined,
  })
  if (sent.ok) return { delivered: true, row: current }
  bot.log.warn(
    { incident: row.id, error: sent.error, detail: sent.detail },
    'reply not delivered to the thread',
  )
  if (sent.kind !== 'retry') return { delivered: true, row: current }
  if (!claim) return { delivered: false, row: current }
  const { lastBroadcast } = claim.before
  const released = await updateObservation(bot, current, (last) => ({ ...last, lastBroadcast }))
  return { delivered: false, row: released?.row ?? current }
}

/** Whether a broadcast is due, judging by the time of the last one. Pure. */
export function isBroadcastDue(
  { lastBroadcast }: Pick<Observation, 'lastBroadcast'>,
  now: Date,
): boolean {
  return (
    lastBroadcast === undefined || now.getTime() - Date.parse(lastBroadcast) >= broadcastEveryMs
  )
}

/**
 * Changes an action, if its state is still `from`, and posts that in the thread. The entry is
 * stored with the change and removed once Slack has accepted it, so a later round posts it if the
 * bot is killed or cut off in between.
 * @returns the incident's row afterwards; undefined if the action was no longer in the state
 * `from`.
 */
export async function changeAndPost(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  from: ActionState,
  change: ActionChange,
  entry: PendingPost,
): Promise<IncidentRow | undefined> {
  const last = parametersOf({ parameters: change.parameters ?? action.parameters })
  const parameters = withPending(last, [...pendingIn(last), entry])
  const changed = { ...change, parameters }
  if (!(await bot.store.changeAction(action.id, from, changed))) return undefined
  return postPending(bot, row, { ...action, ...changed, state: change.state ?? from })
}

/**
 * Posts an action's entries that are still pending. Those that Slack does not accept stay for the
 * next time.
 * @returns the incident's row afterwards.
 */
export async function postPending(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
): Promise<IncidentRow> {
  let current = row
  const delivered: string[] = []
  for (const entry of pendingOf(action)) {
    const { broadcast } = entry
    const post = await postToThread(bot, current, entry.words, { broadcast })
    current = post.row
    if (!post.delivered) break
    delivered.push(JSON.stringify(entry))
  }
  if (delivered.length === 0) return current
  // The action may have changed while Slack was asked: only the delivered entries go.
  const now = (await bot.store.actions(row.id)).find(({ id }) => id === action.id)
  if (!now) return current
  const last = parametersOf(now)
  const left = pendingIn(last).filter((entry) => !delivered.includes(JSON.stringify(entry)))
  await bot.store.changeAction(now.id, now.state, { parameters: withPending(last, left) })
  return current
}

/** The entries of an action that Slack has not accepted yet. */
export function pendingOf(action: ActionRow): readonly PendingPost[] {
  return pendingIn(parametersOf(action))
}

function pendingIn(parameters: ActionParameters): readonly PendingPost[] {
  return 'pending' in parameters ? (parameters.pending ?? []) : []
}

function withPending(parameters: ActionParameters, pending: readonly PendingPost[]): string {
  return JSON.stringify({ ...parameters, pending: pending.length > 0 ? pending : undefined })
}
