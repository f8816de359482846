import { describe, expect, it } from 'vitest'
import type { AlertmanagerClient } from '../src/alertmanager/client.ts'
import type { Bot } from '../src/bot.ts'
import { authorize } from '../src/incident/actions/authorize.ts'
import { publish } from '../src/incident/message/publish.ts'
import { observationOf } from '../src/incident/stored-observation.ts'
import type { SlackClient } from '../src/slack/client.ts'
import type { IncidentView } from '../src/slack/incident-view.ts'
import type { IncidentRow } from '../src/store/store.ts'
import { diagnosis, finding, observationAs, quietWorld } from './incident-world.ts'

type Publish = SlackClient['publish']
const accepted: Publish = async ({ ts }) => ({ ok: true, ts: ts ?? '2.0' })
const open = observationAs('open', [diagnosis({ nodes: ['n1'] })], { mentions: [] })

/** An open incident whose row has this, and a Slack that answers like this. */
async function worldWith(
  row: Partial<Pick<IncidentRow, 'ts' | 'posting' | 'hash'>>,
  slack: Partial<SlackClient>,
) {
  const sent: (string | undefined)[] = []
  const wakes: (number | undefined)[] = []
  let answer = slack.publish ?? accepted
  const world = await quietWorld({
    alertmanager: { alertsUrl: () => '' },
    slack: {
      findMessage: async () => ({ ok: true }),
      ...slack,
      publish: (place, view) => {
        sent.push(place.ts)
        return answer(place, view)
      },
    },
  })
  const { rev, id } = await world.incident(open)
  await world.bot.store.changeIncident(id, rev, row)
  const bot: Bot = { ...world.bot, wake: (inMs) => wakes.push(inMs) }
  return {
    ...world,
    sent,
    wakes,
    answerWith: (next: Publish) => {
      answer = next
    },
    publish: async (waitUntilMs?: number) => publish(bot, await world.row(), waitUntilMs),
  }
}

describe('an edit', () => {
  it.each(['retry', 'unknown', 'config'] as const)(
    'that Slack did not accept (%s) is sent again in the next round, and then no more',
    async (kind) => {
      const world = await worldWith(
        {},
        { publish: async () => ({ ok: false, kind, error: 'x', detail: '' }) },
      )
      await world.publish()
      expect((await world.row()).hash).toBeNull()
      world.answerWith(accepted)
      await world.publish()
      await world.publish()
      expect(world.sent).toEqual(['1.0', '1.0'])
      expect((await world.row()).hash).not.toBeNull()
    },
  )

  it('that a click overtook is sent once more: it is unknown which of the two Slack shows', async () => {
    const world = await worldWith({}, {})
    world.answerWith(async (place, view) => {
      const { id, rev } = await world.row()
      await world.bot.store.changeIncident(id, rev, { hash: 'of the click' })
      return accepted(place, view)
    })
    expect(await world.publish()).toBeUndefined()
    expect(await world.row()).toMatchObject({ ts: '1.0', hash: null })
  })
})

it('a message that somebody deleted is posted again, and its thread starts again', async () => {
  const gone: Publish = async () => ({ ok: false, kind: 'gone', error: 'x', detail: '' })
  const world = await worldWith({}, {})
  const { id, rev } = await world.row()
  const posted = { state: 'open', causes: ['T3'], nodes: 1 } as const
  const observation = JSON.stringify({ ...open, posted })
  await world.bot.store.changeIncident(id, rev, { observation })
  world.answerWith(({ ts }, view) =>
    ts === undefined ? accepted({ channel: 'C1' }, view) : gone({ channel: 'C1' }, view),
  )
  await world.publish()
  expect(world.sent).toEqual(['1.0', undefined])
  const row = await world.row()
  expect(row.ts).toBe('2.0')
  expect(observationOf(row)?.posted).toBeUndefined()
})

