import { afterEach, describe, expect, test } from 'vitest'
import {
  type AlertmanagerOptions,
  type LocalAlertmanager,
  startAlertmanager,
} from '../simulator/alertmanager/start-alertmanager.ts'
import { alertmanagerClient } from '../src/alertmanager/client.ts'

const running: LocalAlertmanager[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((alertmanager) => alertmanager.stop()))
})

async function start(options: Partial<AlertmanagerOptions> = {}): Promise<LocalAlertmanager> {
  const alertmanager = await startAlertmanager({
    webhookUrl: 'http://127.0.0.1:9/none',
    ...options,
  })
  running.push(alertmanager)
  return alertmanager
}

const clientOf = (...alertmanagers: readonly { readonly url: string }[]) =>
  alertmanagerClient({ urls: alertmanagers.map(({ url }) => url) }, fetch)

const matchers = {
  alertname: 'KubeDaemonSetMisScheduled',
  namespace: 'datadog',
  daemonset: 'agent',
}

function fire(alertmanager: LocalAlertmanager, labels: Record<string, string> = matchers): void {
  const startsAt = Date.now() - 1000
  alertmanager.receive([
    {
      labels,
      annotations: {},
      startsAt,
      endsAt: startsAt + 600_000,
      generatorURL: 'http://prometheus/graph',
    },
  ])
}
const inHours = (hours: number): string => new Date(Date.now() + hours * 3600_000).toISOString()
const request = () => ({
  matchers,
  endsAt: inHours(1),
  createdBy: 'Ada (U1)',
  comment: 'rotation, incident i1',
})
const active = (alertmanager: LocalAlertmanager) =>
  alertmanager.silences.list([]).filter((silence) => silence.status.state === 'active')

/** Answers every request alike. */
const answering = (
  status: number,
  body: string,
  headers: Record<string, string> = {},
): typeof fetch => {
  return async () => new Response(body, { status, headers })
}

describe('a poll', () => {
  test('shows what fires, silenced or not, and no other alert', async () => {
    const alertmanager = await start()
    fire(alertmanager)
    fire(alertmanager, { ...matchers, daemonset: 'quiet' })
    fire(alertmanager, { ...matchers, alertname: 'Watchdog' })
    const client = clientOf(alertmanager)
    await client.createSilence({ ...request(), matchers: { ...matchers, daemonset: 'quiet' } })
    const poll = await client.poll()
    expect(poll.alerts.map((alert) => [alert.labels.daemonset, alert.status.state]).sort()).toEqual(
      [
        ['agent', 'active'],
        ['quiet', 'suppressed'],
      ],
    )
    expect(poll).toMatchObject({
      reachable: [alertmanager.url],
      unreachable: [],
      absenceCounts: true,
    })
    expect(poll.silences).toMatchObject([
      { matchers: { daemonset: 'quiet' }, createdBy: 'Ada (U1)', comment: 'rotation, incident i1' },
    ])
  })
  test('one that has just started knows nothing yet', async () => {
    expect((await clientOf(await start({ uptime: 4 * 60_000 })).poll()).absenceCounts).toBe(false)
    expect((await clientOf(await start({ uptime: 6 * 60_000 })).poll()).absenceCounts).toBe(true)
    expect((await clientOf(await start(), await start({ uptime: 0 })).poll()).absenceCounts).toBe(
      false,
    )
  })
  test('of several, one that fires is enough, and one that does not answer forbids any conclusion', async () => {
    const [one, two] = [await start(), await start()]
    fire(two)
    const client = clientOf(one, two)
    expect((await client.poll()).alerts).toHaveLength(1)
    fire(one)
    expect((await client.poll()).alerts).toHaveLength(1)
    await one.down()
    const poll = await client.poll()
    expect(poll).toMatchObject({ reachable: [two.url], absenceCounts: false, silences: undefined })
    expect(poll.alerts).toHaveLength(1)
    expect(poll.unreachable).toMatchObject([
      { url: one.url, reason: expect.stringMatching(/: no answer: /) },
    ])
  })
  test('none that answers is no error either', async () => {
    const alertmanager = await start()
    await alertmanager.down()
    expect(await clientOf(alertmanager).poll()).toMatchObject({
      alerts: [],
      reachable: [],
      absenceCounts: false,
      silences: undefined,
    })
  })
  test('its own clock decides how long it has been up', async () => {
    const skewed: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      const headers = new Headers(answer.headers)
      headers.set('date', new Date(Date.now() - 3600_000).toUTCString())
      return new Response(answer.body, { status: answer.status, headers })
    }
    const alertmanager = await start({ uptime: 3600_000 + 60_000 })
    expect(
      (await alertmanagerClient({ urls: [alertmanager.url] }, skewed).poll()).absenceCounts,
    ).toBe(false)
  })
})

