import { type Bot, timestamp } from '../../bot.ts'
import type { IncidentView } from '../../slack/incident-view.ts'
import { incidentMessage, messageHash } from '../../slack/message.ts'
import { ABOUT } from '../../slack/message-text.ts'
import type { IncidentRow } from '../../store/store.ts'
import { type Explanation, explain } from '../../triage/explain.ts'
import { offeredFor } from '../offered.ts'
import type { Observation } from '../state.ts'
import { observationOf } from '../stored-observation.ts'
import { firstMentions } from './mention.ts'
import { viewOf } from './view.ts'

/**
 * A post with an unknown outcome is searched for this long before it is posted again. Milliseconds.
 */
const ambiguousPostMs = 20_000

/**
 * A post that started less than this ago may still be under way on another replica: the time that
 * one call may take. Milliseconds.
 */
const underWayMs = 6_000

/**
 * Slack accepts one post a second in a channel; a longer wait is left to the next round.
 * Milliseconds.
 */
const shortWaitMs = 2_000

/**
 * Time until Slack is called again for this incident after a failure that names no time.
 * Milliseconds.
 */
const retryMs = 5_000

/**
 * The explanation of an observation; null without a diagnosis. A bug in it must not keep the alert
 * from being posted.
 */
export function explanationOf(bot: Bot, observation: Observation): Explanation | null {
  if (observation.diagnoses.length === 0) return null
  try {
    return explain(observation.diagnoses)
  } catch (error) {
    bot.log.error(
      { err: error },
      'diagnosis could not be explained: the message goes out without an explanation',
    )
    return null
  }
}

/**
 * Makes Slack show what is stored of this incident: posts once, edits if the message differs, and
 * does nothing if it is the same. The hash is stored only after Slack accepted the message, so the
 * next round corrects whatever went wrong. A post is recorded before and after it is sent: if the
 * bot is killed or cut off in between, the message is searched for by its metadata and posted again
 * only if it cannot be found.
 *
 * A rate limit of a second or two is waited out until `waitUntilMs` (milliseconds since 1970), so a
 * round that posts many messages reads the cluster once for all of them.
 * @returns the row afterwards; undefined if another replica or a click was faster: its message then
 * stands.
 */
export async function publish(
  bot: Bot,
  row: IncidentRow,
  waitUntilMs = 0,
): Promise<IncidentRow | undefined> {
  const observation = await withMentions(bot, row, observationOf(row))
  if (!observation) return row
  const view = await currentView(bot, row, observation)
  const hash = messageHash(incidentMessage({ ...view, rev: 0 }))
  if (row.ts !== null && row.hash === hash) return row
  if (row.ts === null && row.posting !== null) {
    const found = await settlePost(bot, row)
    if (found !== 'post') return found
  }
  const claimed = await bot.store.changeIncident(row.id, row.rev, {
    hash: null,
    ...(row.ts === null
      ? { posting: timestamp(bot), observation: JSON.stringify(observation) }
      : {}),
  })
  if (!claimed) return undefined
  return deliver(bot, claimed, { ...view, rev: claimed.rev }, hash, waitUntilMs)
}

/**
 * Publishes after an action, also if a round changed the row in the meantime, and wakes the loop to
 * observe the result in a second.
 */
export async function publishAction(bot: Bot, row: IncidentRow): Promise<void> {
  if (!(await publish(bot, row))) {
    const fresh = await bot.store.incident(row.id)
    if (fresh) await publish(bot, fresh)
  }
  bot.wake(1_000)
}

/** Whom to mention is decided once, with the first post: an edit notifies nobody. */
async function withMentions(
  bot: Bot,
  row: IncidentRow,
  observation: Observation | undefined,
): Promise<Observation | undefined> {
  return observation && row.ts === null && observation.mentions === undefined
    ? { ...observation, ...(await firstMentions(bot, observation)) }
    : observation
}

async function currentView(
  bot: Bot,
  row: IncidentRow,
  observation: Observation,
): Promise<IncidentView> {
  const explanation = explanationOf(bot, observation)
  const [actions, offered] = await Promise.all([
    bot.store.actions(row.id),
    offeredFor(bot, observation, explanation),
  ])
  const { id: incidentId, rev, cluster } = row
  const links = linksOf(bot, observation, explanation)
  return viewOf({ incidentId, rev, cluster, observation, explanation, actions, offered, links })
}

