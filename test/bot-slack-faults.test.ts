import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import type { Fault } from '../simulator/slack/call.ts'
import { allowedUser, buttonsOf, startWorld, strings, textOf, until, type World } from './world.ts'

let world: World
afterEach(() => world.stop())

const CHANNEL = 'C0ALERTS001'
const posts = () =>
  world.slack.messages().filter((one) => one.thread_ts === undefined && !one.deleted)
const message = () => posts()[0]
const thread = () =>
  world.slack.thread(message()?.ts ?? '').map((reply) => strings(reply.blocks).join(''))
const modalText = () => strings(world.slack.modal(allowedUser)?.blocks).join(' ')
const posted = () =>
  until(
    () => buttonsOf(message()).includes('Silence…') && thread().length > 0,
    'the message',
    15_000,
  )
const isSilenced = () =>
  world.slack.modal(allowedUser) === undefined &&
  world.alertmanager.silences.list([]).some(({ status }) => status.state === 'active')
const control = async (id: string) => gpuTaint.controls.find((one) => one.id === id)?.run(world)
const isReply = (args: Readonly<Record<string, unknown>>) => args.thread_ts !== undefined

async function silence(): Promise<void> {
  await world.slack.click({ user: allowedUser, ts: message()?.ts ?? '', text: 'Silence…' })
  await until(() => modalText().includes('Duration'), 'the dialog')
  await world.slack.submit({ user: allowedUser, values: { duration: '1h', reason: 'it drains' } })
}

describe('the message', () => {
  it('waits for the bot to be invited', async () => {
    world = await startWorld(gpuTaint, {
      slack: { channels: [{ id: CHANNEL, name: 'k8s-alerts', isMember: false }] },
    })
    await until(() => world.slack.calls('chat.postMessage').length > 1, 'a second try', 10_000)
    world.slack.changeChannel(CHANNEL, { isMember: true })
    await posted()
    expect(posts()).toHaveLength(1)
  })

  it.each<[string, Fault]>([
    ['an invalid token', { kind: 'error', error: 'invalid_auth' }],
    ['a lost response', { kind: 'cut', accepted: true }],
  ])('is posted once despite %s', async (_, fault) => {
    world = await startWorld(gpuTaint, { bot: false })
    world.slack.addFault(
      'chat.postMessage',
      (_method, args) => (isReply(args) ? undefined : fault),
      1,
    )
    await world.restartBot()
    await until(() => thread().length > 0, 'the message', 18_000)
    expect(posts()).toHaveLength(1)
  })

  it('that replaces a deleted one, and whose response is lost, is posted once with its evidence', async () => {
    world = await startWorld(gpuTaint)
    await posted()
    const { ts } = message() ?? { ts: '' }
    world.slack.addFault('chat.postMessage', (_method, args) =>
      isReply(args) ? undefined : { kind: 'cut', accepted: true },
    )
    world.slack.deleteMessage(ts)
    await control('taint-another')
    await until(
      () =>
        message() && message()?.ts !== ts && thread().some((entry) => entry.includes('Evidence')),
      'another',
      15_000,
    )
    await sleep(1_500)
    expect(posts()).toHaveLength(1)
  })
})

describe('the thread', () => {
  it('says who did what, even if the first post failed', async () => {
    world = await startWorld(gpuTaint)
    await posted()
    world.slack.addFault('chat.postMessage', { kind: 'status', status: 503 }, 1)
    await silence()
    await until(isSilenced, 'the outcome')
    expect(thread().some((entry) => entry.includes('it drains'))).toBe(false)
    expire(world)
    await until(() => thread().some((entry) => entry.includes('it drains')), 'who silenced it')
    await sleep(1_500)
    expect(thread().filter((entry) => entry.includes('it drains'))).toHaveLength(1)
  })
})

describe('a message update and a click at the same time', () => {
  it('end with the true state, whichever Slack processes last', async () => {
    world = await startWorld(gpuTaint)
    await posted()
    // An update from the loop is delayed in Slack while somebody silences the alert.
    world.slack.addFault('chat.update', { kind: 'delay', ms: 1_500 }, 1)
    await control('taint-another')
    await until(
      () => world.cluster.store.list('daemonsets')[0]?.status?.numberMisscheduled === 3,
      'the third node',
    )
    await silence()
    await until(isSilenced, 'the outcome')
    await sleep(3_000)
    expect(buttonsOf(message())).toContain('End silence…')
    expect(textOf(message())).toContain('3 nodes are tainted')
  })
})

/** As if the deadline of the action had passed. */
function expire({ env }: World): void {
  const database = new DatabaseSync((env.DATABASE_URL ?? '').replace('sqlite:', ''))
  database.exec(`update action set deadline = '2020-01-01T00:00:00.000Z'`)
  database.close()
}
