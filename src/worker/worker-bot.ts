import { AsyncLocalStorage } from 'node:async_hooks'
import type { Hono } from 'hono'
import { handlers } from '../act.ts'
import { alertmanagerClient } from '../alertmanager/client.ts'
import { type Bot, newMemory } from '../bot.ts'
import { type Config, readConfig, secretsOf } from '../config/config.ts'
import { makeApp } from '../http/app.ts'
import { apiServerOf } from '../kubernetes/api-server.ts'
import { connect } from '../kubernetes/connect/client.ts'
import { slackApp } from '../slack/bolt.ts'
import { slackClient } from '../slack/client.ts'
import { httpReceiver } from '../slack/receiver.ts'
import { type D1Database, d1Store } from '../store/d1.ts'
import { noMetrics } from '../telemetry/metrics.ts'
import { consoleLog } from './console-log.ts'
import { exclusiveRound, roundSoon } from './rounds.ts'

/** Variables and secrets as text, and the D1 database. */
export interface Bindings {
  readonly DB?: D1Database
  readonly [name: string]: unknown
}

/** The part of an event's context that is used: it keeps the Worker alive until the work has ended. */
export interface EventContext {
  waitUntil(work: Promise<unknown>): void
}

export interface WorkerBot {
  readonly fetch: (request: Request, bindings: Bindings, context: EventContext) => Promise<Response>
  /** A round of the cron trigger. */
  readonly scheduled: (context: EventContext) => Promise<void>
}

/** The bot of one isolate, or every error of its configuration. It begins no I/O of its own: on Workers that belongs to an event. */
export function workerBot(bindings: Bindings): WorkerBot | { readonly errors: readonly string[] } {
  const read = readConfig(textOf(bindings))
  const errors = [
    ...(read.ok ? unfit(read.config) : read.errors),
    ...(bindings.DB ? [] : ['DB is not bound: add the D1 database to wrangler.toml']),
  ]
  if (!read.ok || !bindings.DB || errors.length > 0 || !read.config.kubernetes) return { errors }
  const { config } = read
  const store = d1Store(bindings.DB)
  const event = new AsyncLocalStorage<EventContext>()
  const bot: Bot = {
    config,
    store,
    cluster: connect(apiServerOf(read.config.kubernetes)),
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
  for (const warning of read.warnings) bot.log.warn({}, warning)
  const app = appOf(bot)
  return {
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
  }
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

/** workerd wants `fetch` called as a plain function. */
const plainFetch: typeof fetch = (input, init) => fetch(input, init)

/** What runs on Node only. */
function unfit({ kubernetes, slack }: Config): string[] {
  const found: string[] = []
  if (!kubernetes)
    found.push(
      'CLUSTERS is not set: on Workers it gives the API server, as [{"name", "kubernetes": {"url", "token"}, "alertmanager"}]',
    )
  if (kubernetes?.ca !== undefined)
    found.push(
      'CLUSTERS[0].kubernetes.ca cannot be used on Workers: the API server needs a certificate of a public authority',
    )
  if (slack.signingSecret === undefined)
    found.push('SLACK_SIGNING_SECRET is not set: there is no Socket Mode on Workers')
  return found
}

function textOf(bindings: Bindings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(bindings).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}
