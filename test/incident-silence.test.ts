import { describe, expect, it } from 'vitest'
import type {
  AlertmanagerClient,
  EqualityMatchers,
  PolledSilence,
} from '../src/alertmanager/client.ts'
import type { SilenceParameters } from '../src/incident/action-log.ts'
import { beginAction, silenceActions } from '../src/incident/action-log.ts'
import { followUp, isSettled } from '../src/incident/actions/follow-up.ts'
import { placeSilences } from '../src/incident/actions/silence.ts'
import { coveredBy, notCoveredBy } from '../src/incident/coverage.ts'
import { endedWith } from '../src/incident/ended-silences.ts'
import type { Observation } from '../src/incident/state.ts'
import { diagnosis, finding, observationAs, type QuietWorld, quietWorld } from './incident-world.ts'

const observation = observationAs(
  'open',
  [diagnosis({ nodes: ['n1'], findings: [finding('T4')] })],
  {
    posted: { state: 'open', causes: ['T4'], nodes: 1 },
  },
)
const target = (daemonset: string, alertname = 'KubeDaemonSetMisScheduled'): EqualityMatchers => ({
  alertname,
  daemonset,
  namespace: 'datadog',
})
const [first, second] = [target('agent'), target('agent', 'KubeDaemonSetRolloutStuck')]
const settings = {
  until: '2026-11-24T04:00:00.000Z',
  createdBy: 'maya (Slack U1)',
  comment: 'ours',
}

/** An Alertmanager with these silences that creates more, until it fails. */
function silences(known: readonly PolledSilence[] = [], failsAt = Number.POSITIVE_INFINITY) {
  const active = [...known]
  const extended: string[] = []
  const alertmanager: Partial<AlertmanagerClient> = {
    activeSilences: async () => active,
    createSilence: async (request) => {
      if (active.length >= failsAt) throw new Error('the limit is reached')
      const equal = active.find(
        ({ matchers }) => JSON.stringify(matchers) === JSON.stringify(request.matchers),
      )
      if (equal) return { ...equal, existed: true }
      const made = { ...request, id: `s${active.length + 1}`, startsAt: '' }
      active.push(made)
      return { ...made, existed: false }
    },
    expireSilence: async (id) => {
      const index = active.findIndex((one) => one.id === id)
      if (index >= 0) active.splice(index, 1)
    },
    extendSilence: async (id) => {
      extended.push(id)
      return { id }
    },
  }
  return { active, extended, alertmanager }
}
const silence = (id: string, matchers: EqualityMatchers, comment = 'ours'): PolledSilence => ({
  id,
  matchers,
  startsAt: '',
  endsAt: settings.until,
  createdBy: 'x',
  comment,
})

async function asked(world: QuietWorld, more: Partial<SilenceParameters> = {}) {
  await world.incident(observation)
  const parameters: SilenceParameters = {
    kind: 'silence',
    until: settings.until,
    silences: [],
    comment: settings.comment,
    targets: [first, second],
    nodes: null,
    hardEnd: '2026-11-25T03:00:00.000Z',
    ...more,
  }
  const begun = await beginAction(world.bot, await world.row(), {
    intent: 'silence',
    who: 'U1',
    parameters,
  })
  if (!begun.ok) throw new Error('not begun')
  return begun.value
}

const left = async ({ bot }: QuietWorld) => {
  const actions = await bot.store.actions('inc_1')
  return {
    states: actions.map(({ state }) => state),
    ids: silenceActions(actions).flatMap(({ parameters }) =>
      parameters.silences.map(({ id }) => id),
    ),
  }
}

