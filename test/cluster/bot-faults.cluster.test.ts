import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Fault } from '../../simulator/slack/call.ts'
import type { Message } from '../../simulator/slack/model.ts'
import { textOf } from '../world.ts'
import { type BotWorld, postWebhook, press, startBotWorld, submit } from './bot-world.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { until } from './processes.ts'
import {
  addTaint,
  makeDaemonSet,
  makeNode,
  removeTaint,
  touchUntilCounted,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

/** Each test has its own DaemonSet, node and taint, and so its own incident. */
const CASES = [
  'before-post',
  'after-post',
  'no-history',
  'bot-down',
  'slack-errors',
  'api-down',
  'api-down-new',
]
let cluster: ControlPlane
let world: BotWorld

beforeAll(async () => {
  cluster = await startControlPlane()
  world = await startBotWorld({ cluster })
  for (const name of CASES) {
    await makeNode(cluster, `${name}-0`, { labels: { case: name } })
    await makeDaemonSet(cluster, {
      namespace: name,
      name: 'agent',
      podSpec: { nodeSelector: { case: name } },
    })
  }
  await waitForReadyNodes(
    cluster,
    CASES.map((name) => `${name}-0`),
  )
  for (const name of CASES)
    await waitForStatus(cluster, setOf(name), ({ numberReady }) => numberReady === 1)
})

afterAll(() => world?.stop())
beforeEach(() => world.slack.clearFaults())

test('a bot that is killed before Slack accepts the message posts it after a restart', async () => {
  const reached = faultAtPost({ kind: 'hang' })
  await misschedule('before-post')
  await reached
  await world.bot.restart('kill')
  await untilMessage('before-post')
  await expectOneMessage('before-post')
})

test('a bot that is killed before it learns that Slack accepted the message finds it after a restart', async () => {
  const reached = faultAtPost({ kind: 'hang', accepted: true })
  await misschedule('after-post')
  await reached
  await world.bot.kill()
  expect(messagesOf('after-post')).toHaveLength(1)
  await world.bot.start()
  // It edits the message that it found, and posts the evidence in the thread.
  await until(
    'the evidence in the thread',
    async () => world.thread(messagesOf('after-post')[0]).length > 0 || undefined,
  )
  await expectOneMessage('after-post')
})

test('without the right to read the channel, the same leads to at most one duplicate', async () => {
  world.slack.addFault('conversations.history', { kind: 'error', error: 'missing_scope' }, 100)
  const reached = faultAtPost({ kind: 'hang', accepted: true })
  await misschedule('no-history')
  await reached
  await world.bot.restart('kill')
  await until(
    'the evidence in the thread',
    async () => messagesOf('no-history').some((one) => world.thread(one).length > 0) || undefined,
  )
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect(messagesOf('no-history').length).toBeLessThanOrEqual(2)
})

test('an alert that fires while the bot is down is posted once after its start', async () => {
  await world.bot.kill()
  await misschedule('bot-down')
  await until(
    'the alert',
    async () =>
      (await world.monitoring.alerts()).some(({ labels }) => labels.namespace === 'bot-down') ||
      undefined,
  )
  await world.bot.start()
  await untilMessage('bot-down')
  await expectOneMessage('bot-down')
})

test('rate limits, errors and broken connections of Slack lose and duplicate no message', async () => {
  const faults: Fault[] = [
    { kind: 'rate-limit', retryAfterSeconds: 1 },
    { kind: 'status', status: 503 },
    { kind: 'html', status: 502 },
    { kind: 'cut' },
    { kind: 'cut', accepted: true },
  ]
  for (const fault of faults)
    world.slack.addFault('chat.postMessage', (_, args) =>
      args.thread_ts === undefined ? fault : undefined,
    )
  await misschedule('slack-errors')
  await untilMessage('slack-errors')
  await until(
    'the evidence in the thread',
    async () => world.thread(messagesOf('slack-errors')[0]).length > 0 || undefined,
    { timeoutMs: 60_000 },
  )
  for (const fault of faults) world.slack.addFault('chat.update', fault)
  await removeTaint(cluster, 'slack-errors-0', 'slack-errors')
  await until(
    'the closed message',
    async () => textOf(messagesOf('slack-errors')[0]).includes('Over after ') || undefined,
    { timeoutMs: 60_000 },
  )
  await expectOneMessage('slack-errors')
})

test('without the API server no incident closes, silences work, and the bot recovers', async () => {
  await misschedule('api-down')
  const message = await untilMessage('api-down')
  // The API server stops before an alert for this taint fires.
  await addTaint(cluster, 'api-down-new-0', { key: 'api-down-new', effect: 'NoSchedule' })
  await cluster.controllerManager.stop()
  await cluster.apiserver.kill()
  await until(
    'a message that says that the cluster is unreadable',
    async () => shown(message).includes('Cluster unreachable') || undefined,
  )
  expect(shown(message)).toMatch(/as last read|has not been read yet/)

  expect(await postWebhook(world, 'resolved', 'api-down')).toBe(200)
  expect(await postWebhook(world, 'firing', 'api-down-new')).toBe(200)
  const other = await untilMessage('api-down-new')
  expect(shown(other)).toContain('Cluster unreachable')
  await press(world, other.ts, 'Silence…')
  expect(await submit(world, { duration: '1h' })).toMatch(/^closed$|Silenced/)
  expect(shown(message)).toContain('Cluster unreachable')
  expect((await fetch(`${world.botUrl}/readyz`)).status).toBe(200)

  await cluster.apiserver.start()
  await cluster.controllerManager.start()
  for (const one of [message, other])
    await until(
      'a message on a readable cluster',
      async () => !shown(one).includes('Cluster unreachable') || undefined,
      { timeoutMs: 60_000 },
    )
  expect(shown(other)).toContain('api-down-new-0')
  expect(shown(message)).not.toContain('Over after ')
  await removeTaint(cluster, 'api-down-0', 'api-down')
  await touchUntilCounted(cluster, setOf('api-down'), 0)
  await world.monitoring.kubeStateMetrics.restart()
  await until(
    'the closed message',
    async () => shown(message).includes('Over after ') || undefined,
    {
      timeoutMs: 60_000,
    },
  )
  await expectOneMessage('api-down')
  await expectOneMessage('api-down-new')
})

const setOf = (namespace: string) => ({ namespace, name: 'agent' })
const shown = (message: Message) => textOf(world.slack.message(message.ts))
const messagesOf = (name: string) =>
  world
    .messages()
    .filter(
      (message) => message.thread_ts === undefined && textOf(message).includes(`${name}/agent`),
    )

async function misschedule(name: string): Promise<void> {
  await addTaint(cluster, `${name}-0`, { key: name, effect: 'NoSchedule' })
  await touchUntilCounted(cluster, setOf(name), 1)
}

const untilMessage = (name: string) =>
  until(`the message of ${name}`, async () => messagesOf(name)[0], { timeoutMs: 60_000 })

/** Expects that there is still one message some rounds later. */
async function expectOneMessage(name: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect(messagesOf(name)).toHaveLength(1)
}

/** Applies the fault to the next new message. Resolves when the fault has occurred. */
function faultAtPost(fault: Fault): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  world.slack.addFault('chat.postMessage', (_, args) => {
    if (args.thread_ts !== undefined) return undefined
    // The simulated Slack posts an accepted message before it stops answering.
    setTimeout(resolve, 200)
    return fault
  })
  return promise
}
