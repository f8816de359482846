import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { part } from './parts.ts'
import { temporaryDirectory } from './processes.ts'
import { output } from './run.ts'

const deployed = (name: string) => readFile(new URL(`../../deploy/alertmanager/${name}`, import.meta.url), 'utf8')
const ours = { alertname: 'KubeDaemonSetMisScheduled', namespace: 'logging', daemonset: 'agent', severity: 'warning' }
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
    read: async () => JSON.stringify(parse(await deployed('kube-prometheus-stack.values.yaml')).alertmanager.config),
    ours: 'daemonset-triage',
    others: 'null',
  },
])('$what', ({ read, ours: receivers, others }) => {
  let file: string
  beforeAll(async () => {
    file = join(directory.path, `${others}.yaml`)
    await writeFile(file, await read())
  })

  test('passes the check of Alertmanager’s own tool', async () => {
    expect(await amtool('check-config', file)).toContain('SUCCESS')
  })

  test('takes the alert to the bot, and to whom it went before', async () => {
    expect(await route(file, ours)).toBe(receivers)
  })

  test('takes no other alert to the bot', async () => {
    expect(await route(file, { ...ours, alertname: 'KubeDaemonSetRolloutStuck' })).toBe(others)
    expect(await route(file, { alertname: 'Watchdog', severity: 'none' })).toBe(others)
  })
})

const amtool = async (...args: string[]) => output(await part('amtool'), args)

/** The receivers of an alert with these labels, in order. */
const route = async (file: string, labels: Readonly<Record<string, string>>) =>
  (
    await amtool('config', 'routes', 'test', `--config.file=${file}`, ...Object.entries(labels).map(([k, v]) => `${k}=${v}`))
  ).trim()