describe('silences are created all or none', () => {
  it('and each has the matchers that were shown', async () => {
    const { active, alertmanager } = silences()
    const { bot } = await quietWorld({ alertmanager })
    expect(await placeSilences(bot, [first, second], settings)).toEqual([
      { id: 's1', namespace: 'datadog', name: 'agent', alertname: 'KubeDaemonSetMisScheduled' },
      { id: 's2', namespace: 'datadog', name: 'agent', alertname: 'KubeDaemonSetRolloutStuck' },
    ])
    expect(active.map(({ matchers }) => matchers)).toEqual([first, second])
  })

  it('if one is refused, the others are expired, except for those that somebody else created', async () => {
    const { active, alertmanager } = silences([silence('theirs', first, 'theirs')], 2)
    const { bot } = await quietWorld({ alertmanager })
    await expect(placeSilences(bot, [first, second, target('proxy')], settings)).rejects.toThrow(
      'the limit is reached',
    )
    expect(active.map(({ id }) => id)).toEqual(['theirs'])
  })
})

describe('a silence whose outcome was lost', () => {
  const late = async (known: readonly PolledSilence[], more: Partial<SilenceParameters> = {}) => {
    const { active, alertmanager } = silences(known)
    const world = await quietWorld({ alertmanager })
    await asked(world, more)
    world.pass(2)
    await followUp(world.bot, await world.row(), observation, known)
    return { ...(await left(world)), active: active.map(({ id }) => id), posts: world.posts }
  }

  it('is found by its matchers, even if somebody else created it', async () => {
    const found = await late([silence('theirs', first, 'theirs'), silence('s2', second)])
    expect(found).toMatchObject({ states: ['active'], ids: ['theirs', 's2'] })
    expect(found.posts).toEqual([{ text: 'Silenced by @U1.', broadcast: false }])
  })

  it('is expired if only a part was created, with a broadcast', async () => {
    const found = await late([silence('s1', first), silence('other', target('proxy'), 'theirs')])
    expect(found).toMatchObject({ states: ['failed'], active: ['other'] })
    expect(found.posts).toEqual([{ text: expect.stringContaining('only some'), broadcast: true }])
  })

  it('is not one that matches more than it should', async () => {
    const wide = silence(
      'wide',
      { alertname: first.alertname ?? '', namespace: 'datadog' },
      'theirs',
    )
    expect(await late([wide], { targets: [first] })).toMatchObject({
      states: ['failed'],
      active: ['wide'],
    })
  })

  it('is not looked up before its deadline: it may still report on its own', async () => {
    const { active, alertmanager } = silences()
    const world = await quietWorld({ alertmanager })
    await asked(world)
    world.pass(0.9)
    await followUp(world.bot, await world.row(), observation, active)
    expect(await left(world)).toMatchObject({ states: ['running'] })
    world.pass(0.1)
    await followUp(world.bot, await world.row(), observation, active)
    expect(await left(world)).toMatchObject({ states: ['failed'] })
  })

  it('has failed if there is none', async () => {
    expect(await late([])).toMatchObject({
      states: ['failed'],
      posts: [{ text: expect.stringContaining('no silence was created') }],
    })
  })
})

describe('a silence that follows nodes', () => {
  const own = [first, second].map((matchers, index) => ({
    id: `s${index + 1}`,
    namespace: 'datadog',
    name: 'agent',
    alertname: matchers.alertname ?? '',
  }))
  const renewed = async (
    known: readonly PolledSilence[] | undefined,
    minutes: number,
    more: Partial<SilenceParameters> = {},
  ) => {
    const { extended, alertmanager } = silences()
    const world = await quietWorld({ alertmanager })
    const action = await asked(world, { nodes: ['n1'], causes: ['T4'], silences: own, ...more })
    await world.bot.store.changeAction(action.id, 'running', { state: 'active' })
    world.pass(minutes)
    await followUp(world.bot, await world.row(), observation, known)
    const [parameters] = silenceActions(await world.bot.store.actions('inc_1')).map(
      (one) => one.parameters,
    )
    return { extended, until: parameters?.until, posts: world.posts }
  }
  const both = [silence('s1', first), silence('s2', second)]

  it('is extended by an hour, with the second one, when half an hour is left', async () => {
    expect(await renewed(both, 30)).toMatchObject({ extended: [], until: settings.until })
    expect(await renewed(both, 31)).toEqual({
      extended: ['s1', 's2'],
      until: '2026-11-24T04:31:00.000Z',
      posts: [],
    })
  })

  it('never lasts longer than a day', async () => {
    expect(await renewed(both, 31, { hardEnd: '2026-11-24T04:10:00.000Z' })).toMatchObject({
      until: '2026-11-24T04:10:00.000Z',
    })
  })

  it('does not restart a second silence that somebody ended', async () => {
    expect(await renewed([silence('s1', first)], 31)).toMatchObject({ extended: ['s1'] })
  })

  it('waits if Alertmanager does not list its silences', async () => {
    expect(await renewed(undefined, 31)).toMatchObject({ extended: [], until: settings.until })
  })
})

