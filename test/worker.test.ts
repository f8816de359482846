import { readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tenMinuteWorkers } from '../simulator/scenarios/ten-minute-workers.ts'
import { buildWorker, type RunningWorker, runWorker } from './built-worker.ts'
import { allowedUser, buttonsOf, startWorld, strings, textOf, until, type World } from './world.ts'

const maxGzippedBytes = 250 * 1024

describe('the built bundle in workerd', () => {
  let bundle: Awaited<ReturnType<typeof buildWorker>>
  let world: World
  let worker: RunningWorker

  beforeAll(async () => {
    bundle = await buildWorker()
    world = await startWorld(tenMinuteWorkers, { bot: false })
    const {
      KUBECONFIG: _,
      CLUSTER_NAME: name,
      ALERTMANAGER_URL: alertmanager,
      DATABASE_URL: _file,
      ...vars
    } = world.env
    const clusters = [
      { name, kubernetes: { url: world.cluster.url, token: world.cluster.token }, alertmanager },
    ]
    worker = await runWorker(
      bundle.path,
      { ...vars, CLUSTERS: JSON.stringify(clusters) },
      Number(new URL(world.url).port),
    )
  }, 60_000)
  afterAll(async () => {
    await worker?.stop()
    await world?.stop()
    bundle?.remove()
  })

  const message = () => world.slack.messages()[0]
  const modalText = () => strings(world.slack.modal(allowedUser)?.blocks).join(' ')
  const silences = () =>
    world.alertmanager.silences.list([]).filter(({ status }) => status.state === 'active')

  test('is smaller than 250 KB gzipped', () => {
    const size = gzipSync(readFileSync(bundle.path)).length
    expect(size).toBeLessThan(maxGzippedBytes)
    expect(statSync(bundle.path).size).toBeGreaterThan(size)
  })

  test('answers as on Node', async () => {
    const ask = async (path: string, init?: RequestInit) =>
      (await fetch(worker.url + path, init)).status
    expect(await ask('/healthz')).toBe(200)
    expect(await ask('/readyz')).toBe(200)
    expect(await ask('/nothing')).toBe(404)
    expect(await ask('/webhooks/alertmanager', { method: 'POST', body: '{}' })).toBe(401)
    const headers = { authorization: `Bearer ${world.env.WEBHOOK_TOKEN}` }
    expect(await ask('/webhooks/alertmanager', { method: 'POST', body: '{}', headers })).toBe(400)
    expect(await ask('/slack/events', { method: 'POST', body: 'payload={}' })).toBe(401)
  })

  test('from webhook to message, click and silence', async () => {
    await until(message, 'the message', 20_000)
    expect(textOf(message())).toContain('datadog-agent')
    const { ts } = await until(
      () => (buttonsOf(message()).includes('Silence…') ? message() : undefined),
      'the button',
    )
    expect(await world.slack.click({ user: allowedUser, ts, text: 'Silence…' })).toMatchObject({
      ok: true,
    })
    await until(() => modalText().includes('alertname="KubeDaemonSetMisScheduled"'), 'the dialog')
    await world.slack.submit({
      user: allowedUser,
      values: { duration: '4h', reason: 'drain takes its time' },
    })
    await until(() => world.slack.modal(allowedUser) === undefined, 'the closed dialog')
    expect(silences()).toHaveLength(1)
    expect(silences()[0]?.comment).toContain('drain takes its time')
    await until(() => buttonsOf(message()).includes('End silence…'), 'the button that ends it')
    expect(world.slack.messages()).toHaveLength(1)
  })

  test('a forged click is refused', async () => {
    const ts = message()?.ts ?? ''
    expect(
      await world.slack.click({
        user: allowedUser,
        ts,
        text: 'End silence…',
        forgery: 'wrong-secret',
      }),
    ).toMatchObject({
      ok: false,
      status: 401,
    })
    expect(silences()).toHaveLength(1)
  })

  test('the cron trigger closes an incident that ended while it was silenced, without a webhook', async () => {
    const drains = tenMinuteWorkers.controls.find(({ id }) => id === 'drain-finishes')
    while (drains?.isAvailable?.(world)) await drains.run(world)
    await until(() => world.alertmanager.alerts().length === 0, 'the end of the alert')
    await until(
      async () => {
        await worker.scheduled()
        return textOf(message()).includes('✅ Over after ')
      },
      'the end',
      20_000,
    )
    expect(silences()).toEqual([])
    expect(world.slack.messages().filter((one) => one.thread_ts === undefined)).toHaveLength(1)
  }, 30_000)

  test('with an incomplete configuration it answers 503, and the log names what is missing', async () => {
    const poor = await runWorker(bundle.path, {
      WEBHOOK_TOKEN: 'a-long-webhook-token',
      SLACK_APP_TOKEN: 'xapp-1',
    })
    const answer = await fetch(`${poor.url}/readyz`)
    expect(answer.status).toBe(503)
    await until(
      () => poor.log.some((line) => line.startsWith('SLACK_BOT_TOKEN is not set')),
      'the log',
    )
    await poor.stop()
  }, 30_000)
})
