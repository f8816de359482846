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
  reviveNode,
  silenceNode,
  touchUntilCounted,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

const sets = ['logs', 'metrics', 'storage'].map((name) => ({
  namespace: name,
  name: `${name}-agent`,
}))
/** Of their own: what fires again within 20 minutes goes on in its old message. */
const cleared = { namespace: 'cleared', name: 'agent' }
const quiet = { namespace: 'quiet', name: 'agent' }
let world: BotWorld

beforeAll(async () => {
  // It never tells of what ended while it was silenced, so its uptime must say that its polls may be believed.
  world = await startBotWorld({ alertmanagerUpFor: 3_600_000 })
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
const says = (message: Message | undefined, words: string, timeout?: number) =>
  until(`a message that says ${words}`, async () => text(message).includes(words) || undefined, {
    ...(timeout && { timeout }),
  })
const threadSays = (message: Message, words: string) =>
  until(
    `a thread that says ${words}`,
    async () => world.thread(message).some((entry) => entry.includes(words)) || undefined,
  )
const alertsOf = async ({ namespace }: { readonly namespace: string }) =>
  (await world.monitoring.alerts()).filter(({ labels }) => labels.namespace === namespace).length
const posts = () =>
  world.slack.calls('chat.postMessage').filter(({ args }) => args.thread_ts === undefined)

test('a node that dies under three DaemonSets is one incident, and its return closes it', async () => {
  await silenceNode(world.cluster, 'node-2')
  await until('the NoSchedule taint', async () => {
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

  await reviveNode(world.cluster, 'node-2')
  await says(message, 'Resolved: ', 60_000)
  expect(posts()).toHaveLength(1)
})

test('an alert that kube-state-metrics’ restart clears stays open while the pods are wrong, and fires again into the same message', async () => {
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
  await until('the alert cleared', async () => (await alertsOf(cleared)) === 0 || undefined)
  await says(message, 'Alert resolved, not fixed')
  await threadSays(message, 'Alertmanager cleared the alert, the cluster has not')

  await world.monitoring.kubeStateMetrics.start()
  await until('the alert again', async () => (await alertsOf(cleared)) === 1 || undefined)
  await until(
    'an open message',
    async () => !text(message).includes('Alert resolved, not fixed') || undefined,
  )
  expect(posts()).toHaveLength(before + 1)

  await removeTaint(world.cluster, 'cleared-0', 'dedicated')
  await says(message, 'Resolved: ')
})

test('an alert that ends while it is silenced closes all the same, and its silence with it', async () => {
  const before = posts().length
  await addTaint(world.cluster, 'quiet-0', { key: 'maintenance', effect: 'NoSchedule' })
  await touchUntilCounted(world.cluster, quiet, 1)
  const message = await until('the message', async () =>
    posts().length > before ? newest() : undefined,
  )
  await until(
    'a button',
    async () => buttonsOf(world.slack.message(message.ts)).includes('Silence…') || undefined,
  )
  await press(world, message.ts, 'Silence…')
  expect(await submit(world, { duration: 'nodes' })).toContain('Silenced')
  const [silence] = (await world.monitoring.silences()).filter(
    ({ status }) => status.state === 'active',
  )
  // Renewed in steps: if the bot dies, it runs out within the hour.
  expect(Date.parse(silence?.endsAt ?? '') - Date.now()).toBeLessThanOrEqual(3_600_000)

  await removeTaint(world.cluster, 'quiet-0', 'maintenance')
  await says(message, 'Resolved: ')
  await until(
    'no silence',
    async () =>
      (await world.monitoring.silences()).every(({ status }) => status.state === 'expired') ||
      undefined,
  )
  await threadSays(message, 'the incident is over')
  expect(posts()).toHaveLength(before + 1)
})