describe('a silence that covers some of several DaemonSets', () => {
  const agent = { id: 's1', namespace: 'datadog', name: 'agent', alertname: first.alertname ?? '' }
  const following: Partial<SilenceParameters> = {
    nodes: ['n1'],
    causes: ['T4'],
    silences: [agent],
    targets: [first],
  }
  const proxy = diagnosis({ name: 'proxy', nodes: ['n1', 'n2'], findings: [finding('P2')] })
  const two = (own = observation.diagnoses[0] ?? diagnosis()) =>
    observationAs('open', [own, proxy], { posted: { state: 'open', causes: ['T4'], nodes: 1 } })
  const followed = async (now: Observation, more: Partial<SilenceParameters> = following) => {
    const { active, alertmanager } = silences([
      silence('s1', first),
      silence('s2', target('proxy')),
    ])
    const world = await quietWorld({ alertmanager })
    const action = await asked(world, more)
    await world.bot.store.changeAction(action.id, 'running', { state: 'active' })
    await followUp(world.bot, await world.row(), now, [...active])
    return { ...(await left(world)), posts: world.posts, active: active.map(({ id }) => id) }
  }

  it('does not cover a DaemonSet of the same name in another namespace', () => {
    const now = two()
    const [alert] = now.alerts
    if (!alert) throw new Error('no alert')
    const twin = { ...alert, namespace: 'other', labels: { ...alert.labels, namespace: 'other' } }
    const both = { ...now, alerts: [alert, twin] }
    const covering = { silences: [agent] } as unknown as SilenceParameters
    expect(coveredBy(both, [covering]).alerts).toEqual([alert])
    expect(notCoveredBy(both, [covering]).alerts).toEqual([twin])
  })

  it('goes on while the cluster cannot be read: what was read last may have changed', async () => {
    const grown = two(diagnosis({ nodes: ['n1', 'n3'], findings: [finding('T4')] }))
    expect(await followed({ ...grown, unreadable: 'no answer' })).toMatchObject({
      states: ['active'],
      posts: [],
    })
  })

  it('is judged by their nodes and causes alone', async () => {
    expect(await followed(two())).toMatchObject({ states: ['active'], posts: [] })
    const grown = await followed(two(diagnosis({ nodes: ['n1', 'n3'], findings: [finding('T4')] })))
    expect(grown.states).toEqual(['ended'])
    expect(grown.posts).toEqual([{ text: expect.stringContaining('`n3`'), broadcast: true }])
  })

  it('ends quietly once none of them is misscheduled or fires, while others still are', async () => {
    const now = two(diagnosis())
    const quiet = {
      ...now,
      alerts: now.alerts.map((one) => ({ ...one, firing: one.name !== 'agent' })),
    }
    expect(await followed(quiet)).toMatchObject({
      states: ['ended'],
      posts: [{ text: expect.stringContaining('no'), broadcast: false }],
      active: ['s2'],
    })
    expect((await followed(quiet, { ...following, nodes: null })).states).toEqual(['active'])
    expect((await followed({ ...quiet, unreadable: 'no answer' })).states).toEqual(['active'])
  })

  it('ends with every other one when the incident is over', async () => {
    const { active, alertmanager } = silences([
      silence('s1', first),
      silence('s2', target('proxy')),
    ])
    const world = await quietWorld({ alertmanager })
    const one = await asked(world, following)
    await world.bot.store.changeAction(one.id, 'running', { state: 'active' })
    const begun = await beginAction(world.bot, await world.row(), {
      intent: 'silence the rest',
      who: 'U2',
      parameters: {
        kind: 'silence',
        until: settings.until,
        silences: [{ ...agent, id: 's2', name: 'proxy' }],
        comment: 'ours',
        nodes: null,
        hardEnd: settings.until,
      },
    })
    if (!begun.ok) throw new Error('not begun')
    await world.bot.store.changeAction(begun.value.id, 'running', { state: 'active' })
    await followUp(world.bot, await world.row(), { ...two(), state: 'closed' }, [...active])
    expect((await left(world)).states).toEqual(['ended', 'ended'])
    expect(active).toEqual([])
  })

  it('goes on for the others if one of its silences was ended in Alertmanager', async () => {
    const gone = { ...agent, id: 'gone', name: 'store' }
    const now = observationAs('open', [
      ...observation.diagnoses,
      diagnosis({ name: 'store', nodes: ['n1'], findings: [finding('T4')] }),
    ])
    const found = await followed(now, { ...following, silences: [agent, gone] })
    expect(found).toMatchObject({ states: ['active'], ids: ['s1'] })
    expect(found.posts).toEqual([
      {
        text: 'S0123 The silence of `datadog/store` has ended and the alert still fires.',
        broadcast: true,
      },
    ])
  })
})

