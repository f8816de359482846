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
  type QuietWorld,
  quietWorld,
  seenAs,
} from './incident-world.ts'

const seenWith = (nodes: number, more: Partial<Observation> = {}): Observation =>
  seenAs('open', [diagnosis({ nodes: nodesTo(nodes), findings: [finding('T4')] })], {
    posted: { state: 'open', causes: ['T4'], nodes: 1 },
    ...more,
  })

/** A round sees this, and tells it. */
async function round(world: QuietWorld, next: (last: Observation) => Observation): Promise<void> {
  const row = await world.row()
  const last = observationOf(row)
  if (!last) throw new Error('nothing was observed')
  await world.bot.store.changeIncident(row.id, row.rev, { observation: JSON.stringify(next(last)) })
  await announce(world.bot, await world.row())
}
const aloud = ({ said }: QuietWorld) => said.filter((one) => one.aloud).map(({ text }) => text)
const nodes =
  (count: number) =>
  (last: Observation): Observation => ({ ...last, ...seenWith(count, { posted: last.posted }) })

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

describe('a turn for the worse', () => {
  it('is sent to the channel with the route’s mention', async () => {
    const world = await quietWorld()
    await world.incident(seenWith(1))
    await round(world, nodes(2))
    expect(aloud(world)).toEqual(['S0123 Growing: 2 nodes now, 1 before. `n1` and `n2`'])
  })

  it('wakes the channel once in ten minutes; the thread hears all of it', async () => {
    const world = await quietWorld()
    await world.incident(seenWith(1))
    await round(world, nodes(2))
    world.pass(9)
    await round(world, nodes(4))
    expect(aloud(world)).toHaveLength(1)
    expect(world.said.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^Growing: 4 nodes now/),
    )
    world.pass(1)
    await round(world, nodes(8))
    expect(aloud(world)).toHaveLength(2)
  })

  it('of two in one round only the first is sent there', async () => {
    const world = await quietWorld()
    await world.incident(seenWith(1))
    await round(world, (last) => ({
      ...seenAs('open', [
        diagnosis({ nodes: nodesTo(2), findings: [finding('T4'), finding('P2')] }),
      ]),
      ...(last.posted ? { posted: last.posted } : {}),
    }))
    expect(world.said.map(({ aloud }) => aloud)).toEqual([true, false])
  })

  it('is posted once', async () => {
    const world = await quietWorld()
    await world.incident(seenWith(1))
    await round(world, nodes(2))
    const { said } = world
    const before = said.length
    await round(world, nodes(2))
    expect(said.length).toBe(before)
  })

  it('that Slack does not take now is posted, and aloud, when it takes it', async () => {
    let takes = false
    const world = await quietWorld({ slackTakes: () => takes })
    await world.incident(seenWith(1))
    await round(world, nodes(2))
    expect(world.said).toEqual([])
    takes = true
    await round(world, nodes(2))
    expect(aloud(world)).toHaveLength(1)
  })
})

