import { describe, expect, it } from 'vitest'
import type { GettableAlert, Poll } from '../src/alertmanager/client.ts'
import { pollAlertmanager } from '../src/incident/poll.ts'
import { type QuietWorld, quietWorld } from './incident-world.ts'

const firing: GettableAlert = {
  fingerprint: 'f1',
  startsAt: '2026-11-24T02:00:00.000Z',
  endsAt: '2026-11-24T04:00:00.000Z',
  labels: { alertname: 'KubeDaemonSetMisScheduled', namespace: 'datadog', daemonset: 'agent' },
  status: { state: 'active', silencedBy: [], inhibitedBy: [] },
}
const listing = (alerts: readonly GettableAlert[], more: Partial<Poll> = {}): Poll => ({
  alerts,
  silences: [],
  reachable: ['http://alertmanager'],
  unreachable: [],
  absenceCounts: true,
  ...more,
})

/** A bot that has polled once, while the alert fired. */
async function polled() {
  let answer = listing([firing])
  const world = await quietWorld({ alertmanager: { poll: async () => answer } })
  await pollAlertmanager(world.bot)
  return {
    ...world,
    /** One more poll, a minute later unless it says otherwise. */
    poll: async (next: Poll, minutes = 1) => {
      answer = next
      world.pass(minutes)
      await pollAlertmanager(world.bot)
      return stateOf(world)
    },
  }
}

const stateOf = async ({ bot }: QuietWorld) => {
  const [alert] = await bot.store.openAlerts('prod')
  return [alert?.state, alert?.absentPolls]
}

it('a webhook that says resolved while Alertmanager is being asked is newer than the answer', async () => {
  const world = await quietWorld({
    alertmanager: {
      poll: async () => {
        world.pass(0.01)
        await world.bot.store.saveHints([resolved], world.bot.now().toISOString())
        world.pass(0.01)
        return listing([firing])
      },
    },
  })
  const { labels, fingerprint, startsAt } = firing
  const key = { cluster: 'prod', alertname: '', namespace: '', daemonset: '', ...labels }
  const hint = { ...key, fingerprint, startsAt, labels } as const
  const resolved = { ...hint, status: 'resolved', endsAt: '2026-11-24T02:59:00.000Z' } as const
  await world.bot.store.saveHints([{ ...hint, status: 'firing' }], world.bot.now().toISOString())
  await pollAlertmanager(world.bot)
  expect(await stateOf(world)).toEqual(['absent', 0])
})

describe('an alert that Alertmanager no longer lists', () => {
  it('is not kept by a DaemonSet of the same name in another namespace', async () => {
    const { poll, bot } = await polled()
    const other = {
      ...firing,
      fingerprint: 'f2',
      labels: { ...firing.labels, namespace: 'other' },
    }
    await poll(listing([other]))
    await poll(listing([other]))
    const states = (await bot.store.openAlerts('prod')).map((one) => [one.namespace, one.state])
    expect(states.sort()).toEqual([
      ['datadog', 'absent'],
      ['other', 'firing'],
    ])
  })

  it('is absent after two polls, not after one', async () => {
    const { poll } = await polled()
    expect(await poll(listing([]))).toEqual(['firing', 1])
    expect(await poll(listing([]))).toEqual(['absent', 2])
  })

  it('fires again once it is listed, and two more polls are needed', async () => {
    const { poll } = await polled()
    await poll(listing([]))
    expect(await poll(listing([firing]))).toEqual(['firing', 0])
    expect(await poll(listing([]))).toEqual(['firing', 1])
  })

  it('is missed once by polls of one burst', async () => {
    const { poll } = await polled()
    await poll(listing([]))
    expect(await poll(listing([]), 0.1)).toEqual(['firing', 1])
    expect(await poll(listing([]))).toEqual(['absent', 2])
  })

  it('is not missed while an Alertmanager does not answer or has just started', async () => {
    const { poll } = await polled()
    const down = listing([], {
      unreachable: [{ url: 'http://other', reason: 'connection refused' }],
      absenceCounts: false,
    })
    await poll(down)
    expect(await poll(down)).toEqual(['firing', 0])
    const restarted = listing([], { absenceCounts: false })
    await poll(restarted)
    expect(await poll(restarted)).toEqual(['firing', 0])
  })
})
