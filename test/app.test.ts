import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, describe, expect, test } from 'vitest'
import { startServer } from '../simulator/local-server.ts'
import { type AppParts, makeApp } from '../src/http/app.ts'
import { sqliteStore } from '../src/store/sqlite.ts'
import type { AlertHint } from '../src/store/store.ts'
import type { Log } from '../src/telemetry/log.ts'
import { noMetrics } from '../src/telemetry/metrics.ts'
import { prometheusMetrics } from '../src/telemetry/prometheus-metrics.ts'

const token = 'a-long-webhook-token'
const directory = mkdtempSync(join(tmpdir(), 'app-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Recorded {
  readonly hints: AlertHint[]
  readonly lines: string[]
  wakes: number
}

/** An app that stores hints in a list, and what it did. */
function appWith(change: Partial<AppParts> = {}): { app: Hono; recorded: Recorded } {
  const recorded: Recorded = { hints: [], lines: [], wakes: 0 }
  const line: Log['info'] = (fields, message) =>
    void recorded.lines.push(`${message} ${JSON.stringify(fields)}`)
  const app = makeApp({
    config: { webhookToken: token, clusterName: 'prod' },
    store: {
      saveHints: async (hints) => void recorded.hints.push(...hints),
      probe: async () => {},
    },
    onHints: () => {
      recorded.wakes += 1
    },
    metrics: noMetrics,
    log: { debug: line, info: line, warn: line, error: line },
    ...change,
  })
  return { app, recorded }
}
const labels = { alertname: 'KubeDaemonSetMisScheduled', namespace: 'datadog', daemonset: 'agent' }
const webhook = (alerts: readonly Record<string, string>[] = [labels]) => ({
  alerts: alerts.map((one) => ({
    status: 'firing',
    labels: one,
    startsAt: '2026-11-24T03:00:00Z',
    fingerprint: 'f',
  })),
})
const post = (
  app: Hono,
  body: BodyInit,
  authorization: string | undefined = `Bearer ${token}`,
): Promise<Response> =>
  Promise.resolve(
    app.request('/webhooks/alertmanager', {
      method: 'POST',
      body,
      headers: authorization === undefined ? {} : { authorization },
    }),
  )

describe('the webhook', () => {
  test('is stored, wakes the loop and gets a 200', async () => {
    const { app, recorded } = appWith()
    const answer = await post(app, JSON.stringify(webhook()))
    expect(answer.status).toBe(200)
    expect(recorded.hints).toMatchObject([
      { cluster: 'prod', namespace: 'datadog', daemonset: 'agent', status: 'firing' },
    ])
    expect(recorded.wakes).toBe(1)
  })
  test('wakes the loop only after it is stored', async () => {
    const order: string[] = []
    const { app } = appWith({
      store: {
        probe: async () => {},
        saveHints: async () => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          order.push('stored')
        },
      },
      onHints: () => void order.push('woken'),
    })
    await post(app, JSON.stringify(webhook()))
    expect(order).toEqual(['stored', 'woken'])
  })
  test('without the right bearer token gets a 401', async () => {
    const { app, recorded } = appWith()
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      `Bearer ${token.slice(0, -1)}`,
      `Basic ${token}`,
      token,
    ]) {
      const answer = await post(app, JSON.stringify(webhook()), authorization)
      expect([authorization, answer.status, answer.headers.get('www-authenticate')]).toEqual([
        authorization,
        401,
        'Bearer',
      ])
    }
    expect((await post(app, JSON.stringify(webhook()), `bearer ${token}`)).status).toBe(200)
    expect(recorded.hints).toHaveLength(1)
    expect(recorded.lines.join('\n')).not.toContain(token.slice(1))
  })
  test('that is not readable gets a 400 with the reason, is logged and not stored', async () => {
    const { app, recorded } = appWith()
    for (const [body, words] of [
      ['', /not JSON/],
      ['hello', /not JSON/],
      ['{"alerts":[', /not JSON/],
      ['[]', /not a JSON object/],
      ['{"version":"4"}', /alerts: /],
      [
        JSON.stringify({ alerts: [...webhook().alerts, { status: 'firing' }] }),
        /alerts\[1\]\.labels: /,
      ],
    ] as const) {
      const answer = await post(app, body)
      expect(answer.status).toBe(400)
      expect(await answer.text()).toMatch(words)
      expect(recorded.lines.at(-1)).toMatch(words)
    }
    expect(recorded).toMatchObject({ hints: [], wakes: 0 })
  })
  test('with alerts of others gets a 200, is counted by reason and wakes nothing', async () => {
    const metrics = prometheusMetrics()
    const { app, recorded } = appWith({ metrics })
    const others = [
      { alertname: 'Watchdog' },
      { alertname: labels.alertname },
      { ...labels, cluster: 'staging' },
    ]
    expect((await post(app, JSON.stringify(webhook(others)))).status).toBe(200)
    expect(recorded).toMatchObject({ hints: [], wakes: 0 })
    const text = (await metrics.exposition())?.text
    for (const reason of ['other_alertname', 'no_namespace_or_daemonset', 'other_cluster']) {
      expect(text).toContain(`daemonset_triage_alerts_ignored_total{reason="${reason}"} 1`)
    }
    expect(text).toContain('daemonset_triage_webhooks_total{result="ignored"} 1')
  })
  test('with alerts left out is stored, and the log says what to set', async () => {
    const { app, recorded } = appWith()
    await post(app, JSON.stringify({ ...webhook(), truncatedAlerts: 3 }))
    expect(recorded.hints).toHaveLength(1)
    expect(recorded.lines.join()).toMatch(/max_alerts: 0.*"truncated":3/)
  })
  test('that cannot be stored gets a 503, so Alertmanager sends it again', async () => {
    const store = sqliteStore(`sqlite:${join(directory, 'missing', 'x.db')}`)
    const { app, recorded } = appWith({ store })
    expect((await post(app, JSON.stringify(webhook()))).status).toBe(503)
    expect(recorded.wakes).toBe(0)
    expect(recorded.lines.join()).toMatch(/not stored/)
    expect((await app.request('/readyz')).status).toBe(503)
    expect((await app.request('/healthz')).status).toBe(200)
  })
  test('gets a 503 while stopping', async () => {
    const { app, recorded } = appWith({ isStopping: () => true })
    expect((await post(app, JSON.stringify(webhook()))).status).toBe(503)
    expect((await app.request('/readyz')).status).toBe(503)
    expect(recorded.hints).toEqual([])
  })
  test('of 15 MB is accepted, of more than 16 MB refused, with and without Content-Length', async () => {
    const { app, recorded } = appWith()
    const server = await startServer(app)
    const send = async (bytes: number, chunked: boolean): Promise<number | undefined> => {
      const body = Buffer.from(JSON.stringify({ ...webhook(), padding: 'x'.repeat(bytes) }))
      const headers = {
        authorization: `Bearer ${token}`,
        ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length }),
      }
      const call = request(`${server.url}/webhooks/alertmanager`, { method: 'POST', headers })
      call.on('error', () => {})
      call.end(body)
      const [answer] = await once(call, 'response')
      answer.resume()
      return answer.statusCode
    }
    expect(await send(15_000_000, false)).toBe(200)
    expect(await send(15_000_000, true)).toBe(200)
    expect(recorded.hints).toHaveLength(2)
    expect(await send(17_000_000, false)).toBe(413)
    expect(await send(17_000_000, true)).toBe(413)
    expect(recorded.hints).toHaveLength(2)
    await server.down()
  })
  test('2,000 in a burst over real connections are all stored', { timeout: 60_000 }, async () => {
    const store = sqliteStore(`sqlite:${join(directory, 'burst.db')}`)
    await store.migrate()
    const { app } = appWith({ store })
    const server = await startServer(app)
    const answers = await Promise.all(
      Array.from({ length: 2000 }, (_, index) =>
        fetch(`${server.url}/webhooks/alertmanager`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify(webhook([{ ...labels, daemonset: `ds-${index}` }])),
        }).then((answer) => answer.status),
      ),
    )
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(await store.openAlerts('prod')).toHaveLength(2000)
    await server.down()
    await store.close()
  })
})