describe('a silence that ended while the alert fires', () => {
  it('is said aloud', async () => {
    const world = await quietWorld({
      alertmanager: { activeSilences: async () => [], expireSilence: async () => {} },
    })
    await world.incident(seenWith(1))
    await silenced(world)
    await followUp(world.bot, await world.row(), seenWith(1), [])
    expect(aloud(world)).toEqual(['S0123 The silence has ended and the alert still fires.'])
  })

  it('is said quietly where the channel was woken less than ten minutes ago', async () => {
    const world = await quietWorld({
      alertmanager: { activeSilences: async () => [], expireSilence: async () => {} },
    })
    await world.incident(seenWith(1))
    await silenced(world)
    await round(world, nodes(2))
    world.pass(5)
    await followUp(world.bot, await world.row(), seenWith(2), [])
    expect(aloud(world)).toHaveLength(1)
    expect(world.said.at(-1)).toEqual({
      text: 'The silence has ended and the alert still fires.',
      aloud: false,
    })
  })

  it('and then keeps the next turn quiet in its turn', async () => {
    const world = await quietWorld({
      alertmanager: { activeSilences: async () => [], expireSilence: async () => {} },
    })
    await world.incident(seenWith(1))
    await silenced(world)
    await followUp(world.bot, await world.row(), seenWith(1), [])
    world.pass(5)
    await round(world, (last) => ({
      ...nodes(2)(last),
      ...(last.lastBroadcast ? { lastBroadcast: last.lastBroadcast } : {}),
    }))
    expect(aloud(world)).toHaveLength(1)
  })

  it('is said quietly where nothing fires any more', async () => {
    const world = await quietWorld({
      alertmanager: { activeSilences: async () => [], expireSilence: async () => {} },
    })
    await world.incident(seenWith(1))
    await silenced(world)
    await followUp(world.bot, await world.row(), seenAs('fixed', [diagnosis()]), [])
    expect(world.said).toEqual([{ text: 'The silence has ended.', aloud: false }])
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
    await made.incident(seenWith(1))
    return made
  }

  it('stays while the nodes are those and the cause is that, whatever the number does', async () => {
    const made = await world()
    await silenced(made, following)
    const same = seenAs('open', [
      diagnosis({ nodes: ['n1'], findings: [finding('T4'), finding('S6')] }),
    ])
    await followUp(made.bot, await made.row(), same, active)
    expect([ended, made.said]).toEqual([[], []])
  })

  it('ends aloud with another node', async () => {
    const made = await world()
    await silenced(made, following)
    await followUp(made.bot, await made.row(), seenWith(2), active)
    expect(ended).toEqual(['s1'])
    expect(aloud(made)).toEqual([
      'S0123 The silence by @U1 was ended: it covered 1 node, and now `n2` is misscheduled too.',
    ])
  })

  it('ends aloud with another cause', async () => {
    const made = await world()
    await silenced(made, following)
    await followUp(
      made.bot,
      await made.row(),
      seenAs('open', [diagnosis({ nodes: ['n1'], findings: [finding('P2')] })]),
      active,
    )
    expect(ended).toEqual(['s1'])
    expect(aloud(made)).toEqual([
      'S0123 The silence by @U1 was ended: there is another cause now: summary of P2.',
    ])
  })

  it('ends nothing on what could not be read', async () => {
    const made = await world()
    await silenced(made, following)
    await followUp(
      made.bot,
      await made.row(),
      seenWith(2, { state: 'unreadable', unreadable: 'no answer' }),
      active,
    )
    expect([ended, made.said]).toEqual([[], []])
  })

  it('that Alertmanager does not let go of holds up nothing else, and is tried again', async () => {
    let away = true
    const made = await quietWorld({
      alertmanager: {
        expireSilence: async () => {
          if (away) throw new Error('no answer')
        },
      },
    })
    await made.incident(seenWith(1))
    await silenced(made, following)
    await followUp(made.bot, await made.row(), seenWith(2), active)
    expect(made.said).toEqual([])
    away = false
    await followUp(made.bot, await made.row(), seenWith(2), active)
    expect(aloud(made)).toHaveLength(1)
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

  it('ends with the first: the second is ended too', async () => {
    const ended: string[] = []
    const world = await quietWorld({
      alertmanager: {
        activeSilences: async () => [polled('s2')],
        expireSilence: async (id) => void ended.push(id),
      },
    })
    await world.incident(seenWith(1))
    await silenced(world, two)
    await followUp(world.bot, await world.row(), seenWith(1), [polled('s2')])
    expect(ended).toContain('s2')
    expect(aloud(world)).toHaveLength(1)
  })

  it('goes on where only the second was ended', async () => {
    const world = await quietWorld()
    await world.incident(seenWith(1))
    await silenced(world, two)
    await followUp(world.bot, await world.row(), seenWith(1), [polled('s1')])
    expect(world.said).toEqual([])
  })
})

describe('a fix that failed', () => {
  it('is said aloud, once in ten minutes', async () => {
    const world = await quietWorld()
    await world.incident(seenWith(1))
    const parameters = {
      kind: 'recount',
      namespace: 'datadog',
      name: 'agent',
      uid: 'uid-agent',
      before: { misscheduled: 1, desired: 9 },
      predicted: { numberMisscheduled: 0, desiredNumberScheduled: 10, podsRestarted: 0 },
    } as const
    const begun = await beginAction(world.bot, await world.row(), {
      intent: 'recount datadog/agent',
      who: 'U1',
      parameters,
    })
    if (!begun.ok) throw new Error('not begun')
    const action = begun.value
    await world.bot.store.changeAction(action.id, 'running', { state: 'done' })
    await followUp(world.bot, await world.row(), seenWith(1), [])
    expect(world.said).toEqual([])
    world.pass(2)
    await followUp(world.bot, await world.row(), seenWith(1), [])
    expect(aloud(world)).toEqual([
      expect.stringMatching(
        /^S0123 The fix did not work\. Predicted for `datadog\/agent`: misscheduled 1 → 0/,
      ),
    ])
    await postToThread(world.bot, await world.row(), words`again`, { broadcast: true })
    expect(aloud(world)).toHaveLength(1)
  })
})
