import { type Bot, timestamp } from '../../bot.ts'
import { isRollingUpdate } from '../../daemonset/rollout.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { joined, user, type Words, words } from '../../words/words.ts'
import {
  type ChangeAction,
  type ChangeParameters,
  changeActions,
  type FollowedRollout,
  type PendingPost,
} from '../action-log.ts'
import { changeAndPost, pendingOf } from '../message/thread.ts'
import { isComplete, type RolloutCounts, rolloutCounts } from '../rollout-progress.ts'
import { standingPatches, whyNotStanding } from '../standing-patch.ts'
import { untold } from './change-entry.ts'
import { stuckWords } from './stuck-rollout.ts'

/** A patch can be undone until its incident has been closed for this long. Milliseconds. */
export const undoMs = 24 * 60 * 60_000

/** The first look at a rollout comes this soon. Milliseconds. */
const firstLookMs = 3_000

/** What is stored with a patch or an undo that has just been made. */
export function newRollout(bot: Pick<Bot, 'now'>): FollowedRollout {
  return { next: timestamp(bot, firstLookMs), since: timestamp(bot) }
}

/**
 * Follows what patches and undos have started: the rollout to its end, then whether a patch still
 * stands, as long as it can be undone. Each look is one GET of the DaemonSet, and looks become rarer
 * the longer the change is ago; the pods are read only if a rollout does not progress.
 * @returns the row afterwards.
 */
export async function followRollouts(
  bot: Bot,
  row: IncidentRow,
  actions: readonly ActionRow[],
): Promise<IncidentRow> {
  const undos = changeActions(actions, ['undo']).filter(
    ({ action, parameters: { rollout } }) =>
      action.state === 'active' && rollout !== undefined && !isOver(rollout),
  )
  let current = row
  for (const change of [...standingPatches(actions), ...undos]) {
    const { action, parameters } = change
    const { rollout } = parameters
    if (!rollout || pendingOf(action).length > 0) continue
    if (row.closed !== null && bot.now().getTime() >= Date.parse(row.closed) + undoMs) {
      await save(bot, change, { ...rollout, ended: timestamp(bot) })
      continue
    }
    const leftMs = Date.parse(rollout.next) - bot.now().getTime()
    if (leftMs <= 0) current = await look(bot, current, change, rollout)
    else if (rollout.finished === undefined) bot.wake(leftMs)
  }
  return current
}

/** Forgets how to undo what can be undone no longer, once the message shows that. */
export async function releaseEnded(bot: Bot, actions: readonly ActionRow[]): Promise<void> {
  for (const { action, parameters } of changeActions(actions, ['patch', 'undo'])) {
    const { rollout } = parameters
    if (!rollout || !isOver(rollout) || pendingOf(action).length > 0) continue
    if (parameters.kind === 'undo' && action.state === 'active' && parameters.compared)
      await bot.store.changeAction(action.id, 'active', { state: 'done' })
    if (rollout.ended !== undefined && action.undo !== null && action.state !== 'ended')
      await bot.store.changeAction(action.id, action.state, { state: 'done', undo: null })
  }
}

/** Looks at the DaemonSet of this change at the next opportunity. */
export async function lookSoon(bot: Bot, change: ChangeAction): Promise<void> {
  const { rollout } = change.parameters
  if (rollout) await save(bot, change, { ...rollout, next: timestamp(bot) })
  bot.wake()
}

function isOver({ finished, ended }: FollowedRollout): boolean {
  return finished !== undefined || ended !== undefined
}

