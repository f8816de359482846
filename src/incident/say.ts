import { type Bot, timestamp } from '../bot.ts'
import type { IncidentRow } from '../store/store.ts'
import type { Words } from '../triage/words.ts'
import { routeOf } from './assign.ts'
import { type Seen, seenOf } from './seen.ts'

/** `chat.update` notifies nobody, so a turn for the worse is also sent to the channel, at most this often for one incident. Milliseconds. */
const broadcastEveryMs = 10 * 60_000

export interface SayOptions {
  /** Worth waking somebody: sent to the channel too, with the route's mention, unless that was done in the last ten minutes. */
  readonly broadcast?: boolean
}

/**
 * One entry in the incident's thread; nothing where its message does not stand yet. A broadcast is put on record in the incident's row
 * before it is sent, so read the row anew afterwards. Returns whether Slack took it.
 */
export async function say(bot: Bot, row: IncidentRow, text: Words, { broadcast = false }: SayOptions = {}): Promise<boolean> {
  if (row.ts === null) return true
  const claimed = broadcast ? await claimBroadcast(bot, row.id) : undefined
  const mention = claimed && routeOf(bot.config, claimed.alerts[0]?.labels ?? {}).mention
  const said: Words = mention ? [{ mention }, ' ', ...text] : text
  const outcome = await bot.slack.reply({ channel: row.channel, ts: row.ts }, said, { broadcast: claimed !== undefined })
  if (!outcome.ok)
    bot.log.warn({ incident: row.id, error: outcome.error, detail: outcome.detail }, 'an entry of the thread was not delivered')
  return outcome.ok
}

/** Is a broadcast due? Pure: by the time of the last one. */
export function isBroadcastDue({ lastBroadcast }: Pick<Seen, 'lastBroadcast'>, now: Date): boolean {
  return lastBroadcast === undefined || now.getTime() - Date.parse(lastBroadcast) >= broadcastEveryMs
}

/** Takes the one broadcast of these ten minutes; undefined where it was taken already. Another change of the row in between is no reason to stay silent. */
async function claimBroadcast(bot: Bot, id: string): Promise<Seen | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const row = await bot.store.incident(id)
    const seen = row && seenOf(row)
    if (!row || !seen || !isBroadcastDue(seen, bot.now())) return undefined
    const view = JSON.stringify({ ...seen, lastBroadcast: timestamp(bot) } satisfies Seen)
    if (await bot.store.changeIncident(id, row.rev, { view })) return seen
  }
  return undefined
}
