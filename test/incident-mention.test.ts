import { describe, expect, it } from 'vitest'
import type { GettableAlert } from '../src/alertmanager/client.ts'
import type { Route } from '../src/config/config.ts'
import { beginAction } from '../src/incident/action-log.ts'
import { announce } from '../src/incident/message/announce.ts'
import { publish } from '../src/incident/message/publish.ts'
import type { Observation } from '../src/incident/state.ts'
import { observationOf } from '../src/incident/stored-observation.ts'
import type { SlackClient } from '../src/slack/client.ts'
import type { IncidentView } from '../src/slack/incident-view.ts'
import { incidentMessage } from '../src/slack/message.ts'
import { diagnosis, finding, observationAs, type QuietWorld, quietWorld } from './incident-world.ts'

const openWith = (...names: readonly string[]): Observation =>
  observationAs(
    'open',
    names.map((name) => diagnosis({ name, nodes: ['n1'], findings: [finding('T3')] })),
  )

const alert = (silencedBy: readonly string[], inhibitedBy: readonly string[]): GettableAlert =>
  ({ labels: {}, status: { silencedBy, inhibitedBy } }) as unknown as GettableAlert

interface Sent {
  readonly method: 'post' | 'update'
  readonly view: IncidentView
}

async function worldWith(
  given: {
    readonly routes?: QuietWorld['bot']['config']['slack']['routes']
    silenced?: readonly string[]
    inhibited?: readonly string[]
    unreachable?: boolean
    readonly answer?: (sent: Sent, count: number) => ReturnType<SlackClient['publish']> | undefined
  } = {},
) {
  const sent: Sent[] = []
  const base = await quietWorld()
  const { config } = base.bot
  const routes = given.routes ?? config.slack.routes
  const world = await quietWorld({
    config: { slack: { ...config.slack, routes } },
    alertmanager: {
      matching: async ({ daemonset = '' }) => {
        if (given.unreachable) throw new Error('no answer')
        const by = (names: readonly string[] = []) => (names.includes(daemonset) ? ['x1'] : [])
        return [alert(by(given.silenced), by(given.inhibited))]
      },
      alertsUrl: () => 'http://alertmanager/#/alerts',
    },
    slack: {
      publish: async ({ ts }, view) => {
        const one: Sent = { method: ts === undefined ? 'post' : 'update', view }
        sent.push(one)
        const answer = await given.answer?.(one, sent.length)
        return answer ?? { ok: true, ts: ts ?? `${sent.length}.0` }
      },
      findMessage: async () => ({ ok: true }),
    },
  })
  return { world, sent }
}

/** An incident without a message yet, and the row after it was published. */
async function firstPost(world: QuietWorld, observation: Observation) {
  const row = await world.incident(observation)
  const fresh = await world.bot.store.changeIncident(row.id, row.rev, { ts: null, hash: null })
  return fresh && publish(world.bot, fresh)
}

async function observe(world: QuietWorld, next: (last: Observation) => Observation) {
  const row = await world.row()
  const last = observationOf(row)
  if (!last) throw new Error('nothing was observed')
  const changed = await world.bot.store.changeIncident(row.id, row.rev, {
    observation: JSON.stringify(next(last)),
  })
  return changed && publish(world.bot, changed)
}

const mentioned = ({ view }: Sent): readonly (readonly string[])[] => {
  const message = JSON.stringify(incidentMessage(view))
  return ['S0123', 'S0456'].map((group) => [
    ...(message.includes(`<!subteam^${group}>`) ? ['text'] : []),
    ...(message.includes(`"usergroup_id":"${group}"`) ? ['blocks'] : []),
  ])
}