describe('a silence of an incident that is over', () => {
  const active = async (closed: boolean, expireFails = false, isTold = false) => {
    const both = [silence('s1', first), silence('s2', second)]
    const { active, alertmanager } = silences(both)
    const world = await quietWorld({
      alertmanager: {
        ...alertmanager,
        ...(expireFails && { expireSilence: () => Promise.reject(new Error('is down')) }),
      },
    })
    const placed = both.map(
      ({ id, matchers: { namespace = '', daemonset = '', alertname = '' } }) => ({
        id,
        namespace,
        name: daemonset,
        alertname,
      }),
    )
    const action = await asked(world, { silences: placed })
    await world.bot.store.changeAction(action.id, 'running', { state: 'active' })
    const posted = { state: isTold ? 'closed' : 'open', causes: [], nodes: 1 } as const
    const over = observationAs('closed', [diagnosis()], {
      posted,
      closed: world.bot.now().toISOString(),
    })
    const next = closed ? over : observation
    await followUp(world.bot, await world.row(), next, both)
    const { states } = await left(world)
    const isDone = await isSettled(world.bot, 'inc_1')
    const ended = endedWith(over, await world.bot.store.actions('inc_1'))
    return { states, active: active.map(({ id }) => id), isDone, ended, posts: world.posts }
  }

  it('is ended with the second one: the entry that the incident is over says so', async () => {
    expect(await active(true)).toEqual({
      states: ['ended'],
      active: [],
      isDone: true,
      ended: 1,
      posts: [],
    })
  })

  it('has an entry of its own if it ends later than the thread says that the incident is over', async () => {
    expect(await active(true, false, true)).toMatchObject({
      states: ['ended'],
      posts: [{ text: 'The silence by @U1 was ended: the incident is over.', broadcast: false }],
    })
  })

  it('stays active, and the incident open, if Alertmanager does not expire it', async () => {
    expect(await active(true, true)).toMatchObject({
      states: ['active'],
      active: ['s1', 's2'],
      isDone: false,
      posts: [],
    })
  })

  it('goes on while the incident is open', async () => {
    expect(await active(false)).toMatchObject({ states: ['active'], active: ['s1', 's2'] })
  })
})
