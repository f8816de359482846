import {
  type Bindings,
  type EventContext,
  makeWorkerBot,
  type WorkerBot,
} from './worker/worker-bot.ts'

/** Entry point on Cloudflare Workers: HTTP, and a round each minute by the cron trigger. */
export default workerHandlers()

function workerHandlers() {
  // The bindings come with the first event and are the same for the isolate's whole life.
  let bot: ReturnType<typeof makeWorkerBot> | undefined
  const botOf = (bindings: Bindings): WorkerBot | undefined => {
    bot ??= makeWorkerBot(bindings)
    if (bot.ok) return bot.value
    for (const error of bot.why) console.error(error)
    return undefined
  }
  return {
    async fetch(request: Request, bindings: Bindings, context: EventContext): Promise<Response> {
      return (
        botOf(bindings)?.fetch(request, bindings, context) ??
        new Response('the configuration is not valid; see the log\n', { status: 503 })
      )
    },
    async scheduled(_: unknown, bindings: Bindings, context: EventContext): Promise<void> {
      await botOf(bindings)?.scheduled(context)
    },
  }
}
