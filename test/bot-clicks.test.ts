import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import type { DaemonSet } from '../src/kubernetes/objects.ts'
import {
  allowedUser,
  buttonsOf,
  outcomeOf,
  startWorld,
  strings,
  textOf,
  until,
  type World,
  type WorldOptions,
} from './world.ts'

let world: World
afterEach(() => world.stop())

const both = { env: { ALLOWED_USERS: 'U0MAYA00001,U0SAM000001' } }
const message = () => world.slack.messages().find((one) => one.thread_ts === undefined)
const thread = () =>
  world.slack.thread(message()?.ts ?? '').map((reply) => strings(reply.blocks).join(''))
const modalText = (user = allowedUser) => strings(world.slack.modal(user)?.blocks).join(' ')
const whispered = (user = allowedUser) =>
  world.slack
    .ephemerals(user)
    .map((one) => textOf(one))
    .join('\n')
const daemonSet = () => world.cluster.store.get('daemonsets', 'logging', 'fluent-bit')
const keys = () => (daemonSet()?.spec.template.spec?.tolerations ?? []).map(({ key }) => key)
const silences = () =>
  world.alertmanager.silences.list([]).filter(({ status }) => status.state === 'active')
const agreed = { confirm: ['yes'] }

async function begin(options: WorldOptions = {}): Promise<void> {
  world = await startWorld(gpuTaint, options)
  await until(() => buttonsOf(message()).includes('Add toleration…'), 'the message', 15_000)
}

const press = (text: string, user = allowedUser) =>
  world.slack.click({ user, ts: message()?.ts ?? '', text })
const settled = (user = allowedUser) =>
  !/Checking…|Applying…/.test(JSON.stringify(world.slack.modal(user) ?? 'Checking…'))
const isAnswered = (user: string) =>
  !JSON.stringify(world.slack.modal(user) ?? '').includes('Applying…')

async function open(text: string, user = allowedUser): Promise<void> {
  await press(text, user)
  await until(() => settled(user), 'the dialog', 18_000)
}

async function send(
  values: Readonly<Record<string, string | readonly string[]>>,
  user = allowedUser,
): Promise<string> {
  await world.slack.submit({ user, values })
  await until(() => isAnswered(user), 'the outcome', 18_000)
  return outcomeOf(world, user)
}

function change(make: (daemonSet: DaemonSet) => DaemonSet): void {
  world.cluster.store.change('daemonsets', 'logging', 'fluent-bit', make)
}

describe('two people at the same moment', () => {
  it('create one silence', async () => {
    await begin(both)
    await Promise.all([open('Silence…'), open('Silence…', 'sam')])
    await Promise.all([send({ duration: '1h' }), send({ duration: '4h' }, 'sam')])
    expect(silences()).toHaveLength(1)
    const outcomes = [outcomeOf(world), outcomeOf(world, 'sam')]
    expect(outcomes.filter((text) => text === 'closed')).toHaveLength(1)
    expect(
      outcomes.filter((text) => /is doing this right now|Already silenced by/.test(text)),
    ).toHaveLength(1)
  })

  it('patch once, and undo once', async () => {
    await begin(both)
    await Promise.all([open('Add toleration…'), open('Add toleration…', 'sam')])
    await Promise.all([send(agreed), send(agreed, 'sam')])
    expect(keys()).toEqual(['dedicated'])
    expect([outcomeOf(world), outcomeOf(world, 'sam')]).toContain('closed')
    for (const user of [allowedUser, 'sam'])
      if (world.slack.modal(user)) await world.slack.closeModal({ user })
    await until(() => buttonsOf(message()).includes('Undo patch…'), 'the undo button')
    await Promise.all([open('Undo patch…'), open('Undo patch…', 'sam')])
    await Promise.all([send({}), send({}, 'sam')])
    expect(keys()).toEqual([])
    expect(
      [outcomeOf(world), outcomeOf(world, 'sam')].filter((text) => text === 'closed'),
    ).toHaveLength(1)
    const undone = () => thread().filter((entry) => entry.includes('undid the patch'))
    await until(() => undone().length > 0, 'the undo in the thread')
    expect(undone()).toHaveLength(1)
  })
})

