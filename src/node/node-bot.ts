import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { handlers } from '../act.ts'
import { alertmanagerClient } from '../alertmanager/client.ts'
import { type Bot, newMemory } from '../bot.ts'
import { type Config, readConfig, secretsOf } from '../config/config.ts'
import type { Environment } from '../config/environment.ts'
import { UsageError } from '../config/usage-error.ts'
import { makeApp } from '../http/app.ts'
import { connect } from '../kubernetes/connect/connect.ts'
import { configuredApiServer } from '../kubernetes/connect/find-api-server.ts'
import { startLoop } from '../loop/loop.ts'
import { ROUND_LEASE, round } from '../loop/round.ts'
import { startSlackApp } from '../slack/bolt.ts'
import { slackClient } from '../slack/client.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Log } from '../telemetry/log.ts'
import { nodeLog } from '../telemetry/node-log.ts'
import { prometheusMetrics } from '../telemetry/prometheus-metrics.ts'

/** A bot that runs in this process. */
export interface Running {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string
  /** Accepts no more work, finishes what is running, closes the store. */
  readonly stop: () => Promise<void>
}

/** Open requests have this long to finish once the bot stops. */
const lingerMs = 2_000

/**
 * Starts the bot with the settings of `env`. Throws UsageError with every error of the
 * configuration before anything is opened.
 */
export async function start(env: Environment): Promise<Running> {
  const read = readConfig(env, (path) => readFileSync(path, 'utf8'))
  if (!read.ok)
    throw new UsageError(
      `The configuration is not valid:\n${read.why.map((error) => `  ${error}`).join('\n')}`,
    )
  const { config, warnings } = read.value
  const log = nodeLog(config.logLevel, secretsOf(config))
  for (const warning of warnings) log.warn({ warning }, 'configuration warning')

  const bot = await makeBot(config, env, log, {
    wake: (afterMs) => loop.wake(afterMs),
    round: () => loop.round(),
  })
  // The same after a restart: a restarted bot does not wait for its own lease.
  const holder = `${hostname()}:${config.port}`
  const loop = startLoop(
    (stopping) => round(bot, holder, stopping),
    config.reconcileInterval * 1000,
    () => bot.memory.nextRoundAtMs,
  )
  const slack = await startSlackApp({ config: config.slack, handlers: handlers(bot), log })
  let isStopping = false
  const app = makeApp({
    config,
    store: bot.store,
    onHints: () => loop.wake(),
    ...(slack.routes ? { slackRoutes: slack.routes } : {}),
    metrics: bot.metrics,
    log,
    isStopping: () => isStopping,
  })
  const { server, url } = await listen(app.fetch, config)
  log.info({ url, cluster: config.clusterName, actions: config.actions }, 'listening')
  return {
    url,
    stop: async () => {
      isStopping = true
      await slack.stop()
      await loop.stop()
      await close(server)
      await bot.store.releaseLease(ROUND_LEASE, holder).catch(() => undefined)
      await bot.store.close()
    },
  }
}

async function makeBot(
  config: Config,
  env: Environment,
  log: Log,
  loop: Pick<Bot, 'wake' | 'round'>,
): Promise<Bot> {
  const metrics = prometheusMetrics()
  return {
    config,
    store: sqliteStore(config.databaseUrl),
    cluster: connect(await configuredApiServer(config, env)),
    alertmanager:
      config.alertmanager.urls.length > 0
        ? alertmanagerClient(config.alertmanager, fetch)
        : undefined,
    slack: slackClient({
      ...config.slack,
      onCall: (method, failure) => {
        metrics.slackCalls.inc({ method, outcome: failure?.error ?? 'ok' })
        metrics.dependencyUp.set({ name: 'slack' }, failure ? 0 : 1)
      },
    }),
    metrics,
    log,
    now: () => new Date(),
    ...loop,
    memory: newMemory(),
  }
}

/**
 * Connections that may wait to be accepted. With Node's default of 511, some of a burst of webhooks
 * wait for a second or longer until the kernel of the sender tries again.
 */
const backlog = 4096

/** A request that has not arrived within 10 s is ended, so that silent senders hold nothing. */
const serverOptions = {
  requestTimeout: 10_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
}

function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: Config,
): Promise<{ server: ServerType; url: string }> {
  return new Promise((resolve, reject) => {
    const server = createAdaptorServer({ fetch, serverOptions })
    server.once('error', reject)
    server.listen({ port, host, backlog }, () => {
      const isAny = host === '0.0.0.0' || host === '::'
      const { port: actualPort } = server.address() as AddressInfo
      resolve({ server, url: `http://${isAny ? '127.0.0.1' : host}:${actualPort}` })
    })
    // Longer than Alertmanager keeps idle connections: if the bot closed them first, a webhook
    // could meet a closed connection.
    if ('keepAliveTimeout' in server) server.keepAliveTimeout = 65_000
  })
}

function close(server: ServerType): Promise<unknown> {
  return new Promise((resolve) => {
    server.close(resolve)
    // An idle connection must not delay the stop.
    if ('closeAllConnections' in server)
      setTimeout(() => server.closeAllConnections(), lingerMs).unref()
  })
}