async function look(
  bot: Bot,
  row: IncidentRow,
  change: ChangeAction,
  rollout: FollowedRollout,
): Promise<IncidentRow> {
  const { action, parameters } = change
  const { namespace, name } = parameters
  let daemonSet: DaemonSet | undefined
  try {
    daemonSet = await bot.cluster.daemonSet(namespace, name)
  } catch (error) {
    bot.log.warn({ incident: row.id, action: action.id, err: error }, 'rollout not read')
    return later(bot, row, change, rollout)
  }
  const why = whyNotStanding(daemonSet, parameters)
  if (why || !daemonSet) return ended(bot, row, change, rollout, why ?? [])
  if (rollout.finished !== undefined) return later(bot, row, change, rollout)
  const counts = rolloutCounts(daemonSet)
  const seen = counts ? withCounts(bot, rollout, counts) : rollout
  if (counts && (isComplete(counts) || !isRollingUpdate(daemonSet)))
    return later(bot, row, change, { ...seen, counts, finished: timestamp(bot) })
  const stuck = seen.stuck ? undefined : await stuckWords(bot, change, seen, daemonSet)
  if (!stuck) return later(bot, row, change, seen)
  const post = { words: stuck, broadcast: true }
  return saveAndPost(bot, row, change, nextOf(bot, change, { ...seen, stuck: true }), post)
}

/** Progress ends what was stuck. */
function withCounts(bot: Bot, rollout: FollowedRollout, counts: RolloutCounts): FollowedRollout {
  if (JSON.stringify(counts) === JSON.stringify(rollout.counts)) return rollout
  const { stuck: _, ...rest } = rollout
  return { ...rest, counts, since: timestamp(bot) }
}

/** The change is overwritten, or its DaemonSet is gone. */
async function ended(
  bot: Bot,
  row: IncidentRow,
  change: ChangeAction,
  rollout: FollowedRollout,
  why: Words,
): Promise<IncidentRow> {
  const over = { ...rollout, ended: timestamp(bot) }
  if (change.parameters.kind === 'undo') {
    await save(bot, change, over)
    return row
  }
  const text = words`The patch by ${user(change.action.who)} can no longer be undone from here. ${why}`
  return saveAndPost(bot, row, change, over, { words: text, broadcast: false })
}

async function later(
  bot: Bot,
  row: IncidentRow,
  change: ChangeAction,
  rollout: FollowedRollout,
): Promise<IncidentRow> {
  await save(bot, change, nextOf(bot, change, rollout))
  return row
}

/**
 * The longer the change is ago, the rarer the looks: about 30 in the first hour, then one in 10 min,
 * and one an hour once the rollout is finished.
 */
function nextOf(bot: Bot, { action }: ChangeAction, rollout: FollowedRollout): FollowedRollout {
  const agoMs = bot.now().getTime() - Date.parse(action.at)
  const waitMs =
    rollout.finished === undefined
      ? Math.min(Math.max(agoMs / 4, firstLookMs), 10 * 60_000)
      : Math.min(Math.max(agoMs / 2, 60_000), 60 * 60_000)
  if (rollout.finished === undefined) bot.wake(waitMs)
  return { ...rollout, next: timestamp(bot, waitMs) }
}

async function save(
  bot: Bot,
  { action, parameters }: ChangeAction,
  rollout: FollowedRollout,
): Promise<void> {
  const changed = JSON.stringify({ ...parameters, rollout } satisfies ChangeParameters)
  await bot.store.changeAction(action.id, action.state, { parameters: changed })
}

async function saveAndPost(
  bot: Bot,
  row: IncidentRow,
  { action, parameters }: ChangeAction,
  rollout: FollowedRollout,
  post: PendingPost,
): Promise<IncidentRow> {
  // Who made the change comes first.
  const entry = parameters.told?.includes('made')
    ? undefined
    : untold({ action, parameters: { ...parameters, rollout } })
  const told = entry ? { told: entry.told } : {}
  const changed = JSON.stringify({ ...parameters, rollout, ...told } satisfies ChangeParameters)
  const both = { ...post, words: joined([entry?.post.words ?? [], post.words], '\n') }
  const change = { parameters: changed }
  return (await changeAndPost(bot, row, action, action.state, change, both)) ?? row
}
