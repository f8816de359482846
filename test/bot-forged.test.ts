import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import type { Forgery } from '../simulator/slack/app-endpoint.ts'
import { allowedUser, startWorld, strings, until, type World } from './world.ts'

/** One world for all tests: nothing here may change it. */
let world: World
let ts: string
let genuine: Readonly<Record<string, unknown>>

const dialog = (user = allowedUser) =>
  until(
    () => world.slack.modal(user) && !JSON.stringify(world.slack.modal(user)).includes('Checking…'),
    'the dialog',
  )
const tolerations = () =>
  world.cluster.store.get('daemonsets', 'logging', 'fluent-bit')?.spec.template.spec?.tolerations

beforeAll(async () => {
  world = await startWorld(gpuTaint)
  ts = (await until(() => world.slack.messages()[0], 'the message', 15_000)).ts
  await world.slack.click({ user: allowedUser, ts, text: 'Silence…' })
  genuine = world.slack.deliveries.at(-1)?.payload ?? {}
  await dialog()
  await world.slack.closeModal({ user: allowedUser })
})

afterAll(async () => {
  expect(world.alertmanager.silences.list([])).toEqual([])
  expect(tolerations()).toBeUndefined()
  await world.stop()
})

/** Opens a modal, and returns its submission as Slack sends it, with these changes. */
async function submission(
  text: string,
  change: (metadata: Record<string, unknown>) => object,
  values: object,
  user?: object,
) {
  await world.slack.click({ user: allowedUser, ts, text })
  await dialog()
  const { id, private_metadata = '{}' } = world.slack.modal(allowedUser) ?? {}
  const metadata = { ...JSON.parse(private_metadata), ...change(JSON.parse(private_metadata)) }
  const { actions: _, container: __, message: ___, ...rest } = genuine
  return {
    ...rest,
    type: 'view_submission',
    ...(user ? { user } : {}),
    view: {
      id,
      type: 'modal',
      private_metadata: JSON.stringify(metadata),
      callback_id: `daemonset-triage.${metadata.p}`,
      state: { values },
    },
  }
}

describe('a request that is not from Slack', () => {
  it.each<Forgery>([
    'unsigned',
    'no-timestamp',
    'wrong-secret',
    'wrong-version',
    'tampered',
    'stale',
    'future',
  ])('%s: is refused', async (forgery) => {
    const calls = world.slack.calls().filter(({ method }) => method.startsWith('views.')).length
    expect(
      await world.slack.click({ user: allowedUser, ts, text: 'Silence…', forgery }),
    ).toMatchObject({ status: 401 })
    expect(world.slack.calls().filter(({ method }) => method.startsWith('views.'))).toHaveLength(
      calls,
    )
  })

  it('a replayed request does nothing', async () => {
    await world.slack.click({ user: allowedUser, ts, text: 'Silence…' })
    const delivery = world.slack.deliveries.at(-1)
    await dialog()
    await world.slack.closeModal({ user: allowedUser })
    if (delivery) await world.slack.replay(delivery)
    expect(world.slack.modal(allowedUser)).toBeUndefined()
  })

  it('10 MB is refused as too large', async () => {
    const { ack } = await world.slack.deliver({ ...genuine, padding: 'x'.repeat(10_000_000) })
    expect(ack.status).toBe(413)
  })
})

