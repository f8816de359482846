import { describe, expect, it } from 'vitest'
import { beginAction, type ChangeParameters } from '../src/incident/action-log.ts'
import { carryOut } from '../src/incident/actions/change.ts'
import { followUp, isSettled } from '../src/incident/actions/follow-up.ts'
import type { Observation } from '../src/incident/state.ts'
import type { DaemonSet, Toleration } from '../src/kubernetes/objects.ts'
import { diagnosis, nodesTo, observationAs, quietWorld } from './incident-world.ts'

const gpu: Toleration = { key: 'gpu', operator: 'Exists' }
const daemonSet = (
  name: string,
  tolerations: readonly Toleration[] = [],
): DaemonSet & Readonly<Record<string, unknown>> => ({
  metadata: { namespace: 'datadog', name, uid: name },
  spec: { selector: { matchLabels: {} }, template: { spec: { tolerations } } },
})
const change = (kind: ChangeParameters['kind'], name = 'agent'): ChangeParameters => ({
  kind,
  namespace: 'datadog',
  name,
  uid: name,
  before: { misscheduled: 2, desired: 8 },
  predicted: { numberMisscheduled: 0, desiredNumberScheduled: 10, podsRestarted: 10 },
  ...(kind === 'patch' && { tolerations: { to: [gpu] } }),
  told: [],
  ...(kind === 'delete' && { pods: [1, 2].map((number) => ({ name: `p${number}`, uid: '' })) }),
  ...(kind === 'undo' && { tolerations: { from: [gpu] }, predicted: null }),
})
const deletion = change('delete')
/** Observed with this many misscheduled nodes of 10, by the recount and by the status. */
const seen = (recount: number, status = recount): Observation =>
  observationAs('open', [
    diagnosis({
      nodes: nodesTo(recount),
      status: { numberMisscheduled: status, desiredNumberScheduled: 10 - recount },
    }),
  ])

/** Changes made at 3:00 in an incident, and rounds that follow them. */
async function made(...all: readonly ChangeParameters[]) {
  let accepts = true
  const tolerations = new Map<string, readonly Toleration[]>()
  const world = await quietWorld({
    cluster: {
      daemonSet: async (_, name) => daemonSet(name, tolerations.get(name)),
      deletePod: async () => {},
      patchDaemonSet: async (_, name, patch) => {
        const list = patch.find(({ op }) => op === 'add' || op === 'replace')?.value
        tolerations.set(name, (list ?? []) as readonly Toleration[])
        return daemonSet(name, tolerations.get(name))
      },
    },
    alertmanager: { alertsUrl: () => '' },
    slack: { publish: async () => ({ ok: true, ts: '1.0' }) },
    slackAccepts: () => accepts,
  })
  await world.incident(seen(2))
  const make = async (parameters: ChangeParameters, who = 'U1') => {
    const intent = `${parameters.kind} ${parameters.name}`
    const begun = await beginAction(world.bot, await world.row(), { intent, who, parameters })
    if (!begun.ok) throw new Error('not begun')
    await carryOut(world.bot, await world.row(), begun.value, parameters)
    return begun.value.id
  }
  for (const parameters of all) await make(parameters)
  const posts = () => [...world.posts]
  return {
    ...world,
    make,
    round: async (observation: Observation, minutes: number) => {
      world.pass(minutes)
      await followUp(world.bot, await world.row(), observation, [])
      return posts()
    },
    accept: (yes: boolean) => {
      accepts = yes
    },
  }
}

describe('the result of a change', () => {
  const text = (result: string) =>
    `@U1 deleted 2 misscheduled pods of \`datadog/agent\`: misscheduled predicted 2 → 0, ${result}.`

  it('is posted as soon as it is as predicted', async () => {
    const { round } = await made(deletion)
    expect(await round(seen(0), 0.1)).toEqual([{ text: text('seen 2 → 0'), broadcast: false }])
    expect(await round(seen(0), 5)).toHaveLength(1)
  })

  it.each([1, 2, 3])('is a failure after two minutes if %i are left', async (left) => {
    const { round } = await made(deletion)
    expect(await round(seen(left), 1.9)).toEqual([])
    expect(await round(seen(left), 0.1)).toEqual([
      { text: expect.stringContaining('The fix did not work. @U1 deleted'), broadcast: true },
    ])
  })

  it('is no failure if only the desired count differs', async () => {
    const { round } = await made(deletion)
    const other = observationAs('open', [
      diagnosis({ status: { numberMisscheduled: 0, desiredNumberScheduled: 9 } }),
    ])
    expect(await round(other, 1)).toEqual([])
    expect(await round(other, 1)).toEqual([
      { text: text('seen 2 → 0; desired predicted 8 → 10, seen 8 → 9'), broadcast: false },
    ])
  })

  it('is not taken from a status that the controller has not updated', async () => {
    const { round } = await made({
      ...deletion,
      predicted: { numberMisscheduled: 2, desiredNumberScheduled: 10, podsRestarted: 0 },
    })
    expect(await round(seen(0, 2), 0.1)).toEqual([])
  })
})

it('an undo ends the patch of its own DaemonSet only', async () => {
  const { bot, make, round } = await made(change('patch', 'agent'), change('patch', 'proxy'))
  await make(change('undo', 'proxy'))
  await round(seen(2), 0)
  const found = (await bot.store.actions('inc_1')).map(({ intent, state, undo }) => [
    intent,
    state,
    undo !== null,
  ])
  expect(found.sort()).toEqual([
    ['patch agent', 'active', true],
    ['patch proxy', 'ended', false],
    ['undo proxy', 'active', false],
  ])
})

it('an incident is not settled while its thread lacks an entry', async () => {
  const { bot, accept, round } = await made(deletion)
  accept(false)
  await round(seen(0), 0.1)
  expect(await isSettled(bot, 'inc_1')).toBe(false)
  accept(true)
  await round(seen(0), 2)
  expect(await isSettled(bot, 'inc_1')).toBe(true)
})
