import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readYaml } from '../read-yaml.ts'
import { apiClient } from './api.ts'
import type { Alert } from './monitoring.ts'
import { part } from './parts.ts'
import { answersOk, freePort, startProcess, temporaryDirectory, until } from './processes.ts'
import { output } from './run.ts'

const deployed = (name: string) =>
  readFile(new URL(`../../deploy/alertmanager/${name}`, import.meta.url), 'utf8')
const ours = {
  alertname: 'KubeDaemonSetMisScheduled',
  namespace: 'logging',
  daemonset: 'agent',
  severity: 'warning',
}
let directory: Awaited<ReturnType<typeof temporaryDirectory>>

beforeAll(async () => {
  directory = await temporaryDirectory('alertmanager-config')
})
afterAll(() => directory.remove())

describe.each([
  {
    what: 'the plain configuration',
    read: () => deployed('alertmanager.yaml'),
    ours: 'daemonset-triage,default',
    others: 'default',
  },
  {
    what: 'the configuration in the Helm values of kube-prometheus-stack',
    read: async () =>
      JSON.stringify(
        readYaml<{ readonly alertmanager: { readonly config: object } }>(
          await deployed('kube-prometheus-stack.values.yaml'),
        ).alertmanager.config,
      ),
    ours: 'daemonset-triage',
    others: 'null',
  },
])('$what', ({ read, ours: receivers, others }) => {
  let file: string
  beforeAll(async () => {
    file = join(directory.path, `${others}.yaml`)
    await writeFile(file, await read())
  })

  test('passes amtool check-config', async () => {
    expect(await amtool('check-config', file)).toContain('SUCCESS')
  })

  test('sends the alert to the bot and to the receivers that got it before', async () => {
    expect(await route(file, ours)).toBe(receivers)
  })

  test('sends no other alert to the bot', async () => {
    expect(await route(file, { ...ours, alertname: 'KubeDaemonSetRolloutStuck' })).toBe(others)
    expect(await route(file, { alertname: 'Watchdog', severity: 'none' })).toBe(others)
  })
})

describe('the optional inhibit rule', () => {
  const stuck = { ...ours, alertname: 'KubeDaemonSetRolloutStuck' }
  let file: string
  beforeAll(async () => {
    file = join(directory.path, 'inhibit.json')
    const configuration = {
      ...readYaml<{ readonly receivers: { webhook_configs?: object[] }[] }>(
        await deployed('alertmanager.yaml'),
      ),
      ...readYaml<object>(await deployed('inhibit-rollout-stuck.yaml')),
    }
    // Nothing listens on the webhook's address in this test.
    const [, bot] = configuration.receivers
    if (bot) bot.webhook_configs = []
    await writeFile(file, JSON.stringify(configuration))
  })

  test('passes amtool check-config', async () => {
    expect(await amtool('check-config', file)).toContain('1 inhibit rules')
  })

  test('inhibits KubeDaemonSetRolloutStuck for the same DaemonSet only, silenced or not', async () => {
    const port = await freePort()
    const request = apiClient({ url: `http://127.0.0.1:${port}` })
    const alertmanager = await startProcess({
      name: 'alertmanager',
      command: await part('alertmanager'),
      directory: directory.path,
      ready: () => answersOk(`http://127.0.0.1:${port}/-/ready`),
      args: [
        `--config.file=${file}`,
        `--storage.path=${join(directory.path, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
    })
    const inhibited = async () =>
      (await request<(Alert & { status: { inhibitedBy: string[] } })[]>('GET', '/api/v2/alerts'))
        .filter(({ status }) => status.inhibitedBy.length > 0)
        .map(({ labels }) => `${labels.alertname} ${labels.daemonset}`)
    try {
      await request(
        'POST',
        '/api/v2/alerts',
        [ours, stuck, { ...stuck, daemonset: 'other' }].map((labels) => ({ labels })),
      )
      await until('the inhibition', async () => (await inhibited()).length > 0 || undefined)
      expect(await inhibited()).toEqual(['KubeDaemonSetRolloutStuck agent'])
      const matchers = Object.entries(ours).map(([name, value]) => ({
        name,
        value,
        isRegex: false,
        isEqual: true,
      }))
      const [startsAt, endsAt] = [new Date(), new Date(Date.now() + 3600_000)].map((time) =>
        time.toISOString(),
      )
      await request('POST', '/api/v2/silences', {
        matchers,
        startsAt,
        endsAt,
        createdBy: 'test',
        comment: 'test',
      })
      await until('the silence', async () => {
        const alerts = await request<Alert[]>('GET', '/api/v2/alerts')
        return alerts.some(({ status }) => status.silencedBy.length > 0) || undefined
      })
      expect(await inhibited()).toEqual(['KubeDaemonSetRolloutStuck agent'])
    } finally {
      await alertmanager.stop()
    }
  })
})

const amtool = async (...args: string[]) => output(await part('amtool'), args)

/** The receivers of an alert with these labels, in order, separated by commas. */
const route = async (file: string, labels: Readonly<Record<string, string>>) =>
  (
    await amtool(
      'config',
      'routes',
      'test',
      `--config.file=${file}`,
      ...Object.entries(labels).map(([k, v]) => `${k}=${v}`),
    )
  ).trim()
