import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import type { DaemonSet } from '../src/kubernetes/objects.ts'
import {
  buttonsOf,
  presser,
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
const modalText = (user = presser) => strings(world.slack.modal(user)?.blocks).join(' ')
const whispered = (user = presser) =>
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

const press = (text: string, user = presser) =>
  world.slack.click({ user, ts: message()?.ts ?? '', text })
const settled = (user = presser) =>
  !/Checking…|Applying…/.test(JSON.stringify(world.slack.modal(user) ?? 'Checking…'))

async function open(text: string, user = presser): Promise<void> {
  await press(text, user)
  await until(() => settled(user), 'the dialog', 18_000)
}

async function send(
  values: Readonly<Record<string, string | readonly string[]>>,
  user = presser,
): Promise<string> {
  await world.slack.submit({ user, values })
  await until(() => settled(user), 'the outcome', 18_000)
  return modalText(user)
}

function change(make: (daemonSet: DaemonSet) => DaemonSet): void {
  world.cluster.store.change('daemonsets', 'logging', 'fluent-bit', make)
}

describe('two people at the same moment', () => {
  it('make one silence', async () => {
    await begin(both)
    await Promise.all([open('Silence…'), open('Silence…', 'sam')])
    await Promise.all([send({ duration: '1h' }), send({ duration: '4h' }, 'sam')])
    expect(silences()).toHaveLength(1)
    expect(
      [modalText(), modalText('sam')].filter((text) => text.includes('Silenced until')),
    ).toHaveLength(1)
    expect(
      [modalText(), modalText('sam')].filter((text) =>
        /is doing this right now|Already silenced by/.test(text),
      ),
    ).toHaveLength(1)
  })

  it('patch once, and undo once', async () => {
    await begin(both)
    await Promise.all([open('Add toleration…'), open('Add toleration…', 'sam')])
    await Promise.all([send(agreed), send(agreed, 'sam')])
    expect(keys()).toEqual(['dedicated'])
    expect(
      [modalText(), modalText('sam')].filter((text) => text.includes('Added tolerations')),
    ).toHaveLength(1)
    for (const user of [presser, 'sam']) await world.slack.closeModal({ user })
    await until(() => buttonsOf(message()).includes('Undo patch…'), 'the button that undoes it')
    await Promise.all([open('Undo patch…'), open('Undo patch…', 'sam')])
    await Promise.all([send({}), send({}, 'sam')])
    expect(keys()).toEqual([])
    expect(
      [modalText(), modalText('sam')].filter((text) => text.includes('Undid the patch')),
    ).toHaveLength(1)
    expect(thread().filter((entry) => entry.includes('undid the patch'))).toHaveLength(1)
  })
})

describe('a dialog that Slack does not show', () => {
  it('whose trigger has expired is answered to the presser alone', async () => {
    await begin()
    world.slack.addFault('views.open', { kind: 'error', error: 'expired_trigger_id' })
    await press('Silence…')
    await until(() => whispered().includes('Press again'), 'words for the presser')
  })

  it('that cannot be updated is answered otherwise, also with the response_url used up', async () => {
    await begin()
    world.slack.addFault('views.update', { kind: 'error', error: 'not_found' }, 9)
    world.slack.addFault('response_url', { kind: 'status', status: 404 }, 9)
    await press('Silence…')
    await until(() => whispered().includes('Press again'), 'words for the presser')
  })

  it('that was closed before its outcome came: what was refused is told to the presser alone', async () => {
    await begin()
    await open('Add toleration…')
    world.cluster.faults.add({
      kind: 'denied',
      verb: 'patch',
      webhook: 'policy.example.com',
      message: 'not on a Friday',
    })
    world.slack.addFault('views.update', { kind: 'error', error: 'not_found' }, 9)
    await world.slack.submit({ user: presser, values: agreed })
    await until(() => whispered().includes('not on a Friday'), 'words for the presser')
    expect(keys()).toEqual([])
  })
})

describe('the API server, while somebody clicks', () => {
  it('loses the answer of a patch: nobody is told that it failed, it is found done and told once', async () => {
    await begin()
    await open('Add toleration…')
    const heal = world.cluster.faults.add({ kind: 'cut', verb: 'patch' })
    expect(await send(agreed)).toContain('posted in the thread within a minute')
    heal()
    expect(keys()).toEqual(['dedicated'])
    // The minute passes.
    const database = new DatabaseSync((world.env.DATABASE_URL ?? '').replace('sqlite:', ''))
    database.exec(`update action set deadline = '2020-01-01T00:00:00.000Z' where state = 'running'`)
    database.close()
    await until(() => thread().some((entry) => entry.includes('was made')), 'what became of it')
    await until(
      () => thread().some((entry) => entry.includes('Predicted for')),
      'predicted against seen',
    )
    expect(thread().filter((entry) => entry.includes('was made'))).toHaveLength(1)
  })

  it('refuses by a webhook that only looks at real writes: it is said, aloud, and nothing is changed', async () => {
    await begin()
    await open('Add toleration…')
    world.cluster.faults.add({ kind: 'forbidden', verb: 'patch' })
    expect(await send(agreed)).toMatch(/refuses it|refused|no longer offered/)
    expect(keys()).toEqual([])
  })

  it('cannot be asked in a dry run: that is said, and the patch is made all the same', async () => {
    await begin()
    world.cluster.faults.add({ kind: 'no-dry-run', webhook: 'strict.example.com' })
    await open('Add toleration…')
    expect(modalText()).toContain('dry run: not available')
    expect(await send(agreed)).toContain('Added tolerations')
    expect(keys()).toEqual(['dedicated'])
  })

  it('has a status written in between: the patch is made all the same', async () => {
    let patches = 0
    // Every other one loses: of the dry run of the dialog, of that of its submission, of the patch itself.
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
    expect(await send(agreed)).toContain('Added tolerations')
    expect(keys()).toEqual(['dedicated'])
    expect(patches).toBe(6)
  })

  it('has the DaemonSet made anew: it is not patched', async () => {
    await begin()
    await open('Add toleration…')
    change((one) => ({ ...one, metadata: { ...one.metadata, uid: 'another-uid' } }))
    expect(await send(agreed)).toMatch(/changed since|created again|no longer offered/)
    expect(keys()).toEqual([])
  })

  it('has it deleted: that is said', async () => {
    await begin()
    await open('Add toleration…')
    world.cluster.store.remove('daemonsets', 'logging', 'fluent-bit')
    expect(await send(agreed)).toMatch(/no longer offered|no longer exists|over/)
  })
})

describe('whoever is let in by a user group', () => {
  it('may press, and is out as soon as he is out of the group', async () => {
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
    expect(await send({ duration: '1h' })).toContain('not allowed to press')
    expect(silences()).toEqual([])
  })

  it('is kept out where Slack does not say who is in it', async () => {
    await begin({
      env: { ALLOWED_USERS: '', ALLOWED_USERGROUPS: 'S0ONCALL001' },
      slack: { scopes: ['chat:write'] },
    })
    await open('Silence…')
    expect(modalText()).toContain('not allowed to press')
  })
})
