import { afterEach, describe, expect, test } from 'vitest'
import {
  type AlertmanagerOptions,
  type SimulatedAlertmanager,
  startAlertmanager,
} from '../simulator/alertmanager/start-alertmanager.ts'
import { alertmanagerClient } from '../src/alertmanager/client.ts'

const running: SimulatedAlertmanager[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((alertmanager) => alertmanager.stop()))
})

async function start(options: Partial<AlertmanagerOptions> = {}): Promise<SimulatedAlertmanager> {
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

function fire(
  alertmanager: SimulatedAlertmanager,
  labels: Record<string, string> = matchers,
): void {
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
const active = (alertmanager: SimulatedAlertmanager) =>
  alertmanager.silences.list([]).filter((silence) => silence.status.state === 'active')

/** Answers every request the same way. */
const answering = (
  status: number,
  body: string,
  headers: Record<string, string> = {},
): typeof fetch => {
  return async () => new Response(body, { status, headers })
}

describe('a poll', () => {
  test('has the firing alerts, silenced or not, and no other alert', async () => {
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
  test('absence does not count while an Alertmanager has just started', async () => {
    expect((await clientOf(await start({ uptimeMs: 4 * 60_000 })).poll()).absenceCounts).toBe(false)
    expect((await clientOf(await start({ uptimeMs: 6 * 60_000 })).poll()).absenceCounts).toBe(true)
    expect((await clientOf(await start(), await start({ uptimeMs: 0 })).poll()).absenceCounts).toBe(
      false,
    )
  })
  test('of several: firing in one is enough, and absence does not count if one is down', async () => {
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
  test('does not throw if none answers', async () => {
    const alertmanager = await start()
    await alertmanager.down()
    expect(await clientOf(alertmanager).poll()).toMatchObject({
      alerts: [],
      reachable: [],
      absenceCounts: false,
      silences: undefined,
    })
  })
  test('the clock of Alertmanager decides how long it is up', async () => {
    const skewed: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      const headers = new Headers(answer.headers)
      headers.set('date', new Date(Date.now() - 3600_000).toUTCString())
      return new Response(answer.body, { status: answer.status, headers })
    }
    const alertmanager = await start({ uptimeMs: 3600_000 + 60_000 })
    expect(
      (await alertmanagerClient({ urls: [alertmanager.url] }, skewed).poll()).absenceCounts,
    ).toBe(false)
  })
})

describe('silences', () => {
  test('has exactly these matchers, a creator and a comment', async () => {
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
  test('created twice is one, whatever the order of the matchers', async () => {
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
  test('a narrower, a wider or an ended one is a different one', async () => {
    const alertmanager = await start()
    const client = clientOf(alertmanager)
    await client.createSilence({ ...request(), matchers: { ...matchers, cluster: 'prod' } })
    await client.createSilence({ ...request(), matchers: { alertname: matchers.alertname } })
    const exact = await client.createSilence(request())
    expect(exact.existed).toBe(false)
    await client.expireSilence(exact.id)
    expect((await client.createSilence(request())).existed).toBe(false)
  })
  test('values are compared as text, whatever they contain', async () => {
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
  test('needs a creator and a comment', async () => {
    const client = clientOf(await start())
    await expect(client.createSilence({ ...request(), comment: ' ' })).rejects.toThrow(
      /a creator and a comment/,
    )
    await expect(client.createSilence({ ...request(), createdBy: '' })).rejects.toThrow(
      /a creator and a comment/,
    )
  })
  test('extended keeps its id and everything else', async () => {
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
  test('extended after its end is a new one', async () => {
    const alertmanager = await start()
    const client = clientOf(alertmanager)
    const made = await client.createSilence(request())
    await client.expireSilence(made.id)
    const { id } = await client.extendSilence(made.id, inHours(2))
    expect(id).not.toBe(made.id)
    expect(active(alertmanager).map((silence) => silence.id)).toEqual([id])
  })
  test('ending it twice, or one that no longer exists, is not an error', async () => {
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
    ).rejects.toThrow(/no longer has the silence/)
  })
  test('the alerts that it would match come from Alertmanager', async () => {
    const alertmanager = await start()
    fire(alertmanager, { ...matchers, severity: 'warning' })
    fire(alertmanager, { ...matchers, daemonset: 'other' })
    const hit = await clientOf(alertmanager).matching(matchers)
    expect(hit.map((alert) => alert.labels.daemonset)).toEqual(['agent'])
  })
})

describe('several Alertmanagers', () => {
  test('without gossip each get a silence, extended and ended together', async () => {
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
  test("without gossip keep somebody else's silence on the same alert", async () => {
    const [one, two] = [await start(), await start()]
    const theirs = await clientOf(two).createSilence({ ...request(), comment: 'another incident' })
    const client = clientOf(one, two)
    const made = await client.createSilence(request())
    await client.extendSilence(made.id, inHours(3))
    await client.expireSilence(made.id)
    expect(active(one)).toEqual([])
    expect(active(two)).toMatchObject([{ id: theirs.id, endsAt: theirs.endsAt }])
  })
  test('without gossip are not silenced again where somebody has ended the silence', async () => {
    const [one, two] = [await start(), await start()]
    const client = clientOf(one, two)
    const made = await client.createSilence(request())
    const copy = active(two)[0]
    await clientOf(two).expireSilence(copy?.id ?? '')
    await client.extendSilence(made.id, inHours(3))
    expect([active(one).length, active(two).length]).toEqual([1, 0])
  })
  test('that gossip get one silence', async () => {
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
  test('one is down: the other is silenced', async () => {
    const [one, two] = [await start(), await start()]
    await one.down()
    const client = clientOf(one, two)
    const made = await client.createSilence(request())
    expect(active(two)[0]?.id).toBe(made.id)
    await client.expireSilence(made.id)
    expect(active(two)).toEqual([])
  })
  test('a silence does not count as ended while one that may have it is down', async () => {
    const [one, two] = [await start(), await start()]
    const { id } = await clientOf(one).createSilence(request())
    await one.down()
    await expect(clientOf(one, two).expireSilence(id)).rejects.toThrow(/ECONNREFUSED/)
    await expect(clientOf(one, two).activeSilences()).rejects.toThrow(/ECONNREFUSED/)
  })
})

describe('errors', () => {
  const failing = (fetchLike: typeof fetch) =>
    alertmanagerClient({ urls: ['http://am:9093/x'] }, fetchLike).createSilence(request())
  test.each([
    [
      answering(400, '"invalid silence: end time can\'t be in the past"\n'),
      /GET http:\/\/am:9093\/x\/api\/v2\/silences\?.*: answered 400: invalid silence: end time can't be in the past$/,
    ],
    [
      answering(422, '{"code":602,"message":"comment in body is required"}'),
      /422: comment in body is required$/,
    ],
    [answering(401, 'Unauthorized\n'), /401: Unauthorized\. Check ALERTMANAGER_TOKEN/],
    [
      answering(404, '404 page not found\n'),
      /404: 404 page not found\. Check whether ALERTMANAGER_URL lacks a path prefix$/,
    ],
    [answering(502, '<html>Bad gateway</html>'), /502: an HTML page$/],
    [
      answering(302, '', { location: 'https://login.example.com' }),
      /302, a redirect to https:\/\/login\.example\.com\. Set ALERTMANAGER_URL/,
    ],
    [
      answering(200, '<html>Log in</html>'),
      /the response is not JSON\. It begins with "<html>Log in<\/html>"/,
    ],
    [answering(200, '{"status":"success"}'), /not that of Alertmanager's API v2/],
  ])('%#', async (fetchLike, words) => {
    await expect(failing(fetchLike)).rejects.toThrow(words)
    await expect(failing(fetchLike)).rejects.toMatchObject({ name: 'AlertmanagerError' })
  })
  test('a refusal has the message of the API', async () => {
    const client = clientOf(await start())
    await expect(client.createSilence({ ...request(), endsAt: inHours(-1) })).rejects.toThrow(
      /POST .*\/api\/v2\/silences: answered 400: invalid silence: end time/,
    )
  })
  test('credentials are sent: a token, or a user name and a password', async () => {
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
  test('use the public URL', () => {
    expect(client.silenceUrl('1f56ab39')).toBe('https://am.example.com/x/#/silences/1f56ab39')
    expect(client.alertsUrl(matchers)).toBe(
      `https://am.example.com/x/#/alerts?silenced=true&inhibited=true&active=true&filter=${list}`,
    )
    expect(client.newSilenceUrl(matchers, 'why & how')).toBe(
      `https://am.example.com/x/#/silences/new?filter=${list}&comment=why%20%26%20how`,
    )
  })
  test('versions: one for each Alertmanager, or the reason', async () => {
    const [one, two] = [await start(), await start()]
    await two.down()
    expect(await clientOf(one, two).versions()).toMatchObject([
      { url: one.url, version: '0.34.0' },
      { url: two.url, reason: expect.stringContaining('ECONNREFUSED') },
    ])
  })
})
