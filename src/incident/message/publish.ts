import { type Bot, timestamp } from '../../bot.ts'
import { incidentMessage, messageHash } from '../../slack/blocks.ts'
import type { IncidentView } from '../../slack/view.ts'
import type { IncidentRow } from '../../store/store.ts'
import { type Explanation, explain } from '../../triage/explain.ts'
import { allowanceFor } from '../rights.ts'
import { type Observation, observationOf } from '../state.ts'
import { viewOf } from './view.ts'

/** A post whose outcome stayed unknown is looked for this long before it is posted again. Milliseconds. */
const ambiguousPostMs = 20_000

/** A post that was begun less than this ago may be under way still, by another replica: the time that one call may take. Milliseconds. */
const underWayMs = 6_000

/** Slack takes one post a second in a channel; a longer wait is left to the next round. Milliseconds. */
const shortWaitMs = 2_000

/** Milliseconds until Slack takes calls for this incident again after a failure that names no time. */
const retryMs = 5_000

/** The words for what was observation; null where there are none. A fault in them must not keep the alert from being posted. */
export function explanationOf(bot: Bot, observation: Observation): Explanation | null {
  if (observation.diagnoses.length === 0) return null
  try {
    return explain(observation.diagnoses)
  } catch (error) {
    bot.log.error(
      { err: error },
      'the diagnosis could not be put into words; the message goes out without them',
    )
    return null
  }
}

/** The view of an incident as it is stored now, with what was done about it. */
export async function currentView(bot: Bot, row: IncidentRow): Promise<IncidentView | undefined> {
  const observation = observationOf(row)
  if (!observation) return undefined
  const explanation = explanationOf(bot, observation)
  const [actions, allowance] = await Promise.all([
    bot.store.actions(row.id),
    allowanceFor(bot, observation, explanation),
  ])
  return viewOf({
    incidentId: row.id,
    rev: row.rev,
    cluster: row.cluster,
    observation,
    explanation,
    actions,
    allowance,
    links: links(bot, observation),
  })
}

/**
 * Makes Slack show what is stored of this incident: posts once, edits where the message differs, does nothing where it is the same.
 * The hash is stored after Slack's ok only, so whatever went wrong is put right by the next round. A post is recorded before and after:
 * killed or cut off in between, the message is looked for by its metadata, and posted again only where it cannot be found.
 * Returns the row as it is afterwards; undefined if another replica was faster, whose message then stands. A rate limit of a second or two
 * is waited for while that ends before `patience` (milliseconds since 1970): a round that posts many messages reads the world once for them.
 */
export async function publish(
  bot: Bot,
  row: IncidentRow,
  patience = 0,
): Promise<IncidentRow | undefined> {
  const view = await currentView(bot, row)
  if (!view) return row
  const hash = await messageHash(incidentMessage({ ...view, rev: 0 }))
  if (row.ts !== null && row.hash === hash) return row
  if (row.ts === null && row.posting !== null) {
    const found = await settlePost(bot, row)
    if (found !== 'post') return found
  }
  const claimed = await bot.store.changeIncident(row.id, row.rev, {
    hash: null,
    ...(row.ts === null ? { posting: timestamp(bot) } : {}),
  })
  if (!claimed) return undefined
  return deliver(bot, claimed, { ...view, rev: claimed.rev }, hash, patience)
}

async function deliver(
  bot: Bot,
  row: IncidentRow,
  view: IncidentView,
  hash: string,
  patience: number,
): Promise<IncidentRow | undefined> {
  const send = () =>
    bot.slack.publish({ channel: row.channel, ...(row.ts === null ? {} : { ts: row.ts }) }, view)
  let outcome = await send()
  const wait = outcome.ok ? 0 : (outcome.retryAfterSeconds ?? 0) * 1000
  if (wait > 0 && wait <= shortWaitMs && bot.now().getTime() + wait < patience) {
    await new Promise((resolve) => setTimeout(resolve, wait))
    outcome = await send()
  }
  if (outcome.ok) {
    const shown = await bot.store.changeIncident(row.id, row.rev, {
      ts: outcome.ts,
      posting: null,
      hash,
    })
    return shown ?? overtaken(bot, row, outcome.ts)
  }
  if (outcome.kind === 'gone' && row.ts !== null) return publishAnew(bot, row)
  bot.log.warn(
    { incident: row.id, channel: row.channel, error: outcome.error, detail: outcome.detail },
    adviceOn(outcome.kind),
  )
  bot.wake(outcome.retryAfterSeconds === undefined ? retryMs : outcome.retryAfterSeconds * 1000)
  // Only an outcome that is not known leaves the post on record: the next round looks for it.
  return outcome.kind === 'unknown'
    ? row
    : bot.store.changeIncident(row.id, row.rev, { posting: null })
}

/**
 * Another message went out for this incident while this one did, by a click or another replica: which of the two stands last in Slack is
 * not known, so it is published once more.
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

/** The message is no more, and its thread neither: a new one takes its place, recorded like any post, and is posted the evidence again. */
async function publishAnew(bot: Bot, row: IncidentRow): Promise<IncidentRow | undefined> {
  const observation = observationOf(row)
  const { posted: _, ...unposted } = observation ?? {}
  const anew = await bot.store.changeIncident(row.id, row.rev, {
    ts: null,
    posting: null,
    hash: null,
    ...(observation ? { observation: JSON.stringify(unposted) } : {}),
  })
  return anew && publish(bot, anew)
}

/** A post was begun and never settled: `post` where it is to be tried again. */
async function settlePost(bot: Bot, row: IncidentRow): Promise<IncidentRow | undefined | 'post'> {
  const found = await bot.slack.findMessage(row.channel, row.id, row.posting ?? row.opened)
  if (found.ok && found.ts !== undefined)
    return bot.store.changeIncident(row.id, row.rev, { ts: found.ts, posting: null, hash: null })
  const age = bot.now().getTime() - Date.parse(row.posting ?? row.opened)
  const patience = found.ok ? underWayMs : ambiguousPostMs
  if (age >= patience) return 'post'
  bot.wake(patience - age)
  return row
}

function adviceOn(kind: string): string {
  switch (kind) {
    case 'config':
      return 'Slack refuses the message: invite the bot to the channel, or check SLACK_BOT_TOKEN, its scopes and SLACK_CHANNEL; trying again each round'
    case 'unknown':
      return 'Slack took the message or not: the connection ended before it said so; looking for it in the next round'
    default:
      return 'the message could not be delivered to Slack; trying again'
  }
}

function links(bot: Bot, observation: Observation): IncidentView['links'] {
  const first = observation.alerts[0]
  const url =
    first &&
    bot.alertmanager?.alertsUrl({
      alertname: 'KubeDaemonSetMisScheduled',
      ...(observation.alerts.length === 1
        ? { namespace: first.namespace, daemonset: first.name }
        : {}),
    })
  return url ? [{ text: 'Alertmanager', url }] : []
}
