import type { Bot } from '../../bot.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import { errorMessage } from '../../words/error-message.ts'
import { code, joined, time, type Words, words } from '../../words/words.ts'
import type { ChangeAction, FollowedRollout } from '../action-log.ts'
import {
  progressWords,
  rolloutCounts,
  type WaitingPod,
  waitingPods,
  waitingPodsWords,
} from '../rollout-progress.ts'

/** Without progress for this long, a rollout with failing pods is stuck. Milliseconds. */
const failingMs = 2 * 60_000

/**
 * Without progress for this long, and for the time that a pod may take to stop and to become
 * available, a rollout is stuck whatever its pods say. Milliseconds.
 */
const slowMs = 5 * 60_000

/**
 * That a rollout is stuck, and which pods it waits for, once there has been no progress for long
 * enough; undefined while there may be. Only then are the pods read.
 */
export async function stuckWords(
  bot: Bot,
  change: ChangeAction,
  { counts, since }: FollowedRollout,
  daemonSet: DaemonSet,
): Promise<Words | undefined> {
  const forMs = bot.now().getTime() - Date.parse(since)
  if (!counts || !rolloutCounts(daemonSet)) {
    return forMs < slowMs
      ? undefined
      : words`${titleOf(change)} has not started: since ${time(since)} the DaemonSet controller has not seen the change.`
  }
  if (forMs < failingMs) return undefined
  const { minReadySeconds = 0, template } = daemonSet.spec
  const graceSeconds = template.spec?.terminationGracePeriodSeconds ?? 30
  const isSlow = forMs >= slowMs + (minReadySeconds + graceSeconds) * 1000
  const { waiting, unread } = await waitingNow(bot, daemonSet)
  if (!isSlow && !waiting.some(({ isFailing }) => isFailing)) return undefined
  const canUndo = change.parameters.kind === 'patch' && bot.config.actions.includes('patch')
  return joined([
    words`${titleOf(change)} is stuck: ${progressWords(counts)}, no progress since ${time(since)}.`,
    waitingPodsWords(waiting),
    unread,
    canUndo ? ['Fix these pods, or undo the patch from the message.'] : [],
  ])
}

async function waitingNow(
  bot: Bot,
  daemonSet: DaemonSet,
): Promise<{ readonly waiting: readonly WaitingPod[]; readonly unread: Words }> {
  const { metadata, spec } = daemonSet
  try {
    const pods = await bot.cluster.pods(metadata.namespace ?? '', spec.selector)
    return { waiting: waitingPods(daemonSet, pods, bot.now()), unread: [] }
  } catch (error) {
    return { waiting: [], unread: words`Its pods could not be read: ${errorMessage(error)}.` }
  }
}

/** `The rollout of X`. */
export function titleOf({ parameters: { kind, namespace, name } }: ChangeAction): Words {
  const target = code(`${namespace}/${name}`)
  return kind === 'undo'
    ? words`The rollout of ${target} after the undo`
    : words`The rollout of ${target}`
}