describe('the other routes', () => {
  test('/healthz and /readyz', async () => {
    const { app } = appWith()
    expect((await app.request('/healthz')).status).toBe(200)
    expect((await app.request('/readyz')).status).toBe(200)
  })
  test('/metrics has the Prometheus format, with the store among the dependencies', async () => {
    const { app } = appWith({ metrics: prometheusMetrics() })
    await app.request('/readyz')
    await post(app, '{}')
    const answer = await app.request('/metrics')
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
    const text = await answer.text()
    expect(text).toContain('dependency_up{name="store"} 1')
    expect(text).toContain('daemonset_triage_webhooks_total{result="invalid"} 1')
  })
  test('/metrics without metrics is a 404', async () => {
    expect((await appWith().app.request('/metrics')).status).toBe(404)
  })
  test("Slack's routes are mounted", async () => {
    const slackRoutes = new Hono().post('/slack/events', (c) => c.text('slack'))
    const answer = await appWith({ slackRoutes }).app.request('/slack/events', { method: 'POST' })
    expect(await answer.text()).toBe('slack')
  })
  test('anything else is a 404 that names the webhook', async () => {
    const { app } = appWith()
    for (const [path, method] of [
      ['/', 'GET'],
      ['/webhooks/alertmanager', 'GET'],
      ['/webhooks', 'POST'],
    ] as const) {
      const answer = await app.request(path, { method })
      expect(answer.status).toBe(404)
      expect(await answer.text()).toContain('POST /webhooks/alertmanager')
    }
  })
  test('a request that fails is logged, and the response has no details', async () => {
    const slackRoutes = new Hono().post('/slack/events', () => {
      throw new Error('inner detail')
    })
    const { app, recorded } = appWith({ slackRoutes })
    const answer = await app.request('/slack/events', { method: 'POST' })
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('inner detail')
    expect(recorded.lines.join()).toContain('request failed')
  })
})