describe('the first message', () => {
  it('mentions whom the route names, in the text and in the blocks', async () => {
    const { world, sent } = await worldWith()
    await firstPost(world, openWith('agent'))
    expect(sent.map(mentioned)).toEqual([[['text', 'blocks'], []]])
    expect(incidentMessage(sent[0]?.view as IncidentView).text).toMatch(
      /^<!subteam\^S0123> No action: /,
    )
  })

  it('mentions nobody if the route names nobody', async () => {
    const { world, sent } = await worldWith({ routes: [{ match: {}, channel: 'C1' }] })
    await firstPost(world, openWith('agent'))
    expect(sent.map(mentioned)).toEqual([[[], []]])
  })

  it('mentions everybody whose DaemonSet is in it, each once', async () => {
    const { world, sent } = await worldWith({
      routes: [
        { match: { daemonset: 'proxy' }, channel: 'C1', mention: 'S0456' },
        { match: {}, channel: 'C1', mention: 'S0123' },
      ],
    })
    await firstPost(world, openWith('agent', 'logs', 'proxy'))
    expect(sent.map(mentioned)).toEqual([
      [
        ['text', 'blocks'],
        ['text', 'blocks'],
      ],
    ])
    expect(incidentMessage(sent[0]?.view as IncidentView).text.match(/S0123/g)).toHaveLength(1)
  })

  it.each(['fixed', 'closed'] as const)(
    'mentions nobody if there is nothing to do: %s',
    async (state) => {
      const { world, sent } = await worldWith()
      await firstPost(world, { ...openWith('agent'), state })
      expect(sent.map(mentioned)).toEqual([[[], []]])
    },
  )

  it('mentions somebody while the cluster cannot be read', async () => {
    const { world, sent } = await worldWith()
    await firstPost(world, { ...openWith('agent'), state: 'unreadable', unreadable: 'no answer' })
    expect(sent.map(mentioned)).toEqual([[['text', 'blocks'], []]])
  })

  it.each(['silenced', 'inhibited'])('mentions nobody for an alert that is %s', async (how) => {
    const routes: readonly Route[] = [
      { match: { daemonset: 'proxy' }, channel: 'C1', mention: 'S0456' },
      { match: {}, channel: 'C1', mention: 'S0123' },
    ]
    const all = await worldWith({ routes, [how]: ['agent', 'proxy'] })
    await firstPost(all.world, openWith('agent', 'proxy'))
    expect(all.sent.map(mentioned)).toEqual([[[], []]])
    const one = await worldWith({ routes, [how]: ['agent'] })
    await firstPost(one.world, openWith('agent', 'proxy'))
    expect(one.sent.map(mentioned)).toEqual([[[], ['text', 'blocks']]])
  })

  it('mentions somebody if Alertmanager does not answer', async () => {
    const { world, sent } = await worldWith({ unreachable: true })
    await firstPost(world, openWith('agent'))
    expect(sent.map(mentioned)).toEqual([[['text', 'blocks'], []]])
  })
})

describe('later', () => {
  it('an unchanged world sends nothing, and an edit keeps the mention as it was', async () => {
    const { world, sent } = await worldWith()
    await firstPost(world, openWith('agent'))
    await publish(world.bot, await world.row())
    expect(sent).toHaveLength(1)
    await observe(world, (last) => ({ ...last, ...openWith('agent', 'logs') }))
    expect(sent.map(({ method }) => method)).toEqual(['post', 'update'])
    expect(sent.map(mentioned)).toEqual([
      [['text', 'blocks'], []],
      [['text', 'blocks'], []],
    ])
  })

  it('a DaemonSet that joins adds no mention: an edit notifies nobody', async () => {
    const { world, sent } = await worldWith({
      routes: [
        { match: { daemonset: 'proxy' }, channel: 'C1', mention: 'S0456' },
        { match: {}, channel: 'C1', mention: 'S0123' },
      ],
    })
    await firstPost(world, openWith('agent'))
    await observe(world, (last) => ({ ...last, ...openWith('agent', 'proxy') }))
    expect(sent.map(mentioned)[1]).toEqual([['text', 'blocks'], []])
  })

  it('is without the mention once it is over', async () => {
    const { world, sent } = await worldWith()
    await firstPost(world, openWith('agent'))
    await observe(world, (last) => ({ ...last, state: 'closed' }))
    expect(sent.map(mentioned)[1]).toEqual([[], []])
  })

  it('a message that somebody deleted is posted again without a mention', async () => {
    const gone = { ok: false, kind: 'gone', error: 'message_not_found', detail: '' } as const
    const { world, sent } = await worldWith({
      answer: (one) => (one.method === 'update' ? Promise.resolve(gone) : undefined),
    })
    await firstPost(world, openWith('agent'))
    await observe(world, (last) => ({ ...last, ...openWith('agent', 'logs') }))
    expect(sent.map(({ method }) => method)).toEqual(['post', 'update', 'post'])
    expect(sent.map(mentioned)[2]).toEqual([[], []])
  })

  it('a post that Slack refused at first mentions when it goes out', async () => {
    const refused = { ok: false, kind: 'retry', error: 'ratelimited', detail: '' } as const
    const { world, sent } = await worldWith({
      answer: (_, count) => (count === 1 ? Promise.resolve(refused) : undefined),
    })
    await firstPost(world, openWith('agent'))
    await publish(world.bot, await world.row())
    expect(sent.map(mentioned)[1]).toEqual([['text', 'blocks'], []])
  })
})