describe('silences', () => {
  test('made of exactly these matchers, by somebody, with a comment', async () => {
    const alertmanager = await start()
    const made = await clientOf(alertmanager).createSilence(request())
    expect(made.existed).toBe(false)
    expect(alertmanager.silences.get(made.id)).toMatchObject({
      createdBy: 'Ada (U1)',
      comment: 'rotation, incident i1',
      status: { state: 'active' },
      matchers: [
        { name: 'alertname', value: 'KubeDaemonSetMisScheduled', isRegex: false, isEqual: true },
        { name: 'namespace', value: 'datadog', isRegex: false, isEqual: true },
        { name: 'daemonset', value: 'agent', isRegex: false, isEqual: true },
      ],
    })
  })
  test('asked for twice there is one, also where its matchers stand in another order', async () => {
    const alertmanager = await start()
    const client = clientOf(alertmanager)
    const first = await client.createSilence(request())
    const { alertname, namespace, daemonset } = matchers
    const second = await client.createSilence({
      ...request(),
      matchers: { daemonset, namespace, alertname },
      endsAt: inHours(4),
      createdBy: 'Bob',
    })
    expect(second).toMatchObject({
      id: first.id,
      existed: true,
      createdBy: 'Ada (U1)',
      endsAt: first.endsAt,
    })
    expect(active(alertmanager)).toHaveLength(1)
  })
  test('a narrower, a wider or an ended one is not the same', async () => {
    const alertmanager = await start()
    const client = clientOf(alertmanager)
    await client.createSilence({ ...request(), matchers: { ...matchers, cluster: 'prod' } })
    await client.createSilence({ ...request(), matchers: { alertname: matchers.alertname } })
    await client.expireSilence((await client.createSilence(request())).id)
    expect((await client.createSilence(request())).existed).toBe(false)
  })
  test('values are compared as text, whatever is in them', async () => {
    const alertmanager = await start()
    const client = clientOf(alertmanager)
    const nasty = { ...matchers, namespace: 'a"b\\c', daemonset: 'x.*&filter=y' }
    const first = await client.createSilence({ ...request(), matchers: nasty })
    expect(await client.createSilence({ ...request(), matchers: nasty })).toMatchObject({
      id: first.id,
      existed: true,
    })
    expect((await client.activeSilences())[0]?.matchers).toEqual(nasty)
  })
  test('nobody makes one without a name or a reason', async () => {
    const client = clientOf(await start())
    await expect(client.createSilence({ ...request(), comment: ' ' })).rejects.toThrow(
      /a creator and a comment/,
    )
    await expect(client.createSilence({ ...request(), createdBy: '' })).rejects.toThrow(
      /a creator and a comment/,
    )
  })
  test('extended, it keeps its id and all else', async () => {
    const alertmanager = await start()
    const client = clientOf(alertmanager)
    const made = await client.createSilence(request())
    const later = inHours(2)
    expect(await client.extendSilence(made.id, later)).toEqual({ id: made.id })
    expect(alertmanager.silences.get(made.id)).toMatchObject({
      endsAt: later,
      createdBy: 'Ada (U1)',
    })
    expect(active(alertmanager)).toHaveLength(1)
  })
  test('extended after it had ended, it is a new one', async () => {
    const alertmanager = await start()
    const client = clientOf(alertmanager)
    const made = await client.createSilence(request())
    await client.expireSilence(made.id)
    const { id } = await client.extendSilence(made.id, inHours(2))
    expect(id).not.toBe(made.id)
    expect(active(alertmanager).map((silence) => silence.id)).toEqual([id])
  })
  test('ended twice, or long forgotten, it is ended', async () => {
    const alertmanager = await start()
    const client = clientOf(alertmanager)
    const { id } = await client.createSilence(request())
    await client.expireSilence(id)
    await client.expireSilence(id)
    await client.expireSilence('00000000-0000-4000-8000-000000000000')
    await client.expireSilence('not an id')
    expect(active(alertmanager)).toEqual([])
    await expect(
      client.extendSilence('00000000-0000-4000-8000-000000000000', inHours(1)),
    ).rejects.toThrow(/does not know the silence/)
  })
  test('what one would hit is asked of Alertmanager', async () => {
    const alertmanager = await start()
    fire(alertmanager, { ...matchers, severity: 'warning' })
    fire(alertmanager, { ...matchers, daemonset: 'other' })
    const hit = await clientOf(alertmanager).matching(matchers)
    expect(hit.map((alert) => alert.labels.daemonset)).toEqual(['agent'])
  })
})