describe('a signed payload with changed contents', () => {
  const value = (target: object) => ({
    actions: [{ ...(genuine.actions as object[])[0], value: JSON.stringify(target) }],
  })
  const target = (): { p: string; i: string; r: number } =>
    JSON.parse((genuine.actions as { value: string }[])[0]?.value ?? '{}')

  it.each<[string, () => object, RegExp]>([
    ['an unknown incident', () => value({ ...target(), i: 'inc_0000' }), /is unknown here/],
    [
      'an action that is not offered',
      () => value({ ...target(), p: 'recount' }),
      /no longer offered/,
    ],
    [
      'an unknown patch to undo',
      () => value({ ...target(), p: 'undo', a: 'act_0000' }),
      /already undone/,
    ],
    [
      'an unknown silence to end',
      () => value({ ...target(), p: 'end-silence', a: 'act_0000' }),
      /already ended/,
    ],
  ])('%s: is refused with an explanation', async (_, change, words) => {
    const used = world.slack.ephemerals(allowedUser).length
    await world.slack.deliver({ ...genuine, ...change(), trigger_id: 'none' })
    await until(() => world.slack.ephemerals(allowedUser).length > used, 'an ephemeral answer')
    expect(strings([world.slack.ephemerals(allowedUser).at(-1)]).join(' ')).toMatch(words)
  })

  it.each<[string, object]>([
    [
      'an invalid value',
      {
        actions: [
          {
            action_id: 'daemonset-triage.silence',
            value: 'x'.repeat(2000),
            type: 'button',
            block_id: 'b',
          },
        ],
      },
    ],
    [
      'no value',
      { actions: [{ action_id: 'daemonset-triage.silence', type: 'button', block_id: 'b' }] },
    ],
    ['no message', { container: {}, message: undefined }],
    ['no user', { user: undefined }],
    ['no actions', { actions: [] }],
    ['actions of another kind', { actions: 'all of them' }],
  ])('%s: the bot keeps running', async (_, change) => {
    await world.slack.deliver({ ...genuine, ...change, trigger_id: 'none' })
    expect((await fetch(`${world.url}/healthz`)).status).toBe(200)
  })

  it('the message of another incident: is refused as outdated', async () => {
    const used = world.slack.ephemerals(allowedUser).length
    await world.slack.deliver({
      ...genuine,
      container: { type: 'message', message_ts: '1.000001', channel_id: 'C0ALERTS001' },
    })
    await until(() => world.slack.ephemerals(allowedUser).length > used, 'an ephemeral answer')
    expect(strings([world.slack.ephemerals(allowedUser).at(-1)]).join(' ')).toContain(
      'This message is outdated',
    )
  })
})

describe('a submitted modal with changed contents', () => {
  const ticked = { confirm: { v: { type: 'checkboxes', selected_options: [{ value: 'yes' }] } } }
  it.each<[string, string, (metadata: Record<string, unknown>) => object, object, RegExp]>([
    [
      'another DaemonSet',
      'Add toleration…',
      () => ({ t: 'kube-system/kube-proxy' }),
      ticked,
      /no longer offered/,
    ],
    ['another incident', 'Add toleration…', () => ({ i: 'inc_0000' }), ticked, /is unknown here/],
    ['another action', 'Add toleration…', () => ({ p: 'recount' }), ticked, /no longer offered/],
    ['another hash', 'Add toleration…', () => ({ h: 'abc' }), ticked, /changed since you opened/],
    ['no confirmation', 'Add toleration…', () => ({}), {}, /confirm it first/],
    ['no duration', 'Silence…', () => ({}), {}, /Choose how long/],
    [
      'no hash',
      'Silence…',
      () => ({ h: undefined }),
      { duration: { v: { selected_option: { value: '1h' } } } },
      /changed since you opened/,
    ],
  ])('%s: nothing is done, and the modal says why', async (_, text, change, values, words) => {
    const { ack } = await world.slack.deliver(await submission(text, change, values))
    expect(ack.body).toMatch(words)
    await world.slack.closeModal({ user: allowedUser })
  })

  it('by somebody who is not in ALLOWED_USERS: nothing is done', async () => {
    const { id, name } = world.slack.person('sam')
    const forged = await submission('Add toleration…', () => ({}), ticked, { id, name })
    expect((await world.slack.deliver(forged)).ack.body).toContain('may do this')
    await world.slack.closeModal({ user: allowedUser })
  })

  it('that was never opened: nothing is done', async () => {
    const forged = await submission('Silence…', () => ({ p: 'end-silence', a: 'act_0000' }), {})
    const view = { ...forged.view, id: 'V0NEVER' }
    expect((await world.slack.deliver({ ...forged, view })).ack.body).toContain('already ended')
  })
})
