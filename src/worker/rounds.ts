import type { Bot } from '../bot.ts'
import { gatherMs } from '../loop/loop.ts'
import { leaseSeconds, ROUND_LEASE } from '../loop/round.ts'
import { reconcile } from '../reconcile.ts'

/** Cloudflare ends what outlives its answer by 30 seconds: a round that is wanted later is left to the cron trigger. Milliseconds. */
const longestMs = 20_000

const pollMs = 250

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * One round that begins after this call, where no process lives on between events and many may be under way at once; never rejects. The
 * lease of rounds is held by the one that runs.
 */
export async function exclusiveRound(bot: Bot): Promise<void> {
  await attempt(bot, async (holder) => {
    if (await acquired(bot, holder)) await run(bot, holder)
  })
}

/**
 * A round soon after a hint. The lease `next` is held by the one that waits to run: whoever finds somebody waiting has nothing to do, since
 * that round begins after now and sees this hint too. So a storm of hints is one round under way and one to come.
 */
export async function roundSoon(bot: Bot, afterMs = gatherMs): Promise<void> {
  if (afterMs > longestMs) return
  await attempt(bot, async (holder) => {
    await sleep(Math.max(0, afterMs - gatherMs))
    if (!(await bot.store.acquireLease('next', holder, leaseSeconds))) return
    await sleep(gatherMs)
    const mine = await acquired(bot, holder)
    await bot.store.releaseLease('next', holder)
    if (mine) await run(bot, holder)
  })
}

/** Waits for the round that is under way. */
async function acquired(bot: Bot, holder: string): Promise<boolean> {
  const giveUp = Date.now() + longestMs
  while (!(await bot.store.acquireLease(ROUND_LEASE, holder, leaseSeconds))) {
    if (Date.now() > giveUp) return false
    await sleep(pollMs)
  }
  return true
}

async function run(bot: Bot, holder: string): Promise<void> {
  try {
    await reconcile(bot)
  } finally {
    await bot.store.releaseLease(ROUND_LEASE, holder)
  }
}

async function attempt(bot: Bot, work: (holder: string) => Promise<void>): Promise<void> {
  try {
    await work(crypto.randomUUID())
  } catch (error) {
    bot.log.error({ err: error }, 'a round failed; trying again')
  }
}
