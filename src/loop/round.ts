import { type Bot, timestamp } from '../bot.ts'
import { setTrueCounts } from '../incident/true-counts.ts'
import { reconcile } from '../reconcile.ts'

/** The lease that one replica holds while it runs rounds, on Node and on Workers. */
export const ROUND_LEASE = 'rounds'

/**
 * Longer than a round takes, so that its holder keeps the lease; short enough to lose few rounds if
 * the holder dies. Seconds.
 */
export const leaseSeconds = 45

/**
 * Runs one round if `holder` holds the lease. Never rejects: a round that fails is logged, and the
 * next one tries again. The lease saves reads if there are several replicas; no correctness rests
 * on it.
 */
export async function round(bot: Bot, holder: string, stopping?: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  try {
    if (!(await bot.store.acquireLease(ROUND_LEASE, holder, leaseSeconds))) {
      // Another replica exports the counts now; this one's would be stale.
      setTrueCounts(bot, undefined)
      bot.metrics.roundsSkipped.inc()
      if (!bot.memory.isSkipping) bot.log.info({}, 'rounds skipped: another replica runs them')
      bot.memory.isSkipping = true
      return
    }
    if (bot.memory.isSkipping) bot.log.info({}, 'rounds taken over')
    bot.memory.isSkipping = false
    await reconcile(bot, stopping)
    await deleteOldRows(bot)
    const seconds = (performance.now() - startedAt) / 1000
    bot.metrics.reconcileDuration.observe(seconds)
  } catch (error) {
    bot.log.error({ err: error }, 'round failed; trying again')
  }
}

const retentionEveryMs = 60 * 60_000
const dayMs = 24 * 60 * 60_000

/** Deletes what closed more than RETENTION_DAYS ago, at most once an hour. */
async function deleteOldRows(bot: Bot): Promise<void> {
  const nowMs = bot.now().getTime()
  if (nowMs - bot.memory.oldRowsDeletedAtMs < retentionEveryMs) return
  bot.memory.oldRowsDeletedAtMs = nowMs
  await bot.store.forget(timestamp(bot, -bot.config.retentionDays * dayMs))
}
