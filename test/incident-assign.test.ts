import { describe, expect, it } from 'vitest'
import { assign } from '../src/incident/assign.ts'
import type { Reading } from '../src/incident/observe.ts'
import type { AlertHint } from '../src/store/store.ts'
import { diagnosis, finding, type QuietWorld, quietWorld } from './incident-world.ts'

const hint = (daemonset: string, team = 'platform'): AlertHint => ({
  cluster: 'prod',
  alertname: 'KubeDaemonSetMisScheduled',
  namespace: 'datadog',
  daemonset,
  status: 'firing',
  fingerprint: daemonset,
  startsAt: '2026-11-24T02:00:00.000Z',
  labels: { alertname: 'KubeDaemonSetMisScheduled', namespace: 'datadog', daemonset, team },
})
const withRoot = (root: string): Reading => ({
  readable: true,
  ending: () => undefined,
  diagnosis: (_, name) => diagnosis({ name, findings: [finding('T4', { root })] }),
})
const unreadable: Reading = {
  readable: false,
  reason: 'the API server does not answer',
  ending: () => undefined,
  diagnosis: () => undefined,
}

/** What one round assigns: each incident as `root: DaemonSets`. */
async function round({ bot }: QuietWorld, reading: Reading) {
  const alerts = await bot.store.openAlerts('prod')
  const known = await bot.store.openIncidents('prod')
  const assigned = await assign(bot, alerts, known, reading)
  return assigned.map(({ row, alerts: own }) => ({
    id: row.id,
    channel: row.channel,
    root: row.root,
    of: own.map(({ daemonset }) => daemonset),
  }))
}
const fires = async ({ bot }: QuietWorld, ...hints: readonly AlertHint[]) =>
  bot.store.saveHints(hints, bot.now().toISOString())

describe('alerts with one root', () => {
  it('share an incident, also if one fires later', async () => {
    const world = await quietWorld()
    await fires(world, hint('agent'))
    await round(world, withRoot('T4 x'))
    await fires(world, hint('proxy'))
    expect(await round(world, withRoot('T4 x'))).toMatchObject([
      { root: 'T4 x', of: ['agent', 'proxy'] },
    ])
  })

  it('have an incident in each channel', async () => {
    const slack = { routes: [{ match: { team: 'ml' }, channel: 'C2' }], channel: 'C1' }
    const world = await quietWorld({ config: { slack: { ...slack, botToken: 'x', apiUrl: '' } } })
    await fires(world, hint('agent'), hint('proxy', 'ml'))
    expect(await round(world, withRoot('T4 x'))).toMatchObject([
      { channel: 'C1', of: ['agent'] },
      { channel: 'C2', of: ['proxy'] },
    ])
  })
})

it('an alert stays in its incident, whatever its cause becomes', async () => {
  const world = await quietWorld()
  await fires(world, hint('agent'))
  await round(world, withRoot('T4 x'))
  expect(await round(world, withRoot('T1 y'))).toMatchObject([{ root: 'T4 x', of: ['agent'] }])
})

describe('an alert that fires again', () => {
  /** Closed, and firing again this many minutes later. */
  const again = async (minutes: number, root: string) => {
    const world = await quietWorld()
    const { store } = world.bot
    await fires(world, hint('agent'))
    const [first] = await round(world, withRoot('T4 x'))
    const [alert] = await store.openAlerts('prod')
    const row = await store.incident(first?.id ?? '')
    if (!alert || !row) throw new Error('nothing was assigned')
    const closed = world.bot.now().toISOString()
    await store.changeAlerts([{ alert, change: { state: 'absent' } }])
    await store.changeAlerts([{ alert, change: { closed } }])
    await store.changeIncident(row.id, row.rev, { closed })
    world.pass(minutes)
    await fires(world, { ...hint('agent'), startsAt: world.bot.now().toISOString() })
    const [second] = await round(world, withRoot(root))
    return second?.id === first?.id
  }

  it('reopens its incident within 20 minutes, also with another cause', async () => {
    expect(await again(20, 'T4 x')).toBe(true)
    expect(await again(20, 'T1 y')).toBe(true)
  })

  it('starts a new one later', async () => {
    expect(await again(21, 'T4 x')).toBe(false)
  })
})

describe('an alert that fires while the cluster is unreadable', () => {
  it('takes the root of its cause once that is known, and later alerts join it', async () => {
    const world = await quietWorld()
    await fires(world, hint('agent'))
    const [first] = await round(world, unreadable)
    await round(world, withRoot('T4 x'))
    await fires(world, hint('proxy'))
    expect(await round(world, withRoot('T4 x'))).toEqual([
      { id: first?.id, channel: 'C1', root: 'T4 x', of: ['agent', 'proxy'] },
    ])
  })
})

