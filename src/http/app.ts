import { type Context, Hono } from 'hono'
import { parseWebhook } from '../alertmanager/webhook.ts'
import type { Config } from '../config/config.ts'
import type { Store } from '../store/store.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { sameSecret } from './bearer.ts'
import { readBody } from './body.ts'

/** Keeps a Worker alive until this work has ended; undefined on Node, which lives on anyway. */
export type WaitUntil = ((work: Promise<unknown>) => void) | undefined

export interface AppParts {
  readonly config: Pick<Config, 'webhookToken' | 'clusterName'>
  readonly store: Pick<Store, 'saveHints' | 'probe'>
  /** Called once hints are stored, before the answer goes out. */
  readonly onHints: (waitUntil: WaitUntil) => void
  /** `POST /slack/events`; left out in Socket Mode. */
  readonly slackRoutes?: Hono
  readonly metrics: Metrics
  readonly log: Log
  /** While it is true, webhooks are turned away: their sender tries again elsewhere, or later. */
  readonly isStopping?: () => boolean
}

/** A group of 2,000 alerts is 2 MB. Bytes. */
const maxBody = 16 * 1024 * 1024

/** The HTTP routes, the same on both runtimes. */
export function makeApp(parts: AppParts): Hono {
  const { store, metrics, log, isStopping = () => false } = parts
  const isOurs = sameSecret(parts.config.webhookToken)
  const app = new Hono()

  app.post('/webhooks/alertmanager', async (c) => {
    const { result, answer } = await receive(c, parts, isOurs)
    metrics.webhooks.inc({ result })
    return answer
  })
  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    if (isStopping()) return c.text('stopping\n', 503)
    try {
      await store.probe()
      metrics.dependencyUp.set({ name: 'store' }, 1)
      return c.text('ok\n')
    } catch (error) {
      metrics.dependencyUp.set({ name: 'store' }, 0)
      log.error({ err: error }, 'the store cannot be written')
      return c.text('the store cannot be written; the log says why\n', 503)
    }
  })
  app.get('/metrics', async (c) => {
    const exposition = await metrics.exposition()
    return exposition
      ? c.body(exposition.text, 200, { 'content-type': exposition.contentType })
      : c.text('no metrics are collected here\n', 404)
  })
  if (parts.slackRoutes) app.route('/', parts.slackRoutes)
  app.notFound((c) =>
    c.text(
      `nothing answers ${c.req.method} ${c.req.path}; Alertmanager's webhook is POST /webhooks/alertmanager\n`,
      404,
    ),
  )
  app.onError((error, c) => {
    log.error({ err: error, path: c.req.path }, 'a request failed')
    return c.text('internal error; the log says more\n', 500)
  })
  return app
}

type Result = Parameters<Metrics['webhooks']['inc']>[0]['result']

/** Alertmanager repeats what was answered with 5xx, and gives up what was answered with 4xx: only a body that can never be read is a 400. */
async function receive(
  c: Context,
  parts: AppParts,
  isOurs: (token: string) => Promise<boolean>,
): Promise<{ result: Result; answer: Response }> {
  const { store, metrics, log, config } = parts
  const given = /^bearer +(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]?.trim()
  if (given === undefined || !(await isOurs(given))) {
    log.warn(
      { from: c.req.header('user-agent') },
      `a webhook came with ${given === undefined ? 'no' : 'a wrong'} bearer token; it must carry WEBHOOK_TOKEN`,
    )
    return {
      result: 'unauthorized',
      answer: c.text('the bearer token is missing or wrong\n', 401, {
        'www-authenticate': 'Bearer',
      }),
    }
  }
  if (parts.isStopping?.())
    return { result: 'not_stored', answer: c.text('stopping; try again\n', 503) }
  const body = await readBody(c.req.raw, maxBody)
  if (body === 'too large') {
    log.warn({}, 'a webhook was larger than 16 MB; group fewer alerts, or set max_alerts')
    return { result: 'too_large', answer: c.text('the body is larger than 16 MB\n', 413) }
  }
  const webhook = body.ok ? parseWebhook(body.value, config.clusterName) : body
  if (!webhook.ok) {
    log.warn({ problem: webhook.problem }, 'a webhook could not be read; nothing of it is stored')
    return { result: 'invalid', answer: c.text(`${webhook.problem}\n`, 400) }
  }
  const ignored = Object.entries(webhook.ignored).filter(([, count]) => count > 0)
  for (const [reason, count] of ignored) metrics.alertsIgnored.inc({ reason }, count)
  if (webhook.truncated > 0)
    log.warn(
      { truncated: webhook.truncated },
      'a webhook left alerts out; set max_alerts: 0 for this receiver',
    )
  if (webhook.hints.length === 0)
    return {
      result: 'ignored',
      answer: c.text(`no alert of ours: ${JSON.stringify(webhook.ignored)}\n`),
    }
  try {
    await store.saveHints(webhook.hints, new Date().toISOString())
  } catch (error) {
    metrics.dependencyUp.set({ name: 'store' }, 0)
    log.error(
      { err: error, alerts: webhook.hints.length },
      'a webhook could not be stored; Alertmanager will send it again',
    )
    return { result: 'not_stored', answer: c.text('it could not be stored; try again\n', 503) }
  }
  metrics.dependencyUp.set({ name: 'store' }, 1)
  parts.onHints(waitUntilOf(c))
  return { result: 'stored', answer: c.text(`stored ${webhook.hints.length}\n`) }
}

function waitUntilOf(c: Context): WaitUntil {
  try {
    const context = c.executionCtx
    return (work) => context.waitUntil(work)
  } catch {
    // Hono's getter throws where there is no such context, which is on Node.
    return undefined
  }
}