describe('several Alertmanagers', () => {
  test('that do not know each other each get a silence, extended and ended together', async () => {
    const [one, two] = [await start(), await start()]
    const client = clientOf(one, two)
    const made = await client.createSilence(request())
    expect([active(one).length, active(two).length]).toEqual([1, 1])
    expect(active(one)[0]?.id).toBe(made.id)
    const later = inHours(3)
    expect(await client.extendSilence(made.id, later)).toEqual({ id: made.id })
    expect([active(one)[0]?.endsAt, active(two)[0]?.endsAt]).toEqual([later, later])
    await client.expireSilence(made.id)
    expect([active(one), active(two)]).toEqual([[], []])
  })
  test('that are peers get one, which the others learn of', async () => {
    const [one, two] = [await start(), await start()]
    const peers = [
      { name: 'A', address: '' },
      { name: 'B', address: '' },
    ]
    const gossiping: typeof fetch = async (input, init) => {
      const url = String(input)
      if (!url.endsWith('/api/v2/status')) return fetch(input, init)
      return Response.json({
        uptime: new Date(0).toISOString(),
        cluster: { status: 'ready', name: url.startsWith(one.url) ? 'A' : 'B', peers },
      })
    }
    await alertmanagerClient({ urls: [one.url, two.url] }, gossiping).createSilence(request())
    expect([active(one).length, active(two).length]).toEqual([1, 0])
  })
  test('one that is down does not keep the other from being silenced', async () => {
    const [one, two] = [await start(), await start()]
    await one.down()
    const client = clientOf(one, two)
    const made = await client.createSilence(request())
    expect(active(two)[0]?.id).toBe(made.id)
    await client.expireSilence(made.id)
    expect(active(two)).toEqual([])
  })
  test('a silence is not taken for ended while one that may have it is down', async () => {
    const [one, two] = [await start(), await start()]
    const { id } = await clientOf(one).createSilence(request())
    await one.down()
    await expect(clientOf(one, two).expireSilence(id)).rejects.toThrow(/ECONNREFUSED/)
    await expect(clientOf(one, two).activeSilences()).rejects.toThrow(/ECONNREFUSED/)
  })
})

describe('errors in words', () => {
  const failing = (fetchLike: typeof fetch) =>
    alertmanagerClient({ urls: ['http://am:9093/x'] }, fetchLike).createSilence(request())
  test.each([
    [
      answering(400, '"invalid silence: end time can\'t be in the past"\n'),
      /GET http:\/\/am:9093\/x\/api\/v2\/silences\?.*: it answers 400: invalid silence: end time can't be in the past$/,
    ],
    [
      answering(422, '{"code":602,"message":"comment in body is required"}'),
      /422: comment in body is required$/,
    ],
    [answering(401, 'Unauthorized\n'), /401: Unauthorized \(check ALERTMANAGER_TOKEN/],
    [
      answering(404, '404 page not found\n'),
      /404: 404 page not found \(is there a path prefix that ALERTMANAGER_URL lacks\?\)$/,
    ],
    [answering(502, '<html>Bad gateway</html>'), /502: a page of HTML$/],
    [
      answering(302, '', { location: 'https://login.example.com' }),
      /302, a redirect to https:\/\/login\.example\.com: set ALERTMANAGER_URL/,
    ],
    [
      answering(200, '<html>Log in</html>'),
      /the answer is not JSON but begins with "<html>Log in<\/html>"/,
    ],
    [answering(200, '{"status":"success"}'), /another shape than Alertmanager's API v2/],
  ])('%#', async (fetchLike, words) => {
    await expect(failing(fetchLike)).rejects.toThrow(words)
    await expect(failing(fetchLike)).rejects.toMatchObject({ name: 'AlertmanagerError' })
  })
  test('the refusal of the API itself, from its own mouth', async () => {
    const client = clientOf(await start())
    await expect(client.createSilence({ ...request(), endsAt: inHours(-1) })).rejects.toThrow(
      /POST .*\/api\/v2\/silences: it answers 400: invalid silence: end time/,
    )
  })
  test('credentials go along: a token, or a name and a password', async () => {
    const alertmanager = await start({ apiToken: 'sesame' })
    expect(
      (await alertmanagerClient({ urls: [alertmanager.url], token: 'sesame' }, fetch).poll())
        .reachable,
    ).toHaveLength(1)
    expect((await clientOf(alertmanager).poll()).unreachable[0]?.reason).toMatch(/401/)
    let sent: string | null = null
    const spying: typeof fetch = async (_, init) => {
      sent = new Headers(init?.headers).get('authorization')
      return Response.json([])
    }
    await alertmanagerClient(
      { urls: ['http://am'], username: 'müller', password: 'p:w' },
      spying,
    ).activeSilences()
    expect(sent).toBe(`Basic ${Buffer.from('müller:p:w').toString('base64')}`)
  })
})

describe('links', () => {
  const client = alertmanagerClient(
    { urls: ['http://am.monitoring.svc:9093'], publicUrl: 'https://am.example.com/x' },
    fetch,
  )
  const list = encodeURIComponent(
    '{alertname="KubeDaemonSetMisScheduled", namespace="datadog", daemonset="agent"}',
  )
  test('lead to what a browser can reach', () => {
    expect(client.silenceUrl('1f56ab39')).toBe('https://am.example.com/x/#/silences/1f56ab39')
    expect(client.alertsUrl(matchers)).toBe(
      `https://am.example.com/x/#/alerts?silenced=true&inhibited=true&active=true&filter=${list}`,
    )
    expect(client.newSilenceUrl(matchers, 'why & how')).toBe(
      `https://am.example.com/x/#/silences/new?filter=${list}&comment=why%20%26%20how`,
    )
  })
  test('versions are told for a check, or why there is none', async () => {
    const [one, two] = [await start(), await start()]
    await two.down()
    expect(await clientOf(one, two).versions()).toMatchObject([
      { url: one.url, version: '0.34.0' },
      { url: two.url, reason: expect.stringContaining('ECONNREFUSED') },
    ])
  })
})
