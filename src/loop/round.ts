import { type Bot, timestamp } from '../bot.ts'
import { setTrueCounts } from '../incident/true-counts.ts'
import { reconcile } from '../reconcile.ts'

/** Longer than a round takes, so that its holder keeps it; short enough to be without rounds if the holder dies. Seconds. */
const leaseSeconds = 45

/**
 * One round by whoever holds the lease; never rejects, for a round that failed is only a reason to log and to try again. The lease saves
 * reads where there are several replicas; no correctness rests on it.
 */
export async function round(bot: Bot, holder: string, stopping?: AbortSignal): Promise<void> {
  const begun = performance.now()
  try {
    if (!(await bot.store.acquireLease('rounds', holder, leaseSeconds))) {
      // Another replica counts now; what this one counted last would stand beside it for ever.
      setTrueCounts(bot, undefined)
      return
    }
    await reconcile(bot, stopping)
    await forgetOld(bot)
    bot.metrics.reconcileDuration.observe({ kind: 'full' }, (performance.now() - begun) / 1000)
  } catch (error) {
    bot.log.error({ err: error }, 'a round failed; trying again')
  }
}

const forgetEveryMs = 60 * 60_000
const dayMs = 24 * 60 * 60_000
let forgotten = Number.NEGATIVE_INFINITY

/** What closed longer ago than RETENTION_DAYS is forgotten, at most once an hour. */
async function forgetOld(bot: Bot): Promise<void> {
  if (performance.now() - forgotten < forgetEveryMs) return
  forgotten = performance.now()
  await bot.store.forget(timestamp(bot, -bot.config.retentionDays * dayMs))
}
