import { afterEach, describe, expect, it } from 'vitest'
import { fluxOwned } from '../simulator/scenarios/flux-owned.ts'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import { staleCount } from '../simulator/scenarios/stale-count.ts'
import { tenMinuteWorkers } from '../simulator/scenarios/ten-minute-workers.ts'
import {
  allowedUser,
  buttonElements,
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

const message = () => world.slack.messages()[0]
const posted = () => until(message, 'the message', 15_000)
const thread = () =>
  world.slack.thread(message()?.ts ?? '').map((reply) => strings(reply.blocks).join(''))
const modalText = (user = allowedUser) => strings(world.slack.modal(user)?.blocks).join(' ')

/**
 * Clicks a button, or chooses it from the menu, and waits until the modal shows more than
 * “Checking…”.
 */
async function open(text: string, user = allowedUser): Promise<void> {
  const { ts } = await posted()
  const press = buttonElements(message()).includes(text)
    ? world.slack.click({ user, ts, text })
    : world.slack.pick({ user, ts, actionId: 'daemonset-triage.menu', choose: text })
  expect(await press).toMatchObject({ ok: true })
  await until(
    () => world.slack.modal(user) && !JSON.stringify(world.slack.modal(user)).includes('Checking…'),
    'the dialog',
  )
}

/** Submits the modal, waits for the outcome and closes what is left open. */
async function send(
  values: Readonly<Record<string, string | readonly string[]>>,
  user = allowedUser,
): Promise<string> {
  await world.slack.submit({ user, values })
  const outcome = await until(() => {
    const isApplying = JSON.stringify(world.slack.modal(user) ?? '').includes('Applying…')
    return !isApplying && outcomeOf(world, user)
  }, 'the outcome')
  if (world.slack.modal(user)) await world.slack.closeModal({ user })
  return outcome
}

describe('Silence', () => {
  it('creates one silence with equality matchers only, shows it, and ends it from the message', async () => {
    world = await startWorld(tenMinuteWorkers)
    await open('Silence…')
    expect(modalText()).toContain('alertname="KubeDaemonSetMisScheduled"')
    expect(await send({ duration: '4h', reason: 'drain takes its time' })).toBe('closed')
    const [silence] = world.alertmanager.silences
      .list([])
      .filter(({ status }) => status.state === 'active')
    expect(
      silence?.matchers
        .map(({ name, value, isRegex, isEqual }) => [name, value, isRegex, isEqual])
        .sort(),
    ).toEqual([
      ['alertname', 'KubeDaemonSetMisScheduled', false, true],
      ['daemonset', 'datadog-agent', false, true],
      ['namespace', 'datadog', false, true],
    ])
    expect(silence?.comment).toContain('drain takes its time')
    expect(silence?.createdBy).toContain('maya')
    await until(() => buttonsOf(message()).includes('End silence…'), 'the button that ends it')
    expect(buttonsOf(message())).not.toContain('Silence…')
    expect(thread().join('\n')).toContain('drain takes its time')
    await open('End silence…')
    expect(await send({})).toBe('closed')
    expect(
      world.alertmanager.silences.list([]).filter(({ status }) => status.state === 'active'),
    ).toEqual([])
    await until(() => buttonsOf(message()).includes('Silence…'), 'the button that silences again')
  })

  it('clicked twice creates one', async () => {
    world = await startWorld(tenMinuteWorkers)
    await open('Silence…')
    const { ts } = await posted()
    await world.slack.click({ user: allowedUser, ts, text: 'Silence…' })
    await until(() => world.slack.modals(allowedUser).length > 0, 'a dialog')
    await send({ duration: '1h' })
    await until(() => buttonsOf(message()).includes('End silence…'), 'the silence')
    expect(
      world.alertmanager.silences.list([]).filter(({ status }) => status.state === 'active'),
    ).toHaveLength(1)
  })
})

describe('Patch', () => {
  it('shows the diff, the prediction and the dry run, adds the toleration, and says so once in the thread', async () => {
    world = await startWorld(gpuTaint)
    await open('Add toleration…')
    expect(modalText()).toContain('dedicated')
    const before = world.cluster.store.get('daemonsets', 'logging', 'fluent-bit')?.spec.template
      .spec?.tolerations
    expect(before).toBeUndefined()
    expect(await send({ confirm: ['yes'] })).toBe('closed')
    expect(
      world.cluster.store.get('daemonsets', 'logging', 'fluent-bit')?.spec.template.spec
        ?.tolerations,
    ).toEqual([{ key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }])
    const replies = await until(
      () => thread().some((entry) => entry.startsWith('Over after')) && thread(),
      'the end',
      30_000,
    )
    const [made, ...rest] = replies.filter((entry) => !entry.startsWith('Evidence'))
    expect(made).toMatch(
      /^@U0MAYA00001 added the toleration dedicated=gpu:NoSchedule to logging\/fluent-bit: misscheduled predicted 2 → 0, seen 2 → 0; (\d of )?9 pods restart/,
    )
    expect(rest).toEqual([expect.stringMatching(/^Over after .*\.$/)])
  })

  it('is undone from the message', async () => {
    world = await startWorld(gpuTaint)
    await open('Add toleration…')
    await send({ confirm: ['yes'] })
    await until(() => buttonsOf(message()).includes('Undo patch…'), 'the button that undoes it')
    await open('Undo patch…')
    expect(await send({})).toBe('closed')
    expect(
      world.cluster.store.get('daemonsets', 'logging', 'fluent-bit')?.spec.template.spec
        ?.tolerations ?? [],
    ).toEqual([])
    await until(() => buttonsOf(message()).includes('Add toleration…'), 'the offer, again', 20_000)
  })

  it('is refused if somebody has changed the tolerations since they were shown', async () => {
    world = await startWorld(gpuTaint)
    await open('Add toleration…')
    world.cluster.store.change('daemonsets', 'logging', 'fluent-bit', (daemonSet) => ({
      ...daemonSet,
      spec: {
        ...daemonSet.spec,
        template: {
          ...daemonSet.spec.template,
          spec: {
            ...daemonSet.spec.template.spec,
            tolerations: [{ key: 'other', operator: 'Exists' }],
          },
        },
      },
    }))
    const outcome = await send({ confirm: ['yes'] })
    expect(outcome).toMatch(/changed since|no longer offered/)
    expect(
      world.cluster.store.get('daemonsets', 'logging', 'fluent-bit')?.spec.template.spec
        ?.tolerations,
    ).toEqual([{ key: 'other', operator: 'Exists' }])
  })
})

describe('Undo after the incident is over', () => {
  const tolerations = () =>
    world.cluster.store.get('daemonsets', 'logging', 'fluent-bit')?.spec.template.spec
      ?.tolerations ?? []
  const resolved = async () => {
    world = await startWorld(gpuTaint)
    await open('Add toleration…')
    await send({ confirm: ['yes'] })
    await until(() => textOf(message()).includes('✅ Over after '), 'the end', 30_000)
  }

  it('is offered by the message, shows what it would do, and does it', async () => {
    await resolved()
    expect(buttonsOf(message())).toEqual(['Undo patch…'])
    await open('Undo patch…')
    expect(modalText()).toContain('dedicated')
    expect(modalText()).toMatch(/misscheduled 0 → /)
    expect(await send({})).toBe('closed')
    expect(tolerations()).toEqual([])
    await until(() => !buttonsOf(message()).includes('Undo patch…'), 'the button gone', 20_000)
  })

  it('also works after a restart of the bot', async () => {
    await resolved()
    await world.restartBot()
    // The first request may go to a connection of the stopped bot.
    await open('Undo patch…').catch(() => open('Undo patch…'))
    expect(await send({})).toBe('closed')
    expect(tolerations()).toEqual([])
  })

  it('reports the end of the rollout before anything says done', async () => {
    await resolved()
    await until(
      () => thread().some((entry) => entry.includes('9 of 9 pods restarted')),
      'the end of the rollout',
      30_000,
    )
  })
})

describe('Recount', () => {
  it('sets an annotation on the DaemonSet, and the stale count drops', async () => {
    world = await startWorld(staleCount)
    await open('Recount…')
    expect(modalText()).toMatch(/misscheduled 1 → 0/)
    await send({})
    await until(
      () => (world.cluster.store.list('daemonsets')[0]?.status?.numberMisscheduled ?? 1) === 0,
      'the count',
    )
    await until(() => textOf(message()).includes('✅ Over after '), 'the end', 20_000)
  })
})

describe('a person who is not allowed', () => {
  it('gets a refusal, and nothing happens', async () => {
    world = await startWorld(tenMinuteWorkers)
    await open('Silence…', 'sam')
    expect(modalText('sam')).toContain('may do this')
    expect(world.alertmanager.silences.list([])).toEqual([])
  })

  it('may read the fix: it is only shown', async () => {
    world = await startWorld(fluxOwned)
    await open('Show fix', 'sam')
    expect(modalText('sam')).toContain('tolerations')
    expect(modalText('sam')).not.toContain('may do this')
  })

  it('a forged request is refused', async () => {
    world = await startWorld(tenMinuteWorkers)
    const { ts } = await posted()
    const ack = await world.slack.click({
      user: allowedUser,
      ts,
      text: 'Silence…',
      forgery: 'wrong-secret',
    })
    expect(ack).toMatchObject({ ok: false, status: 401 })
    expect(world.slack.modal(allowedUser)).toBeUndefined()
  })
})
