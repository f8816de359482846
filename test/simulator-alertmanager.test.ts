import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Sample } from '../simulator/alertmanager/misscheduled-rule.ts'
import {
  type AlertmanagerOptions,
  type SimulatedAlertmanager,
  startAlertmanager,
} from '../simulator/alertmanager/start-alertmanager.ts'
import { ask, matcher, silence } from './simulator/alertmanager.ts'

interface Received {
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
  readonly at: number
}

let received: Received[]
let answer: () => number
let server: Server
let alertmanager: SimulatedAlertmanager
let samples: Sample[]

beforeEach(async () => {
  received = []
  answer = () => 200
  samples = []
  server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part) => {
      text += part
    })
    request.on('end', () => {
      received.push({ headers: request.headers, text, at: Date.now() })
      response.writeHead(answer()).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await alertmanager?.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const FAST = { for: 30, evaluation: 10, resend: 50, groupWait: 20, groupInterval: 60 }

async function start(options: Partial<AlertmanagerOptions> = {}): Promise<void> {
  const webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/alertmanager`
  alertmanager = await startAlertmanager({
    webhookUrl,
    webhookToken: 'secret',
    samples: () => samples,
    durationsMs: FAST,
    ...options,
  })
}

const proxy = (value: number): Sample => ({
  namespace: 'kube-system',
  daemonset: 'kube-proxy',
  value,
})
const bodies = () => received.map(({ text }) => JSON.parse(text))
const statuses = () => bodies().map(({ status }) => status)
const wait = (check: () => unknown) => vi.waitFor(check, { timeout: 3000, interval: 5 })
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const api = (method: string, path: string, json?: unknown) =>
  ask(alertmanager.url, method, path, json)
const silenceNow = async (more?: object): Promise<string> =>
  (await api('POST', '/api/v2/silences', silence(more))).body.silenceID

const recorded = (file: string) =>
  JSON.parse(readFileSync(new URL(`./simulator/${file}`, import.meta.url), 'utf8'))

test('a count above 0 sends a firing webhook after `for` and group_wait, with the token, and 0 sends a resolved one', async () => {
  await start({ cluster: 'spike' })
  samples = [proxy(2)]
  await wait(() => expect(statuses()).toEqual(['firing']))
  expect(received[0]?.headers.authorization).toBe('Bearer secret')
  samples = [proxy(0)]
  await wait(() => expect(statuses()).toEqual(['firing', 'resolved']))
  const [first, second] = bodies()
  expect(second.alerts[0].fingerprint).toBe(first.alerts[0].fingerprint)
  expect(Date.parse(second.alerts[0].endsAt)).toBeGreaterThan(Date.parse(first.alerts[0].startsAt))
})

test('the webhook has the same fields and labels as a recorded one, in the same order', async () => {
  await start({ cluster: 'spike' })
  samples = [proxy(2)]
  await wait(() => expect(received).toHaveLength(1))
  const real = recorded('alertmanager-firing.json')
  const [body] = bodies()
  expect(Object.keys(body)).toEqual(Object.keys(real))
  expect(Object.keys(body.alerts[0])).toEqual(Object.keys(real.alerts[0]))
  expect(Object.keys(body.alerts[0].labels)).toEqual(Object.keys(real.alerts[0].labels))
  expect(body.groupLabels).toEqual(real.groupLabels)
  expect(body.groupKey).toBe(real.groupKey)
  expect(body.alerts[0].endsAt).toBe('0001-01-01T00:00:00Z')
  expect(body.alerts[0].labels).toMatchObject({
    namespace: 'kube-system',
    daemonset: 'kube-proxy',
    container: 'kube-state-metrics',
  })
})

test('the fingerprint is the one that Alertmanager computes for the same labels', async () => {
  await start({ samples: () => [] })
  const [{ labels, annotations, generatorURL, fingerprint }] = recorded(
    'alertmanager-firing.json',
  ).alerts
  alertmanager.receive([
    { labels, annotations, generatorURL, startsAt: Date.now(), endsAt: Date.now() + 60_000 },
  ])
  expect((await api('GET', '/api/v2/alerts')).body[0].fingerprint).toBe(fingerprint)
})

test('nothing is sent for a silenced alert, and no resolved notification after the silence', async () => {
  await start()
  samples = [proxy(1)]
  await wait(() => expect(statuses()).toEqual(['firing']))
  const id = await silenceNow()
  expect((await api('GET', '/api/v2/alerts')).body[0].status).toMatchObject({
    state: 'suppressed',
    silencedBy: [id],
  })
  expect((await api('GET', '/api/v2/alerts?silenced=false')).body).toEqual([])
  samples = []
  await pause(200)
  await api('DELETE', `/api/v2/silence/${id}`)
  await pause(200)
  expect(statuses()).toEqual(['firing'])
})

test('an alert that is still firing is sent again after repeat_interval, byte for byte', async () => {
  await start({ durationsMs: { ...FAST, repeatInterval: 100 } })
  samples = [proxy(1)]
  await wait(() => expect(received.length).toBeGreaterThanOrEqual(2))
  expect(received[1]?.text).toBe(received[0]?.text)
})

test('a 5xx is retried within the flush, a 4xx only in the next one', async () => {
  const answers = [503, 400, 200]
  answer = () => answers.shift() ?? 200
  await start({ durationsMs: { ...FAST, groupInterval: 400 } })
  samples = [proxy(1)]
  await wait(() => expect(received).toHaveLength(3))
  const [first = 0, second = 0] = received.map(({ at }) => at)
  expect(second - first).toBeGreaterThanOrEqual(200)
  expect(new Set(received.map(({ text }) => text)).size).toBe(1)
})

test('a restart of kube-state-metrics resolves the alert although nothing is fixed, and the alert fires again with a new fingerprint', async () => {
  await start()
  samples = [proxy(1)]
  await wait(() => expect(statuses()).toEqual(['firing']))
  alertmanager.restartKubeStateMetrics()
  await wait(() => expect(statuses()).toEqual(['firing', 'resolved', 'firing']))
  const [first, resolved, again] = bodies().map(({ alerts }) => alerts[0])
  expect(resolved.fingerprint).toBe(first.fingerprint)
  expect(again.fingerprint).not.toBe(first.fingerprint)
  expect(again.labels.pod).not.toBe(first.labels.pod)
})

test('a restart of Alertmanager loses the alerts until they are sent again, keeps silences and sends nothing twice', async () => {
  await start()
  samples = [proxy(1)]
  await wait(() => expect(statuses()).toEqual(['firing']))
  await silenceNow({ matchers: [matcher('alertname', 'Other')] })
  const before = Date.parse((await api('GET', '/api/v2/status')).body.uptime)
  alertmanager.restart()
  expect(alertmanager.alerts()).toEqual([])
  expect(Date.parse((await api('GET', '/api/v2/status')).body.uptime)).toBeGreaterThan(before)
  await wait(() => expect(alertmanager.alerts()).toHaveLength(1))
  await pause(150)
  expect(statuses()).toEqual(['firing'])
  expect((await api('GET', '/api/v2/silences')).body).toHaveLength(1)
})

test('while it is down, nothing answers and nothing is sent; the notification follows when it is up', async () => {
  await start()
  samples = [proxy(1)]
  await alertmanager.down()
  await pause(100)
  await expect(api('GET', '/api/v2/status')).rejects.toThrow()
  expect(received).toEqual([])
  await alertmanager.up()
  await wait(() => expect(statuses()).toEqual(['firing']))
})

test('when one of two alerts in a group ends, the notification has both: status firing, one resolved, and their common labels', async () => {
  await start({ groupBy: ['alertname', 'namespace'] })
  samples = [proxy(1), { ...proxy(2), daemonset: 'calico-node' }]
  await wait(() => expect(statuses()).toEqual(['firing']))
  samples = [proxy(1)]
  await wait(() => expect(received).toHaveLength(2))
  const [, second] = bodies()
  const alerts = second.alerts.map(
    ({ labels, status }: { labels: { daemonset: string }; status: string }) => [
      labels.daemonset,
      status,
    ],
  )
  expect([second.status, alerts]).toEqual([
    'firing',
    [
      ['calico-node', 'resolved'],
      ['kube-proxy', 'firing'],
    ],
  ])
  expect(second.commonLabels).toMatchObject({ namespace: 'kube-system' })
  expect(Object.keys(second.commonLabels)).not.toContain('daemonset')
  expect(Object.keys(second.commonAnnotations)).not.toContain('description')
  samples = []
  await wait(() =>
    expect(
      bodies()[2]?.alerts.map(({ labels }: { labels: { daemonset: string } }) => labels.daemonset),
    ).toEqual(['kube-proxy']),
  )
})

test('an alert whose notification was never accepted is never sent as resolved', async () => {
  answer = () => 400
  await start()
  samples = [proxy(1)]
  await wait(() => expect(received.length).toBeGreaterThan(1))
  samples = []
  await wait(() => expect(alertmanager.alerts()).toEqual([]))
  answer = () => 200
  const before = received.length
  await pause(200)
  expect(bodies().slice(before)).toEqual([])
  expect(new Set(statuses())).toEqual(new Set(['firing']))
})

test('it claims an uptime of 2 h by default, and requires its token if it has one', async () => {
  await start({ apiToken: 'key' })
  expect(await api('GET', '/api/v2/status')).toEqual({ status: 401, body: 'Unauthorized' })
  const response = await fetch(`${alertmanager.url}/api/v2/status`, {
    headers: { authorization: 'Bearer key' },
  })
  const { uptime } = (await response.json()) as { uptime: string }
  expect(Date.now() - Date.parse(uptime)).toBeGreaterThanOrEqual(2 * 3600_000)
})

test('alerts are filtered by matchers, and an invalid filter is refused', async () => {
  await start()
  samples = [proxy(1), { namespace: 'monitoring', daemonset: 'node-exporter', value: 3 }]
  await wait(() => expect(alertmanager.alerts()).toHaveLength(2))
  const found = async (filter: string) =>
    (await api('GET', `/api/v2/alerts?filter=${encodeURIComponent(filter)}`)).body.map(
      (alert: { labels: { daemonset: string } }) => alert.labels.daemonset,
    )
  expect(await found('daemonset="kube-proxy"')).toEqual(['kube-proxy'])
  expect(await found('daemonset=~"kube-.*"')).toEqual(['kube-proxy'])
  expect(await found('daemonset=~kube')).toEqual([])
  expect(await found('namespace!="kube-system"')).toEqual(['node-exporter'])
  expect((await api('GET', '/api/v2/alerts?filter=daemonset')).status).toBe(400)
})
