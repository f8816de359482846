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

/** A DaemonSet, a node and a taint for each test, so that each has an incident of its own. */
const CASES = ['before-post', 'after-post', 'no-history', 'asleep', 'stormy', 'blind', 'unlit']
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

test('killed before Slack took the message, it posts it after its start', async () => {
  const reached = faultAtPost({ kind: 'hang' })
  await misschedule('before-post')
  await reached
  await world.bot.restart('kill')
  await untilMessage('before-post')
  await stayOne('before-post')
})

test('killed after Slack took the message and before it knew, it finds it and posts no second one', async () => {
  const reached = faultAtPost({ kind: 'hang', accepted: true })
  await misschedule('after-post')
  await reached
  await world.bot.kill()
  expect(messagesOf('after-post')).toHaveLength(1)
  await world.bot.start()
  // Found, it is edited: the thread gets the evidence.
  await until(
    'the evidence',
    async () => world.thread(messagesOf('after-post')[0]).length > 0 || undefined,
  )
  await stayOne('after-post')
})

test('where it may not read the channel, the same costs one duplicate at most', async () => {
  world.slack.addFault('conversations.history', { kind: 'error', error: 'missing_scope' }, 100)
  const reached = faultAtPost({ kind: 'hang', accepted: true })
  await misschedule('no-history')
  await reached
  await world.bot.restart('kill')
  await until(
    'the evidence',
    async () => messagesOf('no-history').some((one) => world.thread(one).length > 0) || undefined,
  )
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect(messagesOf('no-history').length).toBeLessThanOrEqual(2)
})

test('what fires while it is down is posted once after its start', async () => {
  await world.bot.kill()
  await misschedule('asleep')
  await until(
    'the alert',
    async () =>
      (await world.monitoring.alerts()).some(({ labels }) => labels.namespace === 'asleep') ||
      undefined,
  )
  await world.bot.start()
  await untilMessage('asleep')
  await stayOne('asleep')
})

test('rate limits, errors and cut connections of Slack lose nothing and double nothing', async () => {
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
  await misschedule('stormy')
  await untilMessage('stormy')
  await until(
    'the evidence',
    async () => world.thread(messagesOf('stormy')[0]).length > 0 || undefined,
    { timeout: 60_000 },
  )
  for (const fault of faults) world.slack.addFault('chat.update', fault)
  await removeTaint(cluster, 'stormy-0', 'stormy')
  await until(
    'the end',
    async () => textOf(messagesOf('stormy')[0]).includes('Resolved: ') || undefined,
    { timeout: 60_000 },
  )
  await stayOne('stormy')
})

test('without the API server nothing closes, the rest goes on, and it recovers', async () => {
  await misschedule('blind')
  const message = await untilMessage('blind')
  // Counted, and the API server is gone before anybody tells of it.
  await addTaint(cluster, 'unlit-0', { key: 'unlit', effect: 'NoSchedule' })
  await cluster.controllerManager.stop()
  await cluster.apiserver.kill()
  await until(
    'a message that says so',
    async () => shown(message).includes('Cluster unreadable') || undefined,
  )
  expect(shown(message)).toMatch(/could not be read|ECONNREFUSED|does not answer|no answer/)

  expect(await postWebhook(world, 'resolved', 'blind')).toBe(200)
  expect(await postWebhook(world, 'firing', 'unlit')).toBe(200)
  const other = await untilMessage('unlit')
  expect(shown(other)).toContain('Cluster unreadable')
  await press(world, other.ts, 'Silence…')
  expect(await submit(world, { duration: '1h' })).toContain('Silenced')
  expect(shown(message)).toContain('Cluster unreadable')
  expect((await fetch(`${world.botUrl}/readyz`)).status).toBe(200)

  await cluster.apiserver.start()
  await cluster.controllerManager.start()
  for (const one of [message, other])
    await until(
      'a readable cluster',
      async () => !shown(one).includes('Cluster unreadable') || undefined,
      { timeout: 60_000 },
    )
  expect(shown(other)).toContain('unlit-0')
  expect(shown(message)).not.toContain('Resolved: ')
  await removeTaint(cluster, 'blind-0', 'blind')
  await touchUntilCounted(cluster, setOf('blind'), 0)
  await world.monitoring.kubeStateMetrics.restart()
  await until('the end', async () => shown(message).includes('Resolved: ') || undefined, {
    timeout: 60_000,
  })
  await stayOne('blind')
  await stayOne('unlit')
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
  until(`the message of ${name}`, async () => messagesOf(name)[0], { timeout: 60_000 })

/** Some rounds later there is still one. */
async function stayOne(name: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect(messagesOf(name)).toHaveLength(1)
}

/** Lets the next new message meet this fault; resolves when it has. */
function faultAtPost(fault: Fault): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  world.slack.addFault('chat.postMessage', (_, args) => {
    if (args.thread_ts !== undefined) return undefined
    // The stand-in carries out what it accepts before it keeps silent.
    setTimeout(resolve, 200)
    return fault
  })
  return promise
}
