import { afterEach, expect, it } from 'vitest'
import { nodeNotReady } from '../simulator/scenarios/node-not-ready.ts'
import { daemonPods, daemonSet, daysAgo } from '../simulator/scenarios/objects.ts'
import type { Pod } from '../src/kubernetes/objects.ts'
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
const posted = () => until(message, 'the message', 15_000)
const replies = () => world.slack.thread(message()?.ts ?? '')
const thread = () => replies().map((reply) => strings(reply.blocks).join(''))
const broadcasts = () =>
  replies().flatMap((reply) => (reply.broadcast ? strings(reply.blocks).join('') : []))
const modalText = () => strings(world.slack.modal(allowedUser)?.blocks).join(' ')
const silenced = () =>
  world.alertmanager.silences
    .list([])
    .filter(({ status }) => status.state === 'active')
    .flatMap(({ matchers }) => matchers.find(({ name }) => name === 'daemonset')?.value ?? '')
    .sort()

/** One DaemonSet on the lost node; the others join later. */
const oneAgent = {
  ...nodeNotReady,
  objects: (now: Date) =>
    nodeNotReady
      .objects(now)
      .filter(
        ({ kind, metadata }) => kind === 'Node' || /^(datadog-agent|falco)/.test(metadata.name),
      )
      .filter(({ metadata }) => !metadata.name.startsWith('falco')),
}

/** A DaemonSet with a pod on the node that is lost already: its alert has the same cause. */
function join(namespace: string, name: string): void {
  const { store } = world.cluster
  const lost = store
    .list('nodes')
    .filter(({ spec }) => spec?.taints?.some(({ key }) => key.endsWith('unreachable')))
  const created = daysAgo(new Date(), 3)
  const joining = daemonSet(namespace, name, { created, image: `example.com/${name}:1` })
  store.create('daemonsets', joining)
  for (const pod of daemonPods(
    joining,
    lost.map(({ metadata }) => metadata.name),
    created,
  ))
    store.create('pods', pod as Pod)
}

async function press(text: string): Promise<void> {
  const { ts } = await posted()
  await until(() => buttonsOf(message()).includes(text), `the button ${text}`, 15_000)
  expect(await world.slack.click({ user: allowedUser, ts, text })).toMatchObject({ ok: true })
  await until(
    () => world.slack.modal(allowedUser) && !modalText().includes('Reading the cluster'),
    'the dialog',
  )
}

async function send(values: Readonly<Record<string, string>> = {}): Promise<string> {
  await world.slack.submit({ user: allowedUser, values })
  const outcome = await until(
    () => !modalText().includes('You can close this') && outcomeOf(world),
    'the outcome',
  )
  if (world.slack.modal(allowedUser)) await world.slack.closeModal({ user: allowedUser })
  return outcome
}

async function silenceTheFirst(): Promise<void> {
  world = await startWorld(oneAgent)
  await press('Silence…')
  expect(await send({ duration: '4h' })).toBe('closed')
  await until(() => textOf(message()).includes('🔕 Silenced: '), 'the silence in the headline')
}

async function silenceOneOfTwo(): Promise<void> {
  await silenceTheFirst()
  join('logging', 'fluent-bit')
  await until(
    () => textOf(message()).includes('Silenced for 1 of 2 DaemonSets: '),
    'the count in the headline',
    15_000,
  )
}

it('a DaemonSet that joins a silenced incident is not shown as silenced, and is heard', async () => {
  await silenceOneOfTwo()
  expect(textOf(message())).not.toContain('🔕 Silenced: ')
  expect(textOf(message())).toContain('Not silenced: logging/fluent-bit')
  await until(() => broadcasts().length > 0, 'the broadcast')
  expect(broadcasts()).toEqual([expect.stringContaining('logging/fluent-bit')])
  expect(broadcasts()[0]).toContain('not silenced')
  expect(silenced()).toEqual(['datadog-agent'])
})

it('the dialog covers the rest and nothing else, and each silence can be ended', async () => {
  await silenceOneOfTwo()
  await press('Silence rest…')
  expect(modalText()).toContain('daemonset="fluent-bit"')
  expect(modalText()).not.toContain('daemonset="datadog-agent"')
  expect(await send({ duration: '1h', reason: 'it drains too' })).toBe('closed')
  expect(silenced()).toEqual(['datadog-agent', 'fluent-bit'])
  await until(() => textOf(message()).includes('🔕 Silenced: '), 'both in the headline', 15_000)
  expect(buttonsOf(message()).filter((text) => text.includes('ilence'))).toEqual(['End silence…'])
  expect(thread().join('\n')).toMatch(
    /silenced the alert of logging\/fluent-bit until .* Reason: it drains too/,
  )

  await press('End silence…')
  expect(modalText()).toContain('datadog/datadog-agent')
  expect(modalText()).toContain('logging/fluent-bit')
  const { blocks } = world.slack.modal(allowedUser) ?? {}
  const second =
    JSON.stringify(blocks)
      .match(/"value":"(act_\w+)"/g)?.[1]
      ?.slice(9, -1) ?? ''
  await send({ pick: second })
  expect(silenced()).toEqual(['datadog-agent'])
  await until(
    () => textOf(message()).includes('Silenced for 1 of 2 DaemonSets: '),
    'the rest again',
    15_000,
  )
})

it('both silences end at once if that is chosen', async () => {
  await silenceOneOfTwo()
  await press('Silence rest…')
  await send({ duration: '1h' })
  await press('End silence…')
  expect(await send({ pick: 'all' })).toBe('closed')
  expect(silenced()).toEqual([])
  await until(() => buttonsOf(message()).includes('Silence…'), 'the button that silences all')
})

it('a silence of one of several that is ended in Alertmanager is no longer shown, and is heard', async () => {
  world = await startWorld(nodeNotReady)
  await until(() => textOf(message()).includes('4 DaemonSets'), 'all four', 15_000)
  await press('Silence…')
  await send({ duration: '4h' })
  await until(() => textOf(message()).includes('🔕 Silenced: '), 'the silence in the headline')
  const falco = world.alertmanager.silences
    .list([])
    .find(({ matchers }) => matchers.some(({ value }) => value === 'falco'))
  world.alertmanager.silences.expire(falco?.id ?? '')
  await until(
    () => textOf(message()).includes('Silenced for 3 of 4 DaemonSets: '),
    'the count in the headline',
    15_000,
  )
  expect(broadcasts().join('\n')).toContain('security/falco')
})