describe('a mention that the first message left out, as the alert was silenced', () => {
  const heard = ({ posts }: QuietWorld) =>
    posts.filter(({ broadcast }) => broadcast).map(({ text }) => text)
  const said =
    'S0123 `datadog/agent` still fires and is no longer silenced or inhibited in Alertmanager.'

  /** The alert of `agent` was silenced when its message was posted, and the evidence is out. */
  async function quietly(how: 'silenced' | 'inhibited' = 'silenced', ...more: readonly string[]) {
    const given: Parameters<typeof worldWith>[0] = { [how]: ['agent', ...more] }
    const { world } = await worldWith(given)
    await firstPost(world, openWith('agent', 'proxy', ...more))
    const round = async (state: Observation['state'] = 'open') => {
      await observe(world, (last) => ({ ...last, state }))
      await announce(world.bot, await world.row())
    }
    await round()
    return { world, given, round }
  }

  it.each(['silenced', 'inhibited'] as const)(
    'is given once when the alert is no longer %s',
    async (how) => {
      const { world, given, round } = await quietly(how)
      await round()
      expect(heard(world)).toEqual([])
      given[how] = []
      await round()
      expect(heard(world)).toEqual([said])
      given[how] = ['agent']
      await round()
      given[how] = []
      world.pass(60)
      await round()
      expect(heard(world)).toEqual([said])
    },
  )

  it('is given for each DaemonSet when its own silence ends', async () => {
    const { world, given, round } = await quietly('silenced', 'logs')
    given.silenced = ['logs']
    await round()
    given.silenced = []
    await round()
    expect(heard(world)).toEqual([said])
    world.pass(10)
    await round()
    expect(heard(world)).toEqual([said, said.replace('agent', 'logs')])
  })

  it('is not given while Alertmanager does not answer, or nothing is misscheduled', async () => {
    const { world, given, round } = await quietly()
    given.silenced = []
    given.unreachable = true
    await round()
    given.unreachable = false
    await round('fixed')
    expect(heard(world)).toEqual([])
    world.pass(10)
    await round('cleared')
    expect(heard(world)).toEqual([])
  })

  it('is not given if somebody has silenced the alert here since: that end is broadcast', async () => {
    const { world, given, round } = await quietly()
    const begun = await beginAction(world.bot, await world.row(), {
      intent: 'silence',
      who: 'U1',
      parameters: {
        kind: 'silence',
        until: '2026-11-24T04:00:00.000Z',
        silences: [
          { id: 's1', namespace: 'datadog', name: 'agent', alertname: 'KubeDaemonSetMisScheduled' },
        ],
        comment: 'c',
        nodes: null,
        hardEnd: '2026-11-25T03:00:00.000Z',
      },
    })
    if (!begun.ok) throw new Error('not begun')
    await world.bot.store.changeAction(begun.value.id, 'running', { state: 'active' })
    await round()
    await world.bot.store.changeAction(begun.value.id, 'active', { state: 'ended' })
    given.silenced = []
    await round()
    expect(heard(world)).toEqual([])
  })

  it('is not given if the incident was over in between: opening again is broadcast', async () => {
    const { world, given, round } = await quietly()
    await round('closed')
    given.silenced = []
    await round()
    world.pass(20)
    await round()
    expect(heard(world)).toEqual(['S0123 Open again: 1 node is misscheduled.'])
  })
})
