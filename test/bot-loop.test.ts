import { afterEach, describe, expect, it } from 'vitest'
import { fluxOwned } from '../simulator/scenarios/flux-owned.ts'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import { nodeNotReady } from '../simulator/scenarios/node-not-ready.ts'
import type { Scenario } from '../simulator/scenarios/scenario.ts'
import { tenMinuteWorkers } from '../simulator/scenarios/ten-minute-workers.ts'
import { DEFAULTS } from '../simulator/slack/options.ts'
import { buttonsOf, startWorld, textOf, until, type World } from './world.ts'

let world: World
afterEach(() => world.stop())

const message = () =>
  world.slack.messages().find((one) => one.thread_ts === undefined && !one.deleted)
const posted = () => until(message, 'the message', 15_000)
const posts = () => world.slack.messages().filter((one) => one.thread_ts === undefined).length
const control = async (scenario: Scenario, id: string) =>
  scenario.controls.find((one) => one.id === id)?.run(world)

describe('one incident', () => {
  it('a NotReady node under several DaemonSets is one message, which resolves when the node is back', async () => {
    world = await startWorld(nodeNotReady)
    await posted()
    const sets = world.cluster.store
      .list('daemonsets')
      .filter(({ status }) => (status?.numberMisscheduled ?? 0) > 0)
    expect(sets.length).toBeGreaterThan(1)
    await until(
      () => sets.every(({ metadata }) => textOf(message()).includes(metadata.name)),
      'all DaemonSets in it',
    )
    expect(posts()).toBe(1)
    await control(nodeNotReady, 'node-recovers')
    await until(() => textOf(message()).includes('✅ Over after '), 'the end', 20_000)
    expect(posts()).toBe(1)
  })

  it('that grows stays in the same message', async () => {
    world = await startWorld(gpuTaint)
    await posted()
    expect(textOf(message())).not.toContain('gpu-a100-3')
    await control(gpuTaint, 'taint-another')
    await until(() => textOf(message()).includes('gpu-a100-3'), 'the third node')
    expect(posts()).toBe(1)
  })

  it('whose patch an owner would revert shows the fix instead', async () => {
    world = await startWorld(fluxOwned)
    await posted()
    expect(buttonsOf(message())).toContain('Show fix')
    expect(buttonsOf(message())).not.toContain('Add toleration…')
  })
})

describe('a route with a mention', () => {
  it('notifies from the first message on, and an edit keeps it', async () => {
    const [channel, mention] = [DEFAULTS.channels[0].id, DEFAULTS.usergroups[0].id]
    const route = { match: { namespace: 'logging' }, channel, mention }
    const SLACK_ROUTES = JSON.stringify([route])
    world = await startWorld(gpuTaint, { env: { SLACK_ROUTES } })
    await posted()
    const mentions = () => {
      const { text, blocks } = message() ?? {}
      return [text?.startsWith(`<!subteam^${mention}> `), JSON.stringify(blocks)?.includes(mention)]
    }
    expect(mentions()).toEqual([true, true])
    await control(gpuTaint, 'taint-another')
    await until(() => textOf(message()).includes('gpu-a100-3'), 'the third node')
    expect(mentions()).toEqual([true, true])
    expect(posts()).toBe(1)
  })
})

describe('alert and cluster disagree', () => {
  it('an alert that kube-state-metrics lost stays open while pods are misscheduled, and fires again in the same message', async () => {
    world = await startWorld(gpuTaint)
    await posted()
    world.alertmanager.restartKubeStateMetrics(4_000)
    await until(
      () => textOf(message()).includes('not fixed'),
      'that only the alert is gone',
      15_000,
    )
    await until(() => !textOf(message()).includes('not fixed'), 'the alert again', 20_000)
    expect(posts()).toBe(1)
  })

  it('while Alertmanager is down, nothing resolves', async () => {
    world = await startWorld(gpuTaint)
    const before = textOf(await posted())
    await world.alertmanager.down()
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    expect(textOf(message())).toBe(before)
    await world.alertmanager.up()
  })

  it('while the API server is down, the message says so and nothing resolves; then it continues', async () => {
    world = await startWorld(gpuTaint)
    await posted()
    await world.cluster.down()
    await until(
      () => textOf(message()).includes('Cluster unreachable'),
      'that the cluster could not be read',
      20_000,
    )
    await world.cluster.up()
    await until(
      () => !textOf(message()).includes('Cluster unreachable'),
      'the cluster again',
      20_000,
    )
    expect(posts()).toBe(1)
  })

  it('an alert that fires while the API server is down is posted at once and explained later', async () => {
    world = await startWorld(gpuTaint, { bot: false })
    await until(() => world.alertmanager.alerts().length > 0, 'the alert')
    await world.cluster.down()
    await world.restartBot()
    await until(
      () => textOf(message()).includes('Cluster unreachable'),
      'that the cluster could not be read',
      20_000,
    )
    expect(textOf(message())).toContain('fluent-bit')
    await world.cluster.up()
    await until(() => textOf(message()).includes('dedicated'), 'the explanation', 20_000)
    expect(posts()).toBe(1)
  })
})

describe('Slack fails', () => {
  it('a rate-limited post is retried after Retry-After', async () => {
    world = await startWorld(gpuTaint, { bot: false })
    world.slack.addFault('chat.postMessage', { kind: 'rate-limit', retryAfterSeconds: 1 }, 2)
    await world.restartBot()
    await posted()
    expect(posts()).toBe(1)
  })

  it('a post whose response was lost is found and not repeated', async () => {
    world = await startWorld(gpuTaint, { bot: false })
    world.slack.addFault('chat.postMessage', { kind: 'cut', accepted: true }, 1)
    await world.restartBot()
    await posted()
    await until(
      () => world.slack.calls('chat.update').length > 0,
      'the message found and edited',
      20_000,
    )
    expect(posts()).toBe(1)
  })

  it('a deleted message is replaced by a new one', async () => {
    world = await startWorld(gpuTaint)
    const { ts } = await posted()
    world.slack.deleteMessage(ts)
    await control(gpuTaint, 'taint-another')
    await until(
      () => message() && message()?.ts !== ts && textOf(message()).includes('gpu-a100-3'),
      'the new message',
      20_000,
    )
  })
})

describe('the bot restarts', () => {
  it('and continues in the same message', async () => {
    world = await startWorld(tenMinuteWorkers)
    const { ts } = await posted()
    await world.restartBot()
    await control(tenMinuteWorkers, 'scale-down-another')
    await until(() => textOf(message()).includes('4 nodes'), 'the fourth node', 20_000)
    expect(message()?.ts).toBe(ts)
    expect(posts()).toBe(1)
  })
})
