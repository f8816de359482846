import { AsyncLocalStorage } from 'node:async_hooks'
import type { Hono } from 'hono'
import { handlers } from '../act.ts'
import { alertmanagerClient } from '../alertmanager/client.ts'
import { type Bot, newMemory } from '../bot.ts'
import { type Config, readConfig, secretsOf } from '../config/config.ts'
import { makeApp } from '../http/app.ts'
import { apiServerByToken } from '../kubernetes/api-server.ts'
import { connect } from '../kubernetes/connect/connect.ts'
import { slackApp } from '../slack/bolt.ts'
import { slackClient } from '../slack/client.ts'
import { httpReceiver } from '../slack/receiver.ts'
import { type D1Database, d1Store } from '../store/d1.ts'
import { consoleLog } from '../telemetry/console-log.ts'
import { noMetrics } from '../telemetry/metrics.ts'
import { type Result, refusal, success } from '../words/result.ts'
import { exclusiveRound, roundSoon } from './rounds.ts'

/** The D1 database, and variables and secrets as text. */
export interface Bindings {
  readonly DB?: D1Database
  readonly [name: string]: unknown
}

/** The part of an event's context that is used. */
export interface EventContext {
  /** Keeps the Worker alive until the work has ended. */
  waitUntil(work: Promise<unknown>): void
}

/** The bot of an isolate, by the events that it handles. */
export interface WorkerBot {
  readonly fetch: (request: Request, bindings: Bindings, context: EventContext) => Promise<Response>
  /** The cron trigger: one round. */
  readonly scheduled: (context: EventContext) => Promise<void>
}

/**
 * Makes the bot of an isolate; the refusal has every error of the configuration. Starts no I/O:
 * on Workers, I/O belongs to an event.
 */
export function makeWorkerBot(bindings: Bindings): Result<WorkerBot, readonly string[]> {
  const read = readConfig(textOf(bindings))
  const errors = [
    ...(read.ok ? unsupported(read.value.config) : read.why),
    ...(bindings.DB ? [] : ['DB is not bound. Add the D1 database to wrangler.toml']),
  ]
  if (!read.ok || !bindings.DB || errors.length > 0) return refusal(errors)
  const { config, warnings } = read.value
  if (!config.kubernetes) return refusal(errors)
  const store = d1Store(bindings.DB)
  const event = new AsyncLocalStorage<EventContext>()
  const bot: Bot = {
    config,
    store,
    cluster: connect(apiServerByToken(config.kubernetes)),
    alertmanager:
      config.alertmanager.urls.length > 0
        ? alertmanagerClient(config.alertmanager, plainFetch)
        : undefined,
    slack: slackClient(config.slack),
    metrics: noMetrics,
    log: consoleLog(config.logLevel, secretsOf(config)),
    now: () => new Date(),
    wake: (afterMs) => event.getStore()?.waitUntil(roundSoon(bot, afterMs)),
    round: () => exclusiveRound(bot),
    memory: newMemory(),
  }
  for (const warning of warnings) bot.log.warn({ warning }, 'configuration warning')
  const app = appOf(bot)
  return success({
    fetch: (request, env, context) =>
      event.run(context, async () =>
        app.fetch(request, env, {
          ...context,
          waitUntil: (work) => context.waitUntil(work),
          passThroughOnException: () => {},
          props: {},
        }),
      ),
    scheduled: (context) => event.run(context, () => exclusiveRound(bot)),
  })
}

function appOf(bot: Bot): Hono {
  const { config, store, metrics, log } = bot
  const receiver = httpReceiver({ signingSecret: config.slack.signingSecret ?? '', log })
  slackApp({ receiver, handlers: handlers(bot), settings: config.slack, log })
  return makeApp({
    config,
    store,
    metrics,
    log,
    onHints: () => bot.wake(),
    slackRoutes: receiver.routes,
  })
}

/** workerd throws if `fetch` is called as a method. */
const plainFetch: typeof fetch = (input, init) => fetch(input, init)

/** Settings that only Node supports. */
function unsupported({ kubernetes, slack }: Config): string[] {
  const found: string[] = []
  if (!kubernetes)
    found.push(
      'CLUSTERS does not name the API server. On Workers, set it to [{"name", "kubernetes": {"url", "token"}, "alertmanager"}]',
    )
  if (kubernetes?.ca !== undefined)
    found.push(
      'CLUSTERS[0].kubernetes.ca is not supported on Workers. Give the API server a certificate of a public authority',
    )
  if (slack.signingSecret === undefined)
    found.push('SLACK_SIGNING_SECRET is not set. Set it: Workers do not support Socket Mode')
  return found
}

function textOf(bindings: Bindings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(bindings).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}