describe('an incident whose root changes its value', () => {
  /** What the DaemonSets' pods are on, by their names: T3 with this taint. */
  const tainted = (taints: Readonly<Record<string, string>>): Reading => ({
    readable: true,
    ending: () => undefined,
    diagnosis: (_, name) => {
      const [key = '', value] = (taints[name] ?? 'dedicated').split('=')
      const root = `T3 ${taints[name] ?? 'dedicated'}`
      return diagnosis({ name, findings: [finding('T3', { key, ...(value && { value }), root })] })
    },
  })
  const roots = async (world: QuietWorld, taints: Readonly<Record<string, string>>) =>
    (await round(world, tainted(taints))).map(({ root, of }) => `${root}: ${of.join(', ')}`)

  it('goes on in its message, and later alerts with the new root join it', async () => {
    const world = await quietWorld()
    await fires(world, hint('agent'))
    const [first] = await round(world, tainted({ agent: 'dedicated' }))
    await fires(world, hint('proxy'))
    expect(await round(world, tainted({ agent: 'dedicated=gpu', proxy: 'dedicated=gpu' }))).toEqual(
      [{ id: first?.id, channel: 'C1', root: 'T3 dedicated=gpu', of: ['agent', 'proxy'] }],
    )
  })

  it('also if it fires again with the new root', async () => {
    const world = await quietWorld()
    const { store } = world.bot
    await fires(world, hint('agent'))
    const [first] = await round(world, tainted({ agent: 'dedicated' }))
    const [alert] = await store.openAlerts('prod')
    const row = await store.incident(first?.id ?? '')
    if (!alert || !row) throw new Error('nothing was assigned')
    const closed = world.bot.now().toISOString()
    await store.changeAlerts([{ alert, change: { state: 'absent' } }])
    await store.changeAlerts([{ alert, change: { closed } }])
    await store.changeIncident(row.id, row.rev, { closed })
    world.pass(5)
    await fires(world, { ...hint('agent'), startsAt: world.bot.now().toISOString() })
    await round(world, tainted({ agent: 'dedicated=gpu' }))
    expect(await round(world, tainted({ agent: 'dedicated=gpu' }))).toMatchObject([
      { id: first?.id, root: 'T3 dedicated=gpu' },
    ])
  })

  it('keeps all its alerts, and the root of the first one', async () => {
    const world = await quietWorld()
    await fires(world, hint('agent'), hint('proxy'))
    await round(world, tainted({}))
    const taints = { agent: 'dedicated=gpu', proxy: 'dedicated=infra', late: 'dedicated=infra' }
    expect(await roots(world, taints)).toEqual(['T3 dedicated=gpu: agent, proxy'])
    world.pass(1)
    await fires(world, hint('late'))
    expect(await roots(world, taints)).toEqual([
      'T3 dedicated=gpu: agent, proxy',
      'T3 dedicated=infra: late',
    ])
  })

  it('keeps the stored root while an alert has it, or if another incident has the new one', async () => {
    const world = await quietWorld()
    await fires(world, hint('agent'), hint('proxy'))
    await round(world, tainted({ agent: 'dedicated=gpu', proxy: 'dedicated=gpu' }))
    expect(await roots(world, { agent: 'dedicated=infra', proxy: 'dedicated=gpu' })).toEqual([
      'T3 dedicated=gpu: agent, proxy',
    ])
    world.pass(1)
    await fires(world, hint('late'))
    const all = { agent: 'dedicated=infra', proxy: 'dedicated=infra', late: 'dedicated=gpu' }
    await roots(world, { ...all, proxy: 'dedicated=gpu', late: 'dedicated=infra' })
    expect(await roots(world, { ...all, late: 'dedicated=infra' })).toEqual([
      'T3 dedicated=gpu: agent, proxy',
      'T3 dedicated=infra: late',
    ])
  })

  it('does not take the root of another cause or key', async () => {
    const world = await quietWorld()
    await fires(world, hint('agent'))
    await round(world, tainted({ agent: 'dedicated=gpu' }))
    expect(await roots(world, { agent: 'dedicated2=gpu' })).toEqual(['T3 dedicated=gpu: agent'])
    expect(await round(world, withRoot('T4 dedicated'))).toMatchObject([
      { root: 'T3 dedicated=gpu' },
    ])
  })
})
