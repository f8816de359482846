import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readYaml } from '../read-yaml.ts'
import { textOf } from '../world.ts'
import { type BotWorld, startBotWorld } from './bot-world.ts'
import { until } from './processes.ts'
import { output } from './run.ts'
import {
  addTaint,
  getDaemonSet,
  makeDaemonSet,
  makeNodes,
  touchDaemonSet,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

const agent = { namespace: 'logging', name: 'agent' }
const series = '{namespace="logging",daemonset="agent"}'
/** `for` of both rules, which is 15 min when deployed. */
const waitSeconds = 5
let world: BotWorld
let startedAtMs = 0

beforeAll(async () => {
  world = await startBotWorld({
    monitoring: { forSeconds: waitSeconds, ruleGroups: await deployedRules() },
  })
  await waitForReadyNodes(world.cluster, await makeNodes(world.cluster, 3))
  await makeDaemonSet(world.cluster, agent)
  await waitForStatus(world.cluster, agent, ({ numberReady }) => numberReady === 3)
})

afterAll(() => world?.stop())

test('after a taint under a running pod the status is 0, but the count of the bot is 1', async () => {
  await addTaint(world.cluster, 'node-1', { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' })
  startedAtMs = performance.now()
  // Without an open incident, the bot reads the cluster every 2 min.
  await timed('taint → the bot’s count in Prometheus', () =>
    until(
      'the count of the bot in Prometheus',
      async () => (await newest('daemonset_triage_number_misscheduled')) === 1 || undefined,
      {
        timeoutMs: 150_000,
      },
    ),
  )
  expect(await newest('daemonset_triage_status_number_misscheduled')).toBe(0)
  expect((await getDaemonSet(world.cluster, agent.namespace, agent.name)).status).toMatchObject({
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
  })
})

test('`scan` finds it', async () => {
  const { daemonSets } = JSON.parse(await scan()) as {
    daemonSets: {
      name: string
      status: { numberMisscheduled: number }
      recount: { numberMisscheduled: number }
      findings: { id: string }[]
    }[]
  }
  expect(daemonSets).toHaveLength(1)
  expect(daemonSets[0]).toMatchObject({
    name: 'agent',
    status: { numberMisscheduled: 0 },
    recount: { numberMisscheduled: 1 },
  })
  expect(daemonSets[0]?.findings.map(({ id }) => id)).toContain('S6')
})

test('the rule on the bot’s count leads to a message that says that the status is wrong', async () => {
  const message = await timed('taint → message', () =>
    until('the message', async () => world.messages()[0]),
  )
  expect(textOf(message)).toContain('agent')
  expect(textOf(message)).toContain('node-1')
  expect((await world.monitoring.alerts()).map(({ labels }) => labels)).toMatchObject([
    {
      alertname: 'KubeDaemonSetMisScheduled',
      ...named,
      source: 'daemonset-triage',
      cluster: 'production',
    },
  ])
  await until(
    'the finding that the status is too low',
    async () => /says 0 misscheduled, but one node is/.test(thread()) || undefined,
  )
  await until(
    'the history of the count',
    async () => /count \(status\): 0 since/.test(textOf(world.messages()[0])) || undefined,
  )
  expect(await newest('kube_daemonset_status_number_misscheduled')).toBe(0)
  expect(
    await world.monitoring.query('ALERTS{alertname="KubeDaemonSetMisScheduled",source=""}'),
  ).toEqual([])
})

test('after a touch the controller recounts, and the stock alert takes over in the same message', async () => {
  const before = await getDaemonSet(world.cluster, agent.namespace, agent.name)
  console.log(
    `status.numberMisscheduled was 0 for ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s: ${before.status?.numberMisscheduled}`,
  )
  expect(before.status?.numberMisscheduled).toBe(0)
  startedAtMs = performance.now()
  await touchDaemonSet(world.cluster, agent.namespace, agent.name)
  await timed('touch → status 1', () =>
    waitForStatus(world.cluster, agent, ({ numberMisscheduled }) => numberMisscheduled === 1),
  )
  await timed('touch → the stock alert alone', () =>
    until('the stock alert alone', async () => {
      const firing = await world.monitoring.alerts()
      return (firing.length === 1 && firing[0]?.labels.source === undefined) || undefined
    }),
  )
  expect(await world.monitoring.alerts()).toMatchObject([
    { labels: { ...named, pod: 'kube-state-metrics-0' } },
  ])
  expect(world.messages().filter(({ thread_ts }) => thread_ts === undefined)).toHaveLength(1)
  expect(thread()).not.toMatch(/Alertmanager resolved|Open again/)
})

const named = { namespace: agent.namespace, daemonset: agent.name }
const thread = () => world.thread(world.messages()[0]).join('\n')

/** The groups in `deploy/prometheus`, with a shorter `for`. */
async function deployedRules(): Promise<unknown[]> {
  const { groups } = readYaml<{
    readonly groups: readonly { readonly rules: readonly object[] }[]
  }>(
    await readFile(
      new URL('../../deploy/prometheus/daemonset-triage.rules.yaml', import.meta.url),
      'utf8',
    ),
  )
  return groups.map(({ rules, ...group }) => ({
    ...group,
    rules: rules.map((rule) => ({ ...rule, for: `${waitSeconds}s` })),
  }))
}

async function newest(metric: string): Promise<number | undefined> {
  return (await world.monitoring.query(`max(${metric}${series})`))[0]?.value
}

const scan = () =>
  output(process.execPath, [
    fileURLToPath(new URL('../../src/cli.ts', import.meta.url)),
    'scan',
    `--kubeconfig=${world.cluster.kubeconfigPath}`,
    '--output=json',
  ])

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const result = await work()
  console.log(`${what}: ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`)
  return result
}
