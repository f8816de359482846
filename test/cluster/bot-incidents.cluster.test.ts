import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '../../simulator/slack/model.ts'
import { buttonsOf, textOf } from '../world.ts'
import { type BotWorld, press, startBotWorld, submit } from './bot-world.ts'
import { until } from './processes.ts'
import {
  addTaint,
  makeDaemonSet,
  makeNodes,
  removeTaint,
  resumeHeartbeat,
  stopHeartbeat,
  touchUntilCounted,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

const sets = ['logs', 'metrics', 'storage'].map((name) => ({
  namespace: name,
  name: `${name}-agent`,
}))
/**
 * DaemonSets of their own, because an alert that fires again within 20 min reopens its old message.
 */
const cleared = { namespace: 'cleared', name: 'agent' }
const quiet = { namespace: 'quiet', name: 'agent' }
let world: BotWorld

beforeAll(async () => {
  // Alertmanager sends nothing about an alert that ends while it is silenced. The bot accepts that
  // the alert is absent from a poll only if Alertmanager has been up for more than 5 min.
  world = await startBotWorld({ alertmanagerUptimeMs: 3_600_000 })
  await waitForReadyNodes(
    world.cluster,
    await makeNodes(world.cluster, 3, { labels: { pool: 'shared' } }),
  )
  for (const { namespace } of [cleared, quiet])
    await waitForReadyNodes(
      world.cluster,
      await makeNodes(world.cluster, 1, { prefix: namespace, labels: { pool: namespace } }),
    )
  for (const set of [...sets, cleared, quiet]) {
    const pool = sets.includes(set) ? 'shared' : set.namespace
    await makeDaemonSet(world.cluster, { ...set, podSpec: { nodeSelector: { pool } } })
    await waitForStatus(
      world.cluster,
      set,
      ({ numberReady = 0, desiredNumberScheduled }) =>
        numberReady > 0 && numberReady === desiredNumberScheduled,
    )
  }
})

afterAll(() => world?.stop())

const newest = () => world.messages().at(-1)
const text = (message: Message | undefined) => textOf(message && world.slack.message(message.ts))
const says = (message: Message | undefined, words: string, timeoutMs?: number) =>
  until(`a message with ${words}`, async () => text(message).includes(words) || undefined, {
    ...(timeoutMs && { timeoutMs }),
  })
const threadSays = (message: Message, words: string) =>
  until(
    `a thread with ${words}`,
    async () => world.thread(message).some((entry) => entry.includes(words)) || undefined,
  )
const alertsOf = async ({ namespace }: { readonly namespace: string }) =>
  (await world.monitoring.alerts()).filter(({ labels }) => labels.namespace === namespace).length
const posts = () =>
  world.slack.calls('chat.postMessage').filter(({ args }) => args.thread_ts === undefined)

test('a node that fails under three DaemonSets is one incident, which closes when it is Ready again', async () => {
  await stopHeartbeat(world.cluster, 'node-2')
  await until('the NoSchedule taint node.kubernetes.io/unreachable on node-2', async () => {
    const taints = await world.cluster.kubectl([
      'get',
      'node',
      'node-2',
      '-o',
      'jsonpath={.spec.taints}',
    ])
    return /unreachable[^}]*}/.test(taints) && taints.includes('NoSchedule') ? true : undefined
  })
  for (const set of sets) {
    await touchUntilCounted(world.cluster, set, 1)
  }
  const message = await until('the message', async () => newest())
  for (const { namespace, name } of sets) await says(message, `${namespace}/${name}`)
  expect(text(message)).toMatch(/[Nn]ode node-2 (does not answer|is (NotReady|unreachable))/)
  expect(text(message)).not.toContain('Delete pod…')
  expect(posts()).toHaveLength(1)

  await resumeHeartbeat(world.cluster, 'node-2')
  await says(message, 'Over after ', 60_000)
  expect(posts()).toHaveLength(1)
})

test('an incident stays open if a restart of kube-state-metrics clears the alert, and keeps its message', async () => {
  const before = posts().length
  await addTaint(world.cluster, 'cleared-0', {
    key: 'dedicated',
    value: 'gpu',
    effect: 'NoSchedule',
  })
  await touchUntilCounted(world.cluster, cleared, 1)
  const message = await until('the message', async () =>
    posts().length > before ? newest() : undefined,
  )
  await says(message, 'dedicated=gpu')

  await world.monitoring.kubeStateMetrics.kill()
  await until('the end of the alert', async () => (await alertsOf(cleared)) === 0 || undefined)
  await says(message, 'Alert resolved, not fixed')
  await threadSays(message, 'Alertmanager resolved the alert, but')

  await world.monitoring.kubeStateMetrics.start()
  await until('the alert to fire again', async () => (await alertsOf(cleared)) === 1 || undefined)
  await until(
    'an open message',
    async () => !text(message).includes('Alert resolved, not fixed') || undefined,
  )
  expect(posts()).toHaveLength(before + 1)

  await removeTaint(world.cluster, 'cleared-0', 'dedicated')
  await says(message, 'Over after ', 60_000)
})

test('an incident whose alert ends while it is silenced closes, and its silence ends', async () => {
  const before = posts().length
  await addTaint(world.cluster, 'quiet-0', { key: 'maintenance', effect: 'NoSchedule' })
  await touchUntilCounted(world.cluster, quiet, 1)
  const message = await until('the message', async () =>
    posts().length > before ? newest() : undefined,
  )
  await until(
    'the button Silence…',
    async () => buttonsOf(world.slack.message(message.ts)).includes('Silence…') || undefined,
  )
  await press(world, message.ts, 'Silence…')
  expect(await submit(world, { duration: 'nodes' })).toMatch(/^closed$|Silenced/)
  const [silence] = (await world.monitoring.silences()).filter(
    ({ status }) => status.state === 'active',
  )
  // The bot extends the silence in steps, so it expires within the hour if the bot stops.
  expect(Date.parse(silence?.endsAt ?? '') - Date.now()).toBeLessThanOrEqual(3_600_000)

  await removeTaint(world.cluster, 'quiet-0', 'maintenance')
  await says(message, 'Over after ', 60_000)
  await until(
    'the end of the silence',
    async () =>
      (await world.monitoring.silences()).every(({ status }) => status.state === 'expired') ||
      undefined,
  )
  await threadSays(message, '; silence ended.')
  expect(posts()).toHaveLength(before + 1)
})
