import { type Bot, timestamp } from '../../bot.ts'
import type { IncidentRow } from '../../store/store.ts'
import type { Words } from '../../words/words.ts'
import { routeOf } from '../assign.ts'
import { type Observation, observationOf } from '../state.ts'

/** `chat.update` notifies nobody, so a turn for the worse is also sent to the channel, at most this often for one incident. Milliseconds. */
const broadcastEveryMs = 10 * 60_000

export interface ThreadPostOptions {
  /** Worth waking somebody: sent to the channel too, with the route's mention, unless that was done in the last ten minutes. */
  readonly broadcast?: boolean
}

/**
 * One entry in the incident's thread, and only where its message stands. A broadcast is put on record in the incident's row
 * before it is sent, so read the row anew afterwards. false: Slack did not take it, and it may be said again.
 */
export async function postToThread(
  bot: Bot,
  row: IncidentRow,
  text: Words,
  { broadcast = false }: ThreadPostOptions = {},
): Promise<boolean> {
  if (row.ts === null) return false
  const claimed = broadcast && (await recordBroadcast(bot, row.id, isBroadcastDue, timestamp(bot)))
  const mention = claimed ? routeOf(bot.config, claimed.alerts[0]?.labels ?? {}).mention : undefined
  const said: Words = mention ? [{ mention }, ' ', ...text] : text
  const outcome = await bot.slack.reply({ channel: row.channel, ts: row.ts }, said, {
    broadcast: Boolean(claimed),
  })
  if (outcome.ok) return true
  bot.log.warn(
    { incident: row.id, error: outcome.error, detail: outcome.detail },
    'an entry of the thread was not delivered',
  )
  if (outcome.kind !== 'retry') return true
  if (claimed) await recordBroadcast(bot, row.id, () => true, claimed.lastBroadcast)
  return false
}

/** Is a broadcast due? Pure: by the time of the last one. */
export function isBroadcastDue(
  { lastBroadcast }: Pick<Observation, 'lastBroadcast'>,
  now: Date,
): boolean {
  return (
    lastBroadcast === undefined || now.getTime() - Date.parse(lastBroadcast) >= broadcastEveryMs
  )
}

/** Sets the time of the last broadcast, if that `may` be, and returns what stood there before. Another change of the row in between is no reason to stay silent. */
async function recordBroadcast(
  bot: Bot,
  id: string,
  may: (observation: Observation, now: Date) => boolean,
  at: string | undefined,
): Promise<Observation | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const row = await bot.store.incident(id)
    const last = row && observationOf(row)
    if (!row || !last || !may(last, bot.now())) return undefined
    const observation = JSON.stringify({ ...last, lastBroadcast: at })
    if (await bot.store.changeIncident(id, row.rev, { observation })) return last
  }
  return undefined
}
