import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type SimulatedAlertmanager,
  startAlertmanager,
} from '../simulator/alertmanager/start-alertmanager.ts'
import { ask, matcher, silence } from './simulator/alertmanager.ts'

let alertmanager: SimulatedAlertmanager
beforeEach(async () => {
  alertmanager = await startAlertmanager({})
})
afterEach(() => alertmanager.stop())

const api = (method: string, path: string, json?: unknown, type?: string) =>
  ask(alertmanager.url, method, path, json, type)
const silenceNow = async (more?: object): Promise<string> =>
  (await api('POST', '/api/v2/silences', silence(more))).body.silenceID

test.each([
  [
    'without a comment',
    { comment: undefined },
    422,
    { code: 602, message: 'comment in body is required' },
  ],
  [
    'without matchers',
    { matchers: [] },
    422,
    { code: 612, message: 'matchers in body should have at least 1 items' },
  ],
  [
    'that matches everything',
    { matchers: [{ ...matcher('foo', '.*'), isRegex: true }] },
    400,
    'invalid silence: at least one matcher must not match the empty string',
  ],
  [
    'that ends before it starts',
    { endsAt: '2020-01-01T00:00:00Z' },
    400,
    'invalid silence: end time must not be before start time',
  ],
  [
    'that has ended',
    { startsAt: '2020-01-01T00:00:00Z', endsAt: '2020-01-02T00:00:00Z' },
    400,
    "invalid silence: end time can't be in the past",
  ],
  ['with an unknown id', { id: '6f9619ff-8b86-4011-b42d-00c04fc964ff' }, 404, 'silence not found'],
])('a silence %s gets the error of the real API', async (_, more, status, body) => {
  expect(await api('POST', '/api/v2/silences', silence(more))).toEqual({ status, body })
})

test('a silence that is not JSON is refused with 415', async () => {
  expect((await api('POST', '/api/v2/silences', silence(), 'text/plain')).status).toBe(415)
})

test('posting a silence twice creates two, posting it with an id updates it, and with other matchers replaces it', async () => {
  const one = await silenceNow()
  expect(await silenceNow()).not.toBe(one)
  const { startsAt } = (await api('GET', `/api/v2/silence/${one}`)).body
  expect(await silenceNow({ id: one, startsAt, comment: 'longer' })).toBe(one)
  const other = await silenceNow({ id: one, startsAt, matchers: [matcher('alertname', 'Other')] })
  expect(other).not.toBe(one)
  expect((await api('GET', `/api/v2/silence/${one}`)).body.status.state).toBe('expired')
})

test('silences are found by their own matchers, including expired ones, and expiring one twice is not an error', async () => {
  const id = await silenceNow()
  await silenceNow({ matchers: [matcher('alertname', 'Other')] })
  expect((await api('DELETE', `/api/v2/silence/${id}`)).status).toBe(200)
  expect((await api('DELETE', `/api/v2/silence/${id}`)).status).toBe(200)
  const found = (
    await api('GET', `/api/v2/silences?filter=${encodeURIComponent('daemonset="kube-proxy"')}`)
  ).body
  expect(
    found.map((one: { id: string; status: { state: string } }) => [one.id, one.status.state]),
  ).toEqual([[id, 'expired']])
  expect((await api('DELETE', '/api/v2/silence/6f9619ff-8b86-4011-b42d-00c04fc964ff')).status).toBe(
    404,
  )
  expect((await api('DELETE', '/api/v2/silence/none')).status).toBe(422)
})
