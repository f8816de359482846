import { type Bot, timestamp } from '../../bot.ts'
import type { IncidentRow } from '../../store/store.ts'
import { publish } from '../message/publish.ts'
import { observationOf } from '../stored-observation.ts'
import { undoMs } from './follow-rollout.ts'
import { followUp } from './follow-up.ts'

/** If Slack does not show that the time to undo is over, that is tried for this long. Milliseconds. */
const shownWithinMs = 24 * 60 * 60_000

/**
 * Follows the actions of incidents that have closed: rollouts that are under way, and patches that
 * can still be undone. Reads no more of the cluster than the DaemonSets that are due.
 */
export async function followClosed(bot: Bot, waitUntilMs: number): Promise<void> {
  const since = timestamp(bot, -undoMs - shownWithinMs)
  for (const row of await bot.store.incidentsToFollow(bot.config.clusterName, since)) {
    try {
      await followOne(bot, row, waitUntilMs)
    } catch (error) {
      bot.log.error(
        { incident: row.id, err: error },
        'closed incident not followed; trying again in the next round',
      )
    }
  }
}

async function followOne(bot: Bot, row: IncidentRow, waitUntilMs: number): Promise<void> {
  const observation = observationOf(row)
  if (!observation) return
  await publish(bot, await followUp(bot, row, observation, undefined), waitUntilMs)
}
