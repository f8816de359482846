import { describe, expect, it } from 'vitest'
import type { SilenceParameters } from '../src/incident/action-log.ts'
import { beginAction } from '../src/incident/action-log.ts'
import { followUp } from '../src/incident/actions/follow-up.ts'
import { announce } from '../src/incident/message/announce.ts'
import { postToThread } from '../src/incident/message/thread.ts'
import type { Observation } from '../src/incident/state.ts'
import { observationOf } from '../src/incident/stored-observation.ts'
import { words } from '../src/words/words.ts'
import {
  diagnosis,
  finding,
  nodesTo,
  observationAs,
  type QuietWorld,
  quietWorld,
} from './incident-world.ts'

const observationWith = (nodes: number, more: Partial<Observation> = {}): Observation =>
  observationAs('open', [diagnosis({ nodes: nodesTo(nodes), findings: [finding('T4')] })], {
    posted: { state: 'open', causes: ['T4'], nodes: 1 },
    ...more,
  })

/** One round that observes this and announces it. */
async function round(world: QuietWorld, next: (last: Observation) => Observation): Promise<void> {
  const row = await world.row()
  const last = observationOf(row)
  if (!last) throw new Error('nothing was observed')
  await world.bot.store.changeIncident(row.id, row.rev, { observation: JSON.stringify(next(last)) })
  await announce(world.bot, await world.row())
}
const broadcast = ({ posts }: QuietWorld) =>
  posts.filter((one) => one.broadcast).map(({ text }) => text)
const nodes =
  (count: number) =>
  (last: Observation): Observation => ({
    ...last,
    ...observationWith(count, { posted: last.posted }),
  })

const silence: SilenceParameters = {
  kind: 'silence',
  until: '2026-11-24T04:00:00.000Z',
  silences: [
    { id: 's1', namespace: 'datadog', name: 'agent', alertname: 'KubeDaemonSetMisScheduled' },
  ],
  comment: 'c',
  nodes: null,
  hardEnd: '2026-11-25T03:00:00.000Z',
}
async function silenced(world: QuietWorld, parameters: SilenceParameters = silence): Promise<void> {
  const begun = await beginAction(world.bot, await world.row(), {
    intent: 'silence',
    who: 'U1',
    parameters,
  })
  if (!begun.ok) throw new Error('not begun')
  await world.bot.store.changeAction(begun.value.id, 'running', { state: 'active' })
}

describe('a change for the worse', () => {
  it('is sent to the channel with the route’s mention', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1))
    await round(world, nodes(2))
    expect(broadcast(world)).toEqual(['S0123 Growing: 2 nodes now, 1 before. `n1` and `n2`'])
  })

  it('is broadcast once in ten minutes, and always posted in the thread', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1))
    await round(world, nodes(2))
    world.pass(9)
    await round(world, nodes(4))
    expect(broadcast(world)).toHaveLength(1)
    expect(world.posts.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^Growing: 4 nodes now/),
    )
    world.pass(1)
    await round(world, nodes(8))
    expect(broadcast(world)).toHaveLength(2)
  })

  it('is broadcast once if a round has two of them', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1))
    await round(world, (last) => ({
      ...observationAs('open', [
        diagnosis({ nodes: nodesTo(2), findings: [finding('T4'), finding('P2')] }),
      ]),
      ...(last.posted ? { posted: last.posted } : {}),
    }))
    expect(world.posts.map(({ broadcast }) => broadcast)).toEqual([true, false])
  })

  it('is posted once', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1))
    await round(world, nodes(2))
    const { posts } = world
    const before = posts.length
    await round(world, nodes(2))
    expect(posts.length).toBe(before)
  })

  it('is broadcast later if Slack refuses it now', async () => {
    let takes = false
    const world = await quietWorld({ slackAccepts: () => takes })
    await world.incident(observationWith(1))
    await round(world, nodes(2))
    expect(world.posts).toEqual([])
    takes = true
    await round(world, nodes(2))
    expect(broadcast(world)).toHaveLength(1)
  })
})

