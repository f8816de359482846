import { describe, expect, it } from 'vitest'
import type { Poll } from '../src/alertmanager/client.ts'
import type { Snapshot } from '../src/kubernetes/objects.ts'
import { ROUND_LEASE, round } from '../src/loop/round.ts'
import { reconcile } from '../src/reconcile.ts'
import { noMetrics } from '../src/telemetry/metrics.ts'
import { diagnosis, observationAs, type QuietWorld, quietWorld } from './incident-world.ts'

const nothing: Poll = {
  alerts: [],
  silences: [],
  reachable: ['http://alertmanager'],
  unreachable: [],
  absenceCounts: true,
}
const healthy: Snapshot = {
  takenAt: '2026-11-24T03:00:00Z',
  daemonSets: [],
  nodes: [],
  pods: [],
  unreadable: [],
}

/** Nothing fires, and the cluster is fine; `failing` names channels that break the round. */
async function calmWorld(failing: readonly string[] = []) {
  const [polls, sent]: [{ count: number }, string[]] = [{ count: 0 }, []]
  let accepts = true
  const world = await quietWorld({
    metrics: noMetrics,
    alertmanager: {
      poll: async () => {
        polls.count += 1
        return nothing
      },
      matching: async () => [],
      alertsUrl: () => '',
    },
    cluster: { snapshot: async () => healthy },
    slackAccepts: () => accepts,
    slack: {
      publish: async ({ channel, ts }) => {
        if (failing.includes(channel)) throw new Error('a bug')
        sent.push(channel)
        return { ok: true, ts: ts ?? '1.0' }
      },
    },
  })
  return {
    world,
    polls,
    sent,
    accept: (yes: boolean) => {
      accepts = yes
    },
  }
}

/** An open incident of an alert that is absent by now. */
async function absent({ bot }: QuietWorld, name: string, channel = 'C1') {
  const key = { cluster: 'prod', alertname: 'A', namespace: 'datadog', daemonset: name }
  const fire = { ...key, status: 'firing', fingerprint: name, startsAt: '', labels: {} } as const
  await bot.store.saveHints([fire], bot.now().toISOString())
  await bot.store.openIncident({
    id: name,
    cluster: 'prod',
    channel,
    root: name,
    ts: '1.0',
    posting: null,
    rev: 1,
    hash: 'h',
    observation: JSON.stringify(
      observationAs('open', [diagnosis({ name })], {
        posted: { state: 'open', causes: [], nodes: 1 },
      }),
    ),
    opened: '2026-11-24T02:00:00.000Z',
    closed: null,
  })
  await bot.store.changeAlerts([{ alert: key, change: { incident: name, state: 'absent' } }])
}
const openIncidents = async ({ bot }: QuietWorld) =>
  (await bot.store.openIncidents('prod')).map(({ id }) => id)

describe('an incident that is over', () => {
  it('is closed once its thread says so', async () => {
    const { world, accept } = await calmWorld()
    await absent(world, 'agent')
    accept(false)
    await reconcile(world.bot)
    expect(await openIncidents(world)).toEqual(['agent'])
    accept(true)
    await reconcile(world.bot)
    expect(world.posts.map(({ text }) => text)).toEqual([expect.stringMatching(/^Resolved: /)])
    expect(await openIncidents(world)).toEqual([])
    expect(await world.bot.store.openAlerts('prod')).toEqual([])
  })
})

it('an incident that fails does not hold up the others', async () => {
  const { world, sent } = await calmWorld(['C1'])
  await absent(world, 'agent', 'C1')
  await absent(world, 'proxy', 'C2')
  await reconcile(world.bot)
  expect(sent).toEqual(['C2'])
  expect(await openIncidents(world)).toEqual(['agent'])
})

describe('a round', () => {
  it('runs only with the lease', async () => {
    const { world, polls } = await calmWorld()
    await world.bot.store.acquireLease(ROUND_LEASE, 'one', 60)
    await round(world.bot, 'two')
    expect(polls.count).toBe(0)
    await round(world.bot, 'one')
    expect(polls.count).toBe(1)
  })

  it('never rejects', async () => {
    const { world } = await calmWorld()
    const store = { ...world.bot.store, openAlerts: () => Promise.reject(new Error('disk full')) }
    await expect(round({ ...world.bot, store }, 'one')).resolves.toBeUndefined()
  })

  it('deletes what closed before RETENTION_DAYS, at most once an hour', async () => {
    const { world } = await calmWorld()
    const before: string[] = []
    const store = {
      ...world.bot.store,
      forget: async (closedBefore: string) => {
        before.push(closedBefore)
      },
    }
    const bot = { ...world.bot, store }
    await round(bot, 'one')
    world.pass(59)
    await round(bot, 'one')
    world.pass(1)
    await round(bot, 'one')
    expect(before).toEqual(['2026-08-26T03:00:00.000Z', '2026-08-26T04:00:00.000Z'])
  })
})
