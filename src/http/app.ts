import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { timingSafeEqual } from 'hono/utils/buffer'
import { parseWebhook, type ReceivedWebhook } from '../alertmanager/webhook.ts'
import type { Config } from '../config/config.ts'
import type { Store } from '../store/store.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { errorMessage } from '../words/error-message.ts'
import { type Result, refusal } from '../words/result.ts'

/** What the routes need from the bot. */
export interface AppParts {
  readonly config: Pick<Config, 'webhookToken' | 'clusterName'>
  readonly store: Pick<Store, 'saveHints' | 'probe'>
  /** Called after the hints are stored and before the webhook is answered. */
  readonly onHints: () => void
  /** `POST /slack/events`; undefined in Socket Mode. */
  readonly slackRoutes?: Hono
  readonly metrics: Metrics
  readonly log: Log
  /** While true, webhooks get a 503, and Alertmanager sends them again. */
  readonly isStopping?: () => boolean
}

/** A group of 2,000 alerts is about 2 MB. */
const maxBodyBytes = 16 * 1024 * 1024

/** The HTTP routes, the same on Node and on Workers. */
export function makeApp(parts: AppParts): Hono {
  const { store, metrics, log, isStopping = () => false } = parts
  const app = new Hono()
  app.route('/webhooks/alertmanager', webhookRoute(parts))
  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    if (isStopping()) return c.text('stopping\n', 503)
    try {
      await store.probe()
      metrics.dependencyUp.set({ name: 'store' }, 1)
      return c.text('ok\n')
    } catch (error) {
      metrics.dependencyUp.set({ name: 'store' }, 0)
      log.error({ err: error }, 'store not writable')
      return c.text('the store is not writable; see the log\n', 503)
    }
  })
  app.get('/metrics', async (c) => {
    const exposition = await metrics.exposition()
    return exposition
      ? c.body(exposition.text, 200, { 'content-type': exposition.contentType })
      : c.text('this runtime collects no metrics\n', 404)
  })
  if (parts.slackRoutes) app.route('/', parts.slackRoutes)
  app.notFound((c) =>
    c.text(
      `no route for ${c.req.method} ${c.req.path}; Alertmanager's webhook is POST /webhooks/alertmanager\n`,
      404,
    ),
  )
  app.onError((error, c) => {
    log.error({ err: error, path: c.req.path }, 'request failed')
    return c.text('internal error; see the log\n', 500)
  })
  return app
}

/** The `result` label of the metric, and the status of the response. */
const STATUS = {
  stored: 200,
  ignored: 200,
  invalid: 400,
  unauthorized: 401,
  too_large: 413,
  not_stored: 503,
} as const

/**
 * Alertmanager repeats a webhook that was answered with 5xx and drops one that was answered with
 * 4xx, so only a body that can never be read gets a 400.
 */
function webhookRoute(parts: AppParts): Hono {
  const { config, metrics, log, isStopping = () => false } = parts
  const answer = (c: Context, result: keyof typeof STATUS, text: string): Response => {
    metrics.webhooks.inc({ result })
    return c.text(`${text}\n`, STATUS[result])
  }
  const limit = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (c) => {
      log.warn({}, 'webhook refused: larger than 16 MB; group fewer alerts or set max_alerts')
      return answer(c, 'too_large', 'the body is larger than 16 MB')
    },
  })
  return new Hono().post(
    '/',
    async (c, next) => {
      const token = bearerToken(c)
      if (token !== undefined && (await isEqual(token, config.webhookToken))) return next()
      log.warn(
        {
          reason: token === undefined ? 'no token' : 'wrong token',
          from: c.req.header('user-agent'),
        },
        'webhook refused: it must carry WEBHOOK_TOKEN as bearer token',
      )
      c.header('www-authenticate', 'Bearer')
      return answer(c, 'unauthorized', 'the bearer token is missing or wrong')
    },
    async (c, next) => (isStopping() ? answer(c, 'not_stored', 'stopping; try again') : next()),
    (c, next) => (hasFittingLength(c) ? next() : limit(c, next)),
    async (c) => {
      const webhook = readWebhook(await c.req.text(), config.clusterName)
      if (!webhook.ok) {
        log.warn({ problem: webhook.why }, 'webhook refused: it is not readable')
        return answer(c, 'invalid', webhook.why)
      }
      reportOthers(webhook.value, parts)
      const { hints, ignored } = webhook.value
      if (hints.length === 0)
        return answer(c, 'ignored', `no alert for this bot: ${JSON.stringify(ignored)}`)
      if (!(await isStored(webhook.value, parts)))
        return answer(c, 'not_stored', 'could not be stored; try again')
      parts.onHints()
      return answer(c, 'stored', `stored ${hints.length}`)
    },
  )
}

/**
 * undefined if there is none. `hono/bearer-auth` does not serve: it answers another scheme with 400
 * and refuses every token with a character outside of RFC 6750, for example `!`.
 */
function bearerToken(c: Context): string | undefined {
  return /^bearer +(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]?.trim()
}

/**
 * Compares in constant time. Without the hash that is the default: it takes longer than the rest of
 * the answer, and hides only the token's length.
 */
function isEqual(given: string, expected: string): Promise<boolean> {
  return timingSafeEqual(given, expected, (text: string) => text)
}

/** Whether the headers say that the body fits. Counting its bytes takes a copy of the request. */
function hasFittingLength(c: Context): boolean {
  const length = c.req.header('content-length')
  const isChunked = c.req.header('transfer-encoding') !== undefined
  return length !== undefined && !isChunked && Number(length) <= maxBodyBytes
}

function readWebhook(body: string, clusterName: string): Result<ReceivedWebhook, string> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    return refusal(`the body is not JSON: ${errorMessage(error)}`)
  }
  return parseWebhook(value, clusterName)
}

/** Counts the alerts of others, and logs that alerts were left out. */
function reportOthers({ ignored, truncated }: ReceivedWebhook, { metrics, log }: AppParts): void {
  for (const [reason, count] of Object.entries(ignored))
    if (count > 0) metrics.alertsIgnored.inc({ reason }, count)
  if (truncated > 0)
    log.warn({ truncated }, 'webhook without all of its alerts; set max_alerts: 0 in the receiver')
}

async function isStored(
  { hints }: ReceivedWebhook,
  { store, metrics, log }: AppParts,
): Promise<boolean> {
  try {
    await store.saveHints(hints, new Date().toISOString())
    metrics.dependencyUp.set({ name: 'store' }, 1)
    return true
  } catch (error) {
    metrics.dependencyUp.set({ name: 'store' }, 0)
    log.error(
      { err: error, alerts: hints.length },
      'webhook not stored; Alertmanager sends it again',
    )
    return false
  }
}