describe('a silence that ended while the alert fires', () => {
  it('is broadcast', async () => {
    const world = await quietWorld({
      alertmanager: { activeSilences: async () => [], expireSilence: async () => {} },
    })
    await world.incident(observationWith(1))
    await silenced(world)
    await followUp(world.bot, await world.row(), observationWith(1), [])
    expect(broadcast(world)).toEqual(['S0123 The silence has ended and the alert still fires.'])
  })

  it('is not broadcast if another broadcast was less than ten minutes ago', async () => {
    const world = await quietWorld({
      alertmanager: { activeSilences: async () => [], expireSilence: async () => {} },
    })
    await world.incident(observationWith(1))
    await silenced(world)
    await round(world, nodes(2))
    world.pass(5)
    await followUp(world.bot, await world.row(), observationWith(2), [])
    expect(broadcast(world)).toHaveLength(1)
    expect(world.posts.at(-1)).toEqual({
      text: 'The silence has ended and the alert still fires.',
      broadcast: false,
    })
  })

  it('counts as a broadcast, so the next change is not one', async () => {
    const world = await quietWorld({
      alertmanager: { activeSilences: async () => [], expireSilence: async () => {} },
    })
    await world.incident(observationWith(1))
    await silenced(world)
    await followUp(world.bot, await world.row(), observationWith(1), [])
    world.pass(5)
    await round(world, (last) => ({
      ...nodes(2)(last),
      ...(last.lastBroadcast ? { lastBroadcast: last.lastBroadcast } : {}),
    }))
    expect(broadcast(world)).toHaveLength(1)
  })

  it('is not broadcast if nothing fires', async () => {
    const world = await quietWorld({
      alertmanager: { activeSilences: async () => [], expireSilence: async () => {} },
    })
    await world.incident(observationWith(1))
    await silenced(world)
    await followUp(world.bot, await world.row(), observationAs('fixed', [diagnosis()]), [])
    expect(world.posts).toEqual([{ text: 'The silence has ended.', broadcast: false }])
  })
})

describe('a DaemonSet that joins a silenced incident', () => {
  const joined = (names: readonly string[], last: Observation): Observation => ({
    ...last,
    ...observationAs(
      'open',
      names.map((name) => diagnosis({ name, nodes: ['n1'], findings: [finding('T4')] })),
    ),
  })
  const known = { state: 'open', causes: ['T4'], nodes: 1, daemonSets: ['datadog/agent'] } as const
  const heard =
    'S0123 `datadog/proxy` fires too and is not silenced: the silence does not cover it.'

  it('is broadcast once', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1, { posted: known }))
    await silenced(world)
    await round(world, (last) => joined(['agent', 'proxy'], last))
    await round(world, (last) => joined(['agent', 'proxy'], last))
    expect(world.posts).toEqual([{ text: heard, broadcast: true }])
  })

  it('waits until it can be broadcast, and is not forgotten', async () => {
    const world = await quietWorld()
    const lastBroadcast = '2026-11-24T02:55:00.000Z'
    await world.incident(observationWith(1, { posted: known, lastBroadcast }))
    await silenced(world)
    await round(world, (last) => joined(['agent', 'proxy'], last))
    expect(world.posts).toEqual([])
    world.pass(6)
    await round(world, (last) => joined(['agent', 'proxy'], last))
    expect(broadcast(world)).toEqual([heard])
  })

  it('is not announced if a silence covers it, or if none is active', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1, { posted: known }))
    await round(world, (last) => joined(['agent', 'proxy'], last))
    const both = ['agent', 'store'].map((name) => ({ ...silence.silences[0], name }))
    await silenced(world, { ...silence, silences: both as SilenceParameters['silences'] })
    await round(world, (last) => joined(['agent', 'proxy', 'store'], last))
    expect(world.posts).toEqual([])
  })

  it('comes before other news of the same round, so that it is the one that is broadcast', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1, { posted: known }))
    await silenced(world)
    await round(world, (last) => {
      const now = joined(['agent', 'proxy'], last)
      return {
        ...now,
        diagnoses: now.diagnoses.map((one) => ({ ...one, findings: [finding('P2')] })),
      }
    })
    expect(world.posts.map(({ broadcast: isBroadcast }) => isBroadcast)).toEqual([true, false])
    expect(broadcast(world)).toEqual([heard])
  })
})

