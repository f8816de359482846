import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type ServerType, serve } from '@hono/node-server'
import { handlers } from './act.ts'
import { alertmanagerClient } from './alertmanager/client.ts'
import { type Bot, newMemory } from './bot.ts'
import { type Config, type Environment, readConfig, secretsOf } from './config/config.ts'
import { makeApp } from './http/app.ts'
import { connect } from './kubernetes/connect/client.ts'
import { configuredTarget } from './kubernetes/connect/kube-config.ts'
import { startLoop } from './loop/loop.ts'
import { ROUND_LEASE, round } from './loop/round.ts'
import { slackClient } from './slack/client.ts'
import { startSlackApp } from './slack/start.ts'
import { sqliteStore } from './store/sqlite.ts'
import { jsonLog } from './telemetry/log.ts'
import { prometheusMetrics } from './telemetry/prometheus-metrics.ts'

export interface Running {
  /** Where it listens, `http://127.0.0.1:8080`. */
  readonly url: string
  /** Takes no more work, ends what is under way, closes the store. */
  readonly stop: () => Promise<void>
}

/** Requests under way have this long to end once the bot stops. Milliseconds. */
const lingerMs = 2_000

/** Every error of the configuration at once, each with the name and what to set. */
export class ConfigError extends Error {
  readonly errors: readonly string[]
  constructor(errors: readonly string[]) {
    super(`The configuration is not complete:\n${errors.map((error) => `  ${error}`).join('\n')}`)
    this.name = 'ConfigError'
    this.errors = errors
  }
}

/** Starts the bot in this process with the settings of `env`. Throws ConfigError where they do not do, before anything is opened. */
export async function start(env: Environment): Promise<Running> {
  const read = readConfig(env, (path) => readFileSync(path, 'utf8'))
  if (!read.ok) throw new ConfigError(read.errors)
  const { config } = read
  const log = jsonLog(config.logLevel, secretsOf(config))
  for (const warning of read.warnings) log.warn({}, warning)

  const store = sqliteStore(config.databaseUrl)
  const metrics = prometheusMetrics()
  const bot: Bot = {
    config,
    store,
    cluster: connect(await configuredTarget(config, env)),
    alertmanager:
      config.alertmanager.urls.length > 0
        ? alertmanagerClient(config.alertmanager, fetch)
        : undefined,
    slack: slackClient({
      ...config.slack,
      observe: (method, failure) => {
        metrics.slackCalls.inc({ method, outcome: failure?.error ?? 'ok' })
        metrics.dependencyUp.set({ name: 'slack' }, failure ? 0 : 1)
      },
    }),
    metrics,
    log,
    now: () => new Date(),
    wake: (afterMs) => loop.wake(afterMs),
    round: () => loop.round(),
    memory: newMemory(),
  }
  // The same after a restart, which is not to wait for its own lease; another one on this machine has another port.
  const holder = `${hostname()}:${config.port}`
  const loop = startLoop(
    (stopping) => round(bot, holder, stopping),
    config.reconcileInterval * 1000,
  )
  const slack = await startSlackApp({ config: config.slack, handlers: handlers(bot), log })
  let stopping = false
  const app = makeApp({
    config,
    store,
    onHints: () => loop.wake(),
    ...(slack.routes ? { slackRoutes: slack.routes } : {}),
    metrics,
    log,
    isStopping: () => stopping,
  })
  const { server, url } = await listen(app.fetch, config)
  log.info({ url, cluster: config.clusterName, actions: config.actions }, 'listening')
  return {
    url,
    stop: async () => {
      stopping = true
      await slack.stop()
      await loop.stop()
      await new Promise((resolve) => {
        server.close(resolve)
        // A client that holds a connection open, or opens one and says nothing, does not hold us up.
        if ('closeAllConnections' in server)
          setTimeout(() => server.closeAllConnections(), lingerMs).unref()
      })
      await store.releaseLease(ROUND_LEASE, holder).catch(() => undefined)
      await store.close()
    },
  }
}

function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: Config,
): Promise<{ server: ServerType; url: string }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port }, (info) => {
      resolve({
        server,
        url: `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${info.port}`,
      })
    })
    server.once('error', reject)
    // Alertmanager reuses its connections; shorter than its idle time, ours would be closed under its hands.
    if ('keepAliveTimeout' in server) server.keepAliveTimeout = 65_000
  })
}

if (import.meta.main) {
  try {
    const running = await start(process.env)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => void running.stop().then(() => process.exit(0)))
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(error instanceof ConfigError ? 2 : 1)
  }
}