async function deliver(
  bot: Bot,
  row: IncidentRow,
  view: IncidentView,
  hash: string,
  waitUntilMs: number,
): Promise<IncidentRow | undefined> {
  const place = { channel: row.channel, ...(row.ts === null ? {} : { ts: row.ts }) }
  let sent = await bot.slack.publish(place, view)
  const waitMs = sent.ok ? 0 : (sent.retryAfterSeconds ?? 0) * 1000
  if (waitMs > 0 && waitMs <= shortWaitMs && bot.now().getTime() + waitMs < waitUntilMs) {
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    sent = await bot.slack.publish(place, view)
  }
  if (sent.ok) {
    const { ts } = sent
    const shown = await bot.store.changeIncident(row.id, row.rev, { ts, posting: null, hash })
    return shown ?? overtaken(bot, row, ts)
  }
  if (sent.kind === 'gone' && row.ts !== null) {
    if (row.closed === null) return postAgain(bot, row)
    // Nobody needs the message of an incident that is over a second time.
    return bot.store.changeIncident(row.id, row.rev, { hash })
  }
  const { error, detail, kind, retryAfterSeconds } = sent
  bot.log.warn({ incident: row.id, channel: row.channel, error, detail }, failureOf(kind))
  bot.wake(retryAfterSeconds === undefined ? retryMs : retryAfterSeconds * 1000)
  // Only if the outcome is unknown does the post stay on record: the next round searches for it.
  return kind === 'unknown' ? row : bot.store.changeIncident(row.id, row.rev, { posting: null })
}

/**
 * Another message went out for this incident at the same time, from a click or another replica. It
 * is unknown which of the two Slack shows, so the incident is published once more.
 */
async function overtaken(bot: Bot, { id }: IncidentRow, ts: string): Promise<undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const row = await bot.store.incident(id)
    if (!row || (row.ts !== null && row.ts !== ts)) return undefined
    if (await bot.store.changeIncident(id, row.rev, { ts, posting: null, hash: null })) break
  }
  bot.wake(1_000)
  return undefined
}

/**
 * The message was deleted, and its thread with it. A new message is posted, and its thread shows
 * the evidence again. It mentions nobody: whoever deleted the message knows of it.
 */
async function postAgain(bot: Bot, row: IncidentRow): Promise<IncidentRow | undefined> {
  const observation = observationOf(row)
  const { posted: _, ...rest } = observation ?? {}
  const cleared = await bot.store.changeIncident(row.id, row.rev, {
    ts: null,
    posting: null,
    hash: null,
    ...(observation ? { observation: JSON.stringify({ ...rest, mentions: [] }) } : {}),
  })
  return cleared && publish(bot, cleared)
}

/** A post was started and its outcome never recorded. `post`: it is to be posted again. */
async function settlePost(bot: Bot, row: IncidentRow): Promise<IncidentRow | undefined | 'post'> {
  const startedAt = row.posting ?? row.opened
  const found = await bot.slack.findMessage(row.channel, row.id, startedAt)
  if (found.ok && found.ts !== undefined)
    return bot.store.changeIncident(row.id, row.rev, { ts: found.ts, posting: null, hash: null })
  const ageMs = bot.now().getTime() - Date.parse(startedAt)
  const waitMs = found.ok ? underWayMs : ambiguousPostMs
  if (ageMs >= waitMs) return 'post'
  bot.wake(waitMs - ageMs)
  return row
}

function failureOf(kind: string): string {
  switch (kind) {
    case 'config':
      return 'message refused by Slack: invite the bot to the channel, or check SLACK_BOT_TOKEN, its scopes and SLACK_CHANNEL; retrying each round'
    case 'unknown':
      return 'unknown whether Slack accepted the message: the connection ended first; searching for it in the next round'
    default:
      return 'message not delivered to Slack; retrying'
  }
}

/** The page of its cause, the runbook, the alert in Alertmanager, and the rule's graph. */
function linksOf(
  { alertmanager, config }: Bot,
  { alerts }: Observation,
  explanation: Explanation | null,
): IncidentView['links'] {
  const [first] = alerts
  const [cause] = explanation?.causes ?? []
  if (!first) return []
  const { namespace, name: daemonset, links } = first
  const urls = [
    {
      text: ABOUT,
      url: config.docsUrl && cause && `${config.docsUrl}/causes/${cause.id.toLowerCase()}.md`,
    },
    { text: 'Runbook', url: links?.runbook },
    {
      text: 'Alertmanager',
      url: alertmanager?.alertsUrl({
        alertname: 'KubeDaemonSetMisScheduled',
        ...(alerts.length === 1 ? { namespace, daemonset } : {}),
      }),
    },
    { text: 'Graph', url: links?.graph },
  ]
  return urls.flatMap(({ text, url }) => (url ? [{ text, url }] : []))
}
