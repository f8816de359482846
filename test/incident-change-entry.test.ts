import { describe, expect, it } from 'vitest'
import { beginAction, type ChangeParameters, changeActions } from '../src/incident/action-log.ts'
import { tellChange } from '../src/incident/actions/change-entry.ts'
import { plain } from '../src/words/words.ts'
import { observationAs, quietWorld } from './incident-world.ts'

const patch: ChangeParameters = {
  kind: 'patch',
  namespace: 'datadog',
  name: 'agent',
  uid: 'u',
  before: { misscheduled: 3, desired: 9 },
  predicted: { numberMisscheduled: 0, desiredNumberScheduled: 12, podsRestarted: 12 },
  tolerations: {
    from: [{ key: 'a' }],
    to: [{ key: 'a' }, { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }],
  },
  told: [],
}
const at = '2026-11-24T03:00:00.000Z'
const seen = { compared: at, seen: { misscheduled: 0, desired: 12 } }
const going = {
  rollout: { next: at, since: at, counts: { desired: 12, updated: 5, available: 11 } },
}
const finished = {
  rollout: {
    next: at,
    since: at,
    counts: { desired: 12, updated: 12, available: 12 },
    finished: at,
  },
}

/** The entries of a change that is found in these states, one after the other. */
async function entries(
  ...states: readonly (Partial<ChangeParameters> & { minutes?: number; isOver?: boolean })[]
) {
  const world = await quietWorld()
  await world.incident(observationAs('open', []))
  const begun = await beginAction(world.bot, await world.row(), {
    intent: 'patch',
    who: 'U1',
    parameters: patch,
  })
  if (!begun.ok) throw new Error(plain(begun.why))
  await world.bot.store.changeAction(begun.value.id, 'running', { state: 'active' })
  for (const { minutes = 0, isOver = false, ...more } of states) {
    world.pass(minutes)
    const [now] = changeActions(await world.bot.store.actions('inc_1'))
    if (!now) throw new Error('no change')
    const parameters = JSON.stringify({ ...now.parameters, ...more })
    await world.bot.store.changeAction(now.action.id, 'active', { parameters })
    const [change] = changeActions(await world.bot.store.actions('inc_1'))
    if (change) await tellChange(world.bot, await world.row(), change, isOver)
  }
  return world.posts
}

const made = '@U1 added the toleration `dedicated=gpu:NoSchedule` to `datadog/agent`: '

describe('the thread says of a change', () => {
  it('nothing before its result and its rollout are known, then all in one entry', async () => {
    expect(await entries(going, seen, { ...finished, minutes: 1 }, { minutes: 5 })).toEqual([
      {
        text: `${made}misscheduled predicted 3 → 0, seen 3 → 0; 12 of 12 pods restarted.`,
        broadcast: false,
      },
    ])
  })

  it('the end of a long rollout in a second entry, and nothing twice', async () => {
    const posts = await entries(
      { ...seen, ...going },
      { minutes: 3 },
      { minutes: 5 },
      { ...finished, minutes: 5 },
    )
    expect(posts.map(({ text }) => text)).toEqual([
      `${made}misscheduled predicted 3 → 0, seen 3 → 0; 5 of 12 pods restarted so far.`,
      '`datadog/agent`: 12 of 12 pods restarted.',
    ])
  })

  it('its entry before the incident is over', async () => {
    const posts = await entries({ ...seen, ...going, isOver: true })
    expect(posts.map(({ text }) => text)).toEqual([
      `${made}misscheduled predicted 3 → 0, seen 3 → 0; 5 of 12 pods restarted so far.`,
    ])
  })

  it('at once and loudly that it did not work, and desired only where it differs', async () => {
    const wrong = { compared: at, seen: { misscheduled: 3, desired: 9 } }
    expect(await entries({ ...wrong, ...going })).toEqual([
      {
        text: `The fix did not work. ${made}misscheduled predicted 3 → 0, seen 3 → 3; desired predicted 9 → 12, seen 9 → 9; 5 of 12 pods restarted so far.`,
        broadcast: true,
      },
    ])
  })

  it('that the result could not be read', async () => {
    const [entry] = await entries({ compared: at, seen: null, ...finished })
    expect(entry?.text).toContain('misscheduled predicted 3 → 0; the result could not be read; 12')
  })

  it('nothing of a change of an earlier version, which had other entries', async () => {
    expect(await entries({ ...seen, ...finished, told: undefined })).toEqual([])
  })
})