describe('a modal that Slack does not show', () => {
  it('with an expired trigger_id gets an ephemeral answer', async () => {
    await begin()
    world.slack.addFault('views.open', { kind: 'error', error: 'expired_trigger_id' })
    await press('Silence…')
    await until(() => whispered().includes('Press again'), 'an ephemeral answer')
  })

  it('that cannot be updated gets an ephemeral answer, even with the response_url used up', async () => {
    await begin()
    world.slack.addFault('views.update', { kind: 'error', error: 'not_found' }, 9)
    world.slack.addFault('response_url', { kind: 'status', status: 404 }, 9)
    await press('Silence…')
    await until(() => whispered().includes('Press again'), 'an ephemeral answer')
  })

  it('that was closed before its outcome: the refusal is an ephemeral answer', async () => {
    await begin()
    await open('Add toleration…')
    world.cluster.faults.add({
      kind: 'denied',
      verb: 'patch',
      webhook: 'policy.example.com',
      message: 'not on a Friday',
    })
    // Slack no longer waits for the answer to the submission.
    world.cluster.faults.add({ kind: 'slow', verb: 'patch', delayMs: 2_500 })
    world.slack.addFault('views.update', { kind: 'error', error: 'not_found' }, 9)
    await world.slack.submit({ user: allowedUser, values: agreed })
    await until(() => whispered().includes('not on a Friday'), 'an ephemeral answer')
    expect(keys()).toEqual([])
  })
})

describe('the API server during a click', () => {
  it('loses the response of a patch: no failure is reported, and the patch is found and reported once', async () => {
    await begin()
    await open('Add toleration…')
    const heal = world.cluster.faults.add({ kind: 'cut', verb: 'patch' })
    expect(await send(agreed)).toContain('posted in the thread within 3 minutes')
    heal()
    expect(keys()).toEqual(['dedicated'])
    // As if the minute had passed.
    const database = new DatabaseSync((world.env.DATABASE_URL ?? '').replace('sqlite:', ''))
    database.exec(`update action set deadline = '2020-01-01T00:00:00.000Z' where state = 'running'`)
    database.close()
    await until(
      () => thread().some((entry) => entry.includes('predicted 2 → 0, seen 2 → 0')),
      'the prediction and the actual count',
    )
    expect(thread().filter((entry) => entry.includes('added the toleration'))).toHaveLength(1)
  })

  it('refuses the real patch after a successful dry run: the refusal is shown, and nothing changes', async () => {
    await begin()
    await open('Add toleration…')
    world.cluster.faults.add({ kind: 'forbidden', verb: 'patch' })
    expect(await send(agreed)).toMatch(/refuses it|refused|no longer offered/)
    expect(keys()).toEqual([])
  })

  it('does not support the dry run: the modal says so, and the patch still works', async () => {
    await begin()
    world.cluster.faults.add({ kind: 'no-dry-run', webhook: 'strict.example.com' })
    await open('Add toleration…')
    expect(modalText()).toContain('dry run: not available')
    expect(await send(agreed)).toBe('closed')
    expect(keys()).toEqual(['dedicated'])
  })

  it('gets a status update in between: the patch still works', async () => {
    let patches = 0
    // Every other patch conflicts: the dry run of the modal, the dry run of its submission, the
    // patch itself.
    const onRequest = ({ method }: { readonly method: string }) =>
      method === 'PATCH' && patches++ % 2 === 0 && touch()
    await begin({ cluster: { onRequest } })
    const touch = () =>
      change((one) => ({
        ...one,
        metadata: { ...one.metadata, annotations: { written: String(patches) } },
      }))
    await open('Add toleration…')
    expect(modalText()).toContain('Server-side dry run: accepted')
    expect(await send(agreed)).toBe('closed')
    expect(keys()).toEqual(['dedicated'])
    expect(patches).toBe(6)
  })

  it('has a new DaemonSet of the same name: it is not patched', async () => {
    await begin()
    await open('Add toleration…')
    change((one) => ({ ...one, metadata: { ...one.metadata, uid: 'another-uid' } }))
    expect(await send(agreed)).toMatch(/changed since|created again|no longer offered/)
    expect(keys()).toEqual([])
  })

  it('no longer has the DaemonSet: the outcome says so', async () => {
    await begin()
    await open('Add toleration…')
    world.cluster.store.remove('daemonsets', 'logging', 'fluent-bit')
    expect(await send(agreed)).toMatch(/no longer offered|no longer exists|over/)
  })
})

describe('a person in an allowed user group', () => {
  it('may click, until they leave the group', async () => {
    let users = ['U0MAYA00001']
    const usergroups = [
      {
        id: 'S0ONCALL001',
        handle: 'oncall',
        get users() {
          return users
        },
      },
    ]
    await begin({
      env: { ALLOWED_USERS: '', ALLOWED_USERGROUPS: 'S0ONCALL001' },
      slack: { usergroups },
    })
    await open('Silence…')
    expect(modalText()).toContain('Duration')
    users = []
    await sleep(5_100)
    expect(await send({ duration: '1h' })).toContain('may do this')
    expect(silences()).toEqual([])
  })

  it('may not click if Slack does not list the group', async () => {
    await begin({
      env: { ALLOWED_USERS: '', ALLOWED_USERGROUPS: 'S0ONCALL001' },
      slack: { scopes: ['chat:write'] },
    })
    await open('Silence…')
    expect(modalText()).toContain('may do this')
  })
})