describe('a rate limit of Slack', () => {
  const limited =
    (retryAfterSeconds?: number): Publish =>
    async () => ({
      ok: false,
      kind: 'retry',
      error: 'ratelimited',
      detail: '',
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    })

  it.each([
    [30, 30_000],
    [1, 1_000],
    [undefined, 5_000],
  ])('of %s s ends before Slack is called again', async (seconds, wakeMs) => {
    const world = await worldWith({}, { publish: limited(seconds) })
    await world.publish()
    expect(world.wakes).toEqual([wakeMs])
    expect(world.sent).toHaveLength(1)
  })

  it('that is short is waited out by a round that has the time', async () => {
    const world = await worldWith({}, {})
    world.answerWith(async (place, view) => {
      world.answerWith(accepted)
      return limited(0.05)(place, view)
    })
    await world.publish(Number.POSITIVE_INFINITY)
    expect(world.sent).toEqual(['1.0', '1.0'])
    expect(world.wakes).toEqual([])
  })
})

describe('a post whose outcome is unknown', () => {
  const started = { ts: null, hash: null, posting: '2026-11-24T03:00:00.000Z' }
  const notFound = { ok: true } as const
  const noAnswer = { ok: false, kind: 'retry', error: 'ratelimited', detail: '' } as const

  it.each([
    [notFound, 5, 6],
    [noAnswer, 19, 20],
  ])('is searched for, and posted again only after a while', async (found, tooSoon, due) => {
    const world = await worldWith(started, { findMessage: async () => found })
    world.pass(tooSoon / 60)
    await world.publish()
    expect(world.sent).toEqual([])
    world.pass((due - tooSoon) / 60)
    await world.publish()
    expect(world.sent).toEqual([undefined])
  })

  it('is edited once it is found', async () => {
    const world = await worldWith(started, { findMessage: async () => ({ ok: true, ts: '1.5' }) })
    await world.publish()
    await world.publish()
    expect(world.sent).toEqual(['1.5'])
  })
})

it.each(['observed as closed', 'closed'])(
  'an incident that is over refuses every press: %s',
  async (how) => {
    const world = await worldWith({}, {})
    const { id, rev } = await world.row()
    const over = observationAs('closed', [diagnosis()])
    await world.bot.store.changeIncident(
      id,
      rev,
      how === 'closed'
        ? { closed: '2026-11-24T03:00:00.000Z' }
        : { observation: JSON.stringify(over) },
    )
    expect(
      await authorize(world.bot, { userId: 'U1', incidentId: id, button: 'silence' }),
    ).toMatchObject({
      ok: false,
    })
  },
)

describe('the footer', () => {
  it('links to the page of the cause, the runbook, the alert and the graph', async () => {
    const shown: IncidentView[] = []
    const world = await worldWith(
      {},
      {
        publish: async (place, view) => {
          shown.push(view)
          return accepted(place, view)
        },
      },
    )
    const alerts = open.alerts.map((alert) => ({
      ...alert,
      links: { graph: 'http://prometheus/graph?g0=1', runbook: 'https://runbooks/x' },
    }))
    const withCause = diagnosis({ nodes: ['n1'], findings: [finding('T3')] })
    await world.bot.store.changeIncident((await world.row()).id, (await world.row()).rev, {
      observation: JSON.stringify({ ...open, alerts, diagnoses: [withCause] }),
    })
    const bot: Bot = {
      ...world.bot,
      alertmanager: { alertsUrl: () => 'http://am/#/alerts' } as unknown as AlertmanagerClient,
      config: { ...world.bot.config, docsUrl: 'https://docs' },
    }
    await publish(bot, await world.row())
    expect(shown[0]?.links).toEqual([
      { text: 'About this cause', url: 'https://docs/causes/t3.md' },
      { text: 'Runbook', url: 'https://runbooks/x' },
      { text: 'Alertmanager', url: 'http://am/#/alerts' },
      { text: 'Graph', url: 'http://prometheus/graph?g0=1' },
    ])
  })
})
