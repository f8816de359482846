import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, test } from 'vitest'
import {
  countHistoryReader,
  countsOf,
  historyLine,
  sinceOf,
  sparkline,
} from '../src/incident/message/history.ts'
import type { CountHistory } from '../src/incident/state.ts'
import type { IncidentState } from '../src/slack/incident-view.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, nodesTo, observationAs, quietWorld } from './incident-world.ts'

const quiet = Array.from({ length: 20 }, () => 0)
const nothing = quiet.map(() => null)
const history = (...counts: readonly (number | null)[]): CountHistory => ({
  until: '2026-11-24T03:15:00.000Z',
  daemonSet: 'datadog/agent',
  count: 1,
  counts,
})

test.each([
  ['only zeros', [0, 0], '▁▁'],
  ['1 is the highest bar if nothing is higher', [0, 1], '▁▇'],
  ['any count above 0 is above the lowest bar', [0, 1, 100], '▁▂▇'],
  ['bars are proportional to the highest count', [1, 2, 3, 4], '▂▃▅▇'],
  ['no sample is a dot', [null, 2, null, 0], '·▇·▁'],
  ['nothing', [], ''],
])('a line of bars: %s', (_, counts, expected) => {
  expect(sparkline(counts)).toBe(expected)
})

test('each bar is the highest of its quarter of an hour; samples outside the window are ignored', () => {
  const at = (minutes: number, value: number) => ({
    at: new Date(Date.UTC(2026, 10, 24, 0, minutes)).toISOString(),
    value,
  })
  const counts = countsOf(
    [at(-1, 9), at(0, 1), at(14, 3), at(15, 2), at(359, 4), at(360, 9)],
    new Date(Date.UTC(2026, 10, 24)),
  )
  expect(counts).toHaveLength(24)
  expect([counts[0], counts[1], counts[2], counts[23]]).toEqual([3, 2, null, 4])
})

describe('the line', () => {
  const line = (
    known: CountHistory | undefined,
    { names = ['agent'], state = 'open' as IncidentState } = {},
  ) => {
    const { alerts } = observationAs(
      'open',
      names.map((name) => diagnosis({ name, nodes: ['n1'] })),
    )
    const observed = { ...(known ? { history: known } : {}), alerts, state }
    return plain(historyLine(observed) ?? ['no line'])
  }

  it('shows the bars and their range if the count moved', () => {
    expect(line(history(...quiet, 0, 1, 3, 3))).toBe(
      `${'▁'.repeat(21)}▃▇▇ count over the last 6 h (status): 0 to 3`,
    )
  })

  it('starts with the first sample: dots for a time without samples say nothing', () => {
    expect(line(history(...nothing, null, 1, null, 3))).toBe(
      '▃·▇ count over the last 45 min (status): 1 to 3',
    )
    expect(line(history(...nothing.slice(0, 16), ...[1, 1, 1, 1, 1, 1, 1, 2]))).toBe(
      '▃▃▃▃▃▃▃▇ count over the last 2 h (status): 1 to 2',
    )
  })

  it('says since when if the count did not move', () => {
    const all = history(...quiet.map(() => 1), 1, 1, 1, 1)
    expect(line(all)).toBe('count (status): 1 for at least 6 h')
    expect(line({ ...all, since: '2026-11-23T20:30:00.000Z' })).toBe(
      'count (status): 1 since 2026-11-23 20:30 UTC',
    )
    expect(line(history(...nothing, null, null, 2, 2))).toBe(
      'count (status): 2 since 2026-11-24 02:45 UTC, the first sample',
    )
  })

  it('names the DaemonSet if there are several', () => {
    const names = ['agent', 'proxy']
    expect(line(history(0, 1), { names })).toBe(
      '▁▇ count of `datadog/agent` over the last 30 min (status): 0 to 1',
    )
    expect(line(history(...quiet, 0, 0, 0, 0), { names })).toBe(
      'count of `datadog/agent` (status): 0 for at least 6 h',
    )
  })

  it('is missing without a sample', () => {
    expect([line(undefined), line(history()), line(history(null, null))]).toEqual([
      'no line',
      'no line',
      'no line',
    ])
  })

  it.each(['fixed', 'closed'] as const)(
    'of an incident that is %s shows only movement',
    (state) => {
      expect(line(history(...quiet, 1, 1, 1, 0), { state })).toContain('0 to 1')
      expect(line(history(...quiet.map(() => 1), 1, 1, 1, 1), { state })).toBe('no line')
    },
  )
})

