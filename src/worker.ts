import { type Bindings, type EventContext, type WorkerBot, workerBot } from './worker/worker-bot.ts'

/** Bindings belong to the isolate, so that the bot is made once in each. */
let bot: ReturnType<typeof workerBot> | undefined

/** Cloudflare's entry: HTTP, and a round each minute by the cron trigger. */
export default {
  async fetch(request: Request, bindings: Bindings, context: EventContext): Promise<Response> {
    const ready = readyBot(bindings)
    return ready
      ? ready.fetch(request, bindings, context)
      : new Response('the configuration is not complete; the log says what is missing\n', {
          status: 503,
        })
  },
  async scheduled(_: unknown, bindings: Bindings, context: EventContext): Promise<void> {
    await readyBot(bindings)?.scheduled(context)
  },
}

function readyBot(bindings: Bindings): WorkerBot | undefined {
  bot ??= workerBot(bindings)
  if (!('errors' in bot)) return bot
  for (const error of bot.errors) console.error(error)
  return undefined
}
