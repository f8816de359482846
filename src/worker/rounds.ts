import type { Bot } from '../bot.ts'
import { gatherMs } from '../loop/loop.ts'
import { leaseSeconds, ROUND_LEASE } from '../loop/round.ts'
import { reconcile } from '../reconcile.ts'

/**
 * Cloudflare stops work 30 s after the response, so a round that is due later is left to the cron
 * trigger. https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil
 */
const longestWaitMs = 20_000

const pollMs = 250

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * One round that starts after this call. Never rejects. No process lives between events and many
 * events run at once, so the lease of rounds excludes a second round.
 */
export async function exclusiveRound(bot: Bot): Promise<void> {
  await logged(bot, async (holder) => {
    if (await acquired(bot, holder)) await run(bot, holder)
  })
}

/**
 * A round soon after a hint. Never rejects. The holder of the lease `next` waits to run; a hint
 * that finds it held does nothing, because that round starts later and sees the hint too. Many
 * hints are therefore one running round and one waiting.
 */
export async function roundSoon(bot: Bot, afterMs = gatherMs): Promise<void> {
  if (afterMs > longestWaitMs) return
  await logged(bot, async (holder) => {
    await sleep(Math.max(0, afterMs - gatherMs))
    if (!(await bot.store.acquireLease('next', holder, leaseSeconds))) return
    await sleep(gatherMs)
    const isAcquired = await acquired(bot, holder)
    await bot.store.releaseLease('next', holder)
    if (isAcquired) await run(bot, holder)
  })
}

/** Waits until a round may start and the running one has ended; false if it takes too long. */
async function acquired(bot: Bot, holder: string): Promise<boolean> {
  const giveUp = Date.now() + longestWaitMs
  const isEarly = () => bot.now().getTime() < bot.memory.nextRoundAtMs
  while (isEarly() || !(await bot.store.acquireLease(ROUND_LEASE, holder, leaseSeconds))) {
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

async function logged(bot: Bot, work: (holder: string) => Promise<void>): Promise<void> {
  try {
    await work(crypto.randomUUID())
  } catch (error) {
    bot.log.error({ err: error }, 'round failed; trying again')
  }
}