describe('a silence that follows nodes', () => {
  const following: SilenceParameters = { ...silence, nodes: ['n1'], causes: ['T4'] }
  const active = [
    { id: 's1', matchers: {}, startsAt: '', endsAt: silence.until, createdBy: '', comment: 'c' },
  ]
  const ended: string[] = []
  const world = async () => {
    ended.length = 0
    const made = await quietWorld({
      alertmanager: { expireSilence: async (id) => void ended.push(id) },
    })
    await made.incident(observationWith(1))
    return made
  }

  it('stays while nodes and causes are the same, whatever the status says', async () => {
    const made = await world()
    await silenced(made, following)
    const same = observationAs('open', [
      diagnosis({ nodes: ['n1'], findings: [finding('T4'), finding('S6')] }),
    ])
    await followUp(made.bot, await made.row(), same, active)
    expect([ended, made.posts]).toEqual([[], []])
  })

  it('ends with a broadcast on another node', async () => {
    const made = await world()
    await silenced(made, following)
    await followUp(made.bot, await made.row(), observationWith(2), active)
    expect(ended).toEqual(['s1'])
    expect(broadcast(made)).toEqual([
      'S0123 The silence by @U1 was ended: it covered 1 node, and now `n2` is misscheduled too.',
    ])
  })

  it('ends with a broadcast on another cause', async () => {
    const made = await world()
    await silenced(made, following)
    await followUp(
      made.bot,
      await made.row(),
      observationAs('open', [diagnosis({ nodes: ['n1'], findings: [finding('P2')] })]),
      active,
    )
    expect(ended).toEqual(['s1'])
    expect(broadcast(made)).toEqual([
      'S0123 The silence by @U1 was ended: there is another cause now: summary of P2.',
    ])
  })

  it('does not end if the cluster cannot be read', async () => {
    const made = await world()
    await silenced(made, following)
    await followUp(
      made.bot,
      await made.row(),
      observationWith(2, { state: 'unreadable', unreadable: 'no answer' }),
      active,
    )
    expect([ended, made.posts]).toEqual([[], []])
  })

  it('is retried if Alertmanager does not expire it, and holds up nothing else', async () => {
    let away = true
    const made = await quietWorld({
      alertmanager: {
        expireSilence: async () => {
          if (away) throw new Error('no answer')
        },
      },
    })
    await made.incident(observationWith(1))
    await silenced(made, following)
    await followUp(made.bot, await made.row(), observationWith(2), active)
    expect(made.posts).toEqual([])
    away = false
    await followUp(made.bot, await made.row(), observationWith(2), active)
    expect(broadcast(made)).toHaveLength(1)
  })
})

describe('a silence of two alerts', () => {
  const two: SilenceParameters = {
    ...silence,
    silences: [
      ...silence.silences,
      { id: 's2', namespace: 'datadog', name: 'agent', alertname: 'KubeDaemonSetRolloutStuck' },
    ],
  }
  const polled = (id: string) => ({
    id,
    matchers: {},
    startsAt: '',
    endsAt: silence.until,
    createdBy: '',
    comment: 'c',
  })

  it('ends as a whole when the first ends', async () => {
    const ended: string[] = []
    const world = await quietWorld({
      alertmanager: {
        activeSilences: async () => [polled('s2')],
        expireSilence: async (id) => void ended.push(id),
      },
    })
    await world.incident(observationWith(1))
    await silenced(world, two)
    await followUp(world.bot, await world.row(), observationWith(1), [polled('s2')])
    expect(ended).toContain('s2')
    expect(broadcast(world)).toHaveLength(1)
  })

  it('goes on if only the second was ended', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1))
    await silenced(world, two)
    await followUp(world.bot, await world.row(), observationWith(1), [polled('s1')])
    expect(world.posts).toEqual([])
  })
})

describe('a fix that failed', () => {
  it('is broadcast, once in ten minutes', async () => {
    const world = await quietWorld()
    await world.incident(observationWith(1))
    const parameters = {
      kind: 'recount',
      namespace: 'datadog',
      name: 'agent',
      uid: 'uid-agent',
      before: { misscheduled: 1, desired: 9 },
      predicted: { numberMisscheduled: 0, desiredNumberScheduled: 10, podsRestarted: 0 },
      told: [],
    } as const
    const begun = await beginAction(world.bot, await world.row(), {
      intent: 'recount datadog/agent',
      who: 'U1',
      parameters,
    })
    if (!begun.ok) throw new Error('not begun')
    const action = begun.value
    await world.bot.store.changeAction(action.id, 'running', { state: 'done' })
    await followUp(world.bot, await world.row(), observationWith(1), [])
    expect(world.posts).toEqual([])
    world.pass(2)
    await followUp(world.bot, await world.row(), observationWith(1), [])
    expect(broadcast(world)).toEqual([
      expect.stringMatching(
        /^S0123 The fix did not work\. @U1 triggered a recount of `datadog\/agent`: misscheduled predicted 1 → 0, seen 1 → 1/,
      ),
    ])
    await postToThread(world.bot, await world.row(), words`again`, { broadcast: true })
    expect(broadcast(world)).toHaveLength(1)
  })
})
