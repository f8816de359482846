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

describe('an alert that Alertmanager no longer lists', () => {
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
