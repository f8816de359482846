import { describe, expect, it } from 'vitest'
import type { Poll } from '../src/alertmanager/client.ts'
import { observationOf } from '../src/incident/stored-observation.ts'
import type { Snapshot } from '../src/kubernetes/objects.ts'
import { ROUND_LEASE, round } from '../src/loop/round.ts'
import { reconcile } from '../src/reconcile.ts'
import type { SlackClient } from '../src/slack/client.ts'
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
  let shows = true
  let onSnapshot = async (): Promise<void> => {}
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
    cluster: {
      snapshot: async (_, signal) => {
        await onSnapshot()
        signal?.throwIfAborted()
        return healthy
      },
    },
    slackAccepts: () => accepts,
    slack: {
      publish: async ({ channel, ts }) => {
        if (failing.includes(channel)) throw new Error('a bug')
        sent.push(channel)
        if (!shows) return { ok: false, kind: 'retry', error: 'ratelimited', detail: '' }
        return { ok: true, ts: ts ?? '1.0' }
      },
    },
  })
  return {
    world,
    polls,
    sent,
    /** Whether Slack accepts replies. */
    accept: (yes: boolean) => {
      accepts = yes
    },
    /** Whether Slack accepts messages and edits. */
    show: (yes: boolean) => {
      shows = yes
    },
    /** While the cluster is being read. */
    whileReading: (happens: () => Promise<void>) => {
      onSnapshot = happens
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
    expect(world.posts.map(({ text }) => text)).toEqual([expect.stringMatching(/^Over after /)])
    expect(await openIncidents(world)).toEqual([])
    expect(await world.bot.store.openAlerts('prod')).toEqual([])
  })

  it('keeps the time at which it ended while its thread cannot be written', async () => {
    const { world, accept } = await calmWorld()
    await absent(world, 'agent')
    accept(false)
    await reconcile(world.bot)
    world.pass(7)
    await reconcile(world.bot)
    const row = await world.bot.store.incident('agent')
    expect(row && observationOf(row)?.closed).toBe('2026-11-24T03:00:00.000Z')
  })

  it('is closed by the next round if the bot dies while it closes', async () => {
    const { world } = await calmWorld()
    await absent(world, 'agent')
    const { store } = world.bot
    let dies = true
    const dying = {
      ...store,
      changeIncident: (...change: Parameters<typeof store.changeIncident>) =>
        dies && change[2].closed
          ? Promise.reject(new Error('killed'))
          : store.changeIncident(...change),
    }
    await reconcile({ ...world.bot, store: dying })
    expect(await store.openAlerts('prod')).toEqual([])
    expect(await openIncidents(world)).toEqual(['agent'])
    dies = false
    await reconcile(world.bot)
    expect(await openIncidents(world)).toEqual([])
    expect(world.posts).toHaveLength(1)
  })
})

it('other alerts are shown as last seen while Alertmanager does not list them', async () => {
  const { world } = await calmWorld()
  await absent(world, 'agent')
  const { store } = world.bot
  const row = await store.incident('agent')
  const last = row && observationOf(row)
  const relatedAlerts = [{ alertname: 'KubeNodeNotReady', subject: 'n1' }]
  if (!row || !last) throw new Error('no observation')
  const observation = JSON.stringify({ ...last, relatedAlerts })
  await store.changeIncident(row.id, row.rev, { observation })
  const matching = () => Promise.reject(new Error('no answer'))
  const { alertmanager } = world.bot
  if (!alertmanager) throw new Error('no Alertmanager')
  await reconcile({ ...world.bot, alertmanager: { ...alertmanager, matching } })
  const now = await store.incident('agent')
  expect(now && observationOf(now)?.relatedAlerts).toEqual(relatedAlerts)
})

describe('the thread', () => {
  it('says nothing before the message says it', async () => {
    const { world, show } = await calmWorld()
    await absent(world, 'agent')
    show(false)
    await reconcile(world.bot)
    expect(world.posts).toEqual([])
    show(true)
    await reconcile(world.bot)
    expect(world.posts).toHaveLength(1)
  })
})

it('a click during the reading goes first: the next round, soon, observes its effect too', async () => {
  const { world, sent, whileReading } = await calmWorld()
  await absent(world, 'agent')
  const wakes: (number | undefined)[] = []
  const bot = { ...world.bot, wake: (afterMs?: number) => void wakes.push(afterMs) }
  whileReading(async () => {
    whileReading(async () => {})
    const row = await bot.store.incident('agent')
    if (row) await bot.store.changeIncident(row.id, row.rev, { hash: 'of the click' })
  })
  await reconcile(bot)
  expect(sent).toEqual([])
  expect(wakes).toEqual([1_000])
  await reconcile(bot)
  expect(sent).toEqual(['C1'])
})

it('a round that is asked to stop leaves the remaining incidents to the next one', async () => {
  const { world, sent } = await calmWorld()
  await absent(world, 'agent', 'C1')
  await absent(world, 'proxy', 'C2')
  const stop = new AbortController()
  const { publish } = world.bot.slack
  const slack: SlackClient = {
    ...world.bot.slack,
    publish: (...message) => {
      stop.abort()
      return publish(...message)
    },
  }
  await reconcile({ ...world.bot, slack }, stop.signal)
  expect(sent).toHaveLength(1)
  await reconcile(world.bot)
  expect(sent.sort()).toEqual(['C1', 'C2'])
})

describe('after the cluster was read', () => {
  const startAfterReading = async (readingMinutes: number, reconcileInterval: number) => {
    const { world, whileReading } = await calmWorld()
    await absent(world, 'agent')
    whileReading(async () => world.pass(readingMinutes))
    const bot = { ...world.bot, config: { ...world.bot.config, reconcileInterval } }
    await reconcile(bot)
    return bot.memory.nextRoundAtMs - bot.now().getTime()
  }
  it('the next round comes 10 s later at the earliest, or a sixth of a short interval', async () => {
    expect(await startAfterReading(0, 60)).toBe(10_000)
    expect(await startAfterReading(0, 3600)).toBe(10_000)
    expect(await startAfterReading(0, 3)).toBe(500)
  })
  it('and as long after it as it took, so that half of the time is left to others', async () => {
    expect(await startAfterReading(0.5, 60)).toBe(30_000)
  })
  it('a round that reads nothing delays none', async () => {
    const { world } = await calmWorld()
    await reconcile(world.bot)
    expect(world.bot.memory.nextRoundAtMs).toBe(Number.NEGATIVE_INFINITY)
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

  it('leaves its work to another replica soon after its holder has died', async () => {
    const { world } = await calmWorld()
    const { store } = world.bot
    const asked: number[] = []
    const acquireLease: typeof store.acquireLease = async (_name, _holder, seconds) => {
      asked.push(seconds)
      return true
    }
    await round({ ...world.bot, store: { ...store, acquireLease } }, 'one')
    expect(asked).toEqual([expect.closeTo(45, -1)])
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

it('says nothing of a reading that a stop has cut short', async () => {
  const { world, sent, whileReading } = await calmWorld()
  await absent(world, 'agent')
  const before = await world.bot.store.incident('agent')
  const stop = new AbortController()
  whileReading(async () => stop.abort())
  await reconcile(world.bot, stop.signal)
  expect(sent).toEqual([])
  expect(world.posts).toEqual([])
  expect(await world.bot.store.incident('agent')).toEqual(before)
})
