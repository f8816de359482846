import { afterEach, expect, it } from 'vitest'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import {
  allowedUser,
  buttonsOf,
  outcomeOf,
  startWorld,
  strings,
  textOf,
  until,
  type World,
} from './world.ts'

let world: World
afterEach(() => world.stop())

const message = () => world.slack.messages().find((one) => one.thread_ts === undefined)
const modalText = () => strings(world.slack.modal(allowedUser)?.blocks).join(' ')
const thread = () =>
  world.slack.thread(message()?.ts ?? '').map((reply) => strings(reply.blocks).join(''))
const active = () =>
  world.alertmanager.silences.list([]).filter(({ status }) => status.state === 'active')
const silencedNames = () =>
  active()
    .map(({ matchers }) => matchers.find(({ name }) => name === 'alertname')?.value)
    .sort()

/** Fires for an hour, as Prometheus sends it. */
function fire(labels: Readonly<Record<string, string>>): void {
  const startsAt = Date.now() - 1000
  world.alertmanager.receive([
    { labels, annotations: {}, startsAt, endsAt: startsAt + 3600_000, generatorURL: '' },
  ])
}
const stuck = {
  alertname: 'KubeDaemonSetRolloutStuck',
  namespace: 'logging',
  daemonset: 'fluent-bit',
  severity: 'warning',
}

async function open(text: string): Promise<void> {
  const { ts } = await until(message, 'the message', 15_000)
  await until(() => buttonsOf(message()).includes(text), `the button ${text}`)
  await world.slack.click({ user: allowedUser, ts, text })
  await until(
    () => world.slack.modal(allowedUser) && !modalText().includes('Reading the cluster'),
    'the dialog',
  )
}

async function send(values: Readonly<Record<string, string | readonly string[]>>): Promise<string> {
  await world.slack.submit({ user: allowedUser, values })
  const outcome = await until(
    () => !modalText().includes('You can close this') && outcomeOf(world),
    'the outcome',
  )
  if (world.slack.modal(allowedUser)) await world.slack.closeModal({ user: allowedUser })
  return outcome
}

it('is named in one line with the other firing alerts, and not in the thread', async () => {
  world = await startWorld(gpuTaint)
  fire(stuck)
  fire({ alertname: 'KubeNodeNotReady', node: 'gpu-a100-1' })
  fire({ alertname: 'KubeNodeNotReady', node: 'somebody-else' })
  await until(
    () =>
      textOf(message()).includes(
        'Also firing: KubeDaemonSetRolloutStuck, KubeNodeNotReady for gpu-a100-1',
      ),
    'the other alerts',
    15_000,
  )
  expect(textOf(message())).not.toContain('somebody-else')
  expect(thread().join('\n')).not.toMatch(/RolloutStuck|NodeNotReady/)
})

it('is silenced too, selected by default if the silence hides nothing else, and ended too', async () => {
  world = await startWorld(gpuTaint)
  fire(stuck)
  await open('Silence…')
  expect(modalText()).toContain('KubeDaemonSetRolloutStuck')
  expect(modalText()).toContain('for nothing else')
  expect(await send({ duration: '1h', reason: 'it waits' })).toBe('closed')
  expect(silencedNames()).toEqual(['KubeDaemonSetMisScheduled', 'KubeDaemonSetRolloutStuck'])
  expect(thread().join('\n')).toContain('the alert and KubeDaemonSetRolloutStuck')
  await open('End silence…')
  await send({})
  expect(active()).toEqual([])
})

it('is not silenced if it is not selected', async () => {
  world = await startWorld(gpuTaint)
  fire(stuck)
  await open('Silence…')
  await send({ duration: '1h', second: [] })
  expect(silencedNames()).toEqual(['KubeDaemonSetMisScheduled'])
})

it('is not offered if it is not firing', async () => {
  world = await startWorld(gpuTaint)
  await open('Silence…')
  expect(modalText()).not.toContain('RolloutStuck')
})

it('is shown again instead of silenced if it has resolved in between', async () => {
  world = await startWorld(gpuTaint)
  fire(stuck)
  await open('Silence…')
  world.alertmanager.receive([
    {
      labels: stuck,
      annotations: {},
      startsAt: Date.now() - 2000,
      endsAt: Date.now() - 1,
      generatorURL: '',
    },
  ])
  expect(await send({ duration: '1h' })).toContain('have changed since you opened')
  expect(active()).toEqual([])
})

it('ends with the first silence if that was expired in Alertmanager', async () => {
  world = await startWorld(gpuTaint)
  fire(stuck)
  await open('Silence…')
  await send({ duration: '1h' })
  const own = active().find(({ matchers }) =>
    matchers.some(({ value }) => value === 'KubeDaemonSetMisScheduled'),
  )
  world.alertmanager.silences.expire(own?.id ?? '')
  await until(() => active().length === 0, 'the end of both', 15_000)
  await until(
    () => thread().join('\n').includes('has ended and the alert still fires'),
    'the notice',
  )
})