describe('since when the count is what it is', () => {
  const until = '2026-11-24T03:15:00.000Z'
  const last = (counts: CountHistory['counts'], since?: string): CountHistory => ({
    ...history(...counts),
    until: '2026-11-24T03:00:00.000Z',
    ...(since ? { since } : {}),
  })
  const since = (counts: CountHistory['counts'], before?: CountHistory) =>
    sinceOf({ until, daemonSet: 'datadog/agent', count: 1, counts }, before)

  it('is the quarter of an hour in which it changed', () => {
    expect(since([...quiet, 0, 1, 1, 1])).toBe('2026-11-24T02:30:00.000Z')
    expect(since([...quiet, 0, null, 1, 1])).toBe('2026-11-24T02:45:00.000Z')
    expect(since([...quiet, 1, 3, 3, null])).toBe('2026-11-24T02:30:00.000Z')
  })

  it('is remembered once the change is older than the window', () => {
    const all = Array.from({ length: 24 }, () => 1)
    expect(since(all)).toBeUndefined()
    expect(since(all, last(all, '2026-11-23T20:30:00.000Z'))).toBe('2026-11-23T20:30:00.000Z')
  })

  it('is not taken from another DaemonSet, another count, or from before a gap', () => {
    const all = Array.from({ length: 24 }, () => 1)
    const early = '2026-11-23T20:30:00.000Z'
    expect(since(all, { ...last(all, early), daemonSet: 'datadog/proxy' })).toBeUndefined()
    expect(since(all, last([...all.slice(1), 2], early))).toBeUndefined()
    expect(since(all, { ...last(all, early), until: '2026-11-23T21:00:00.000Z' })).toBeUndefined()
  })
})

describe('Prometheus', () => {
  let server: Server
  afterEach(() => server.close())

  async function prometheus(answer: () => { status: number; body: string }) {
    const asked: URL[] = []
    server = createServer((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://none'))
      const { status, body } = answer()
      response.writeHead(status).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const prometheusUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const world = await quietWorld({ config: { prometheusUrl } })
    return { asked, world, ask: countHistoryReader(world.bot) }
  }
  const values = (value: string) => ({
    status: 200,
    body: JSON.stringify({
      status: 'success',
      data: { result: [{ metric: {}, values: [[Date.UTC(2026, 10, 24, 2, 50) / 1000, value]] }] },
    }),
  })
  const observation = (nodes: number) =>
    observationAs('open', [
      diagnosis({ nodes: nodesTo(nodes) }),
      diagnosis({ name: 'small', nodes: [] }),
    ])

  it('is asked for the largest DaemonSet, over the six hours that end with the current quarter of an hour', async () => {
    const { asked, ask } = await prometheus(() => values('2'))
    const known = await ask(observation(2), undefined, true)
    expect(known).toMatchObject({
      until: '2026-11-24T03:15:00.000Z',
      daemonSet: 'datadog/agent',
      count: 2,
    })
    expect(known?.counts[22]).toBe(2)
    expect(asked[0]?.searchParams.get('query')).toContain('daemonset="agent"')
    expect(Number(asked[0]?.searchParams.get('start'))).toBe(Date.UTC(2026, 10, 23, 21, 15) / 1000)
    expect(Number(asked[0]?.searchParams.get('end'))).toBe(Date.UTC(2026, 10, 24, 3, 0) / 1000)
  })

  it('is asked again only in the next quarter of an hour, or if the count changed', async () => {
    const { asked, world, ask } = await prometheus(() => values('2'))
    const first = await ask(observation(2), undefined, true)
    world.pass(14)
    expect(
      await ask(observation(2), { ...observation(2), ...(first ? { history: first } : {}) }, true),
    ).toBe(first)
    expect(asked).toHaveLength(1)
    const grown = await ask(
      observation(3),
      { ...observation(2), ...(first ? { history: first } : {}) },
      true,
    )
    expect(asked).toHaveLength(2)
    world.pass(1)
    await ask(observation(3), { ...observation(3), ...(grown ? { history: grown } : {}) }, true)
    expect(asked).toHaveLength(3)
  })

  it('costs only the line if it is down, and is not asked again in the same quarter', async () => {
    const { asked, ask } = await prometheus(() => ({ status: 502, body: '<html>' }))
    const known = await ask(observation(2), undefined, true)
    expect(known?.counts).toEqual([])
    expect(
      await ask(observation(2), { ...observation(2), ...(known ? { history: known } : {}) }, true),
    ).toBe(known)
    expect(asked).toHaveLength(1)
  })

  it('never delays a first message, and is not asked about closed or unreadable incidents', async () => {
    const { asked, ask } = await prometheus(() => values('2'))
    await ask(observation(2), undefined, false)
    await ask({ ...observation(2), state: 'closed' }, undefined, true)
    await ask({ ...observation(2), state: 'unreadable', unreadable: 'no answer' }, undefined, true)
    expect(asked).toEqual([])
  })
})
