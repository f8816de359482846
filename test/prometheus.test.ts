import { expect, test } from 'vitest'
import { misscheduledHistory } from '../src/prometheus/history.ts'

const query = {
  namespace: 'kube-system',
  daemonset: 'kube-proxy',
  from: new Date('2026-11-24T02:00:00Z'),
  to: new Date('2026-11-24T03:00:00Z'),
}

test('queries one series over the range and reads its values', async () => {
  let asked = new URL('http://none')
  const samples = await misscheduledHistory(
    'http://prometheus:9090',
    { ...query, namespace: 'kube-"system' },
    async (url) => {
      asked = new URL(String(url))
      return Response.json({
        status: 'success',
        data: {
          resultType: 'matrix',
          result: [
            {
              metric: {},
              values: [
                [1795498335, '2'],
                [1795498350, '0'],
              ],
            },
          ],
        },
      })
    },
  )
  expect(samples).toEqual([
    { at: '2026-11-24T05:32:15.000Z', value: 2 },
    { at: '2026-11-24T05:32:30.000Z', value: 0 },
  ])
  expect(asked.pathname).toBe('/api/v1/query_range')
  expect(Object.fromEntries(asked.searchParams)).toEqual({
    query:
      'max by (namespace,daemonset,cluster) (kube_daemonset_status_number_misscheduled{namespace="kube-\\"system",daemonset="kube-proxy"})',
    start: '1795485600',
    end: '1795489200',
    step: '60',
  })
})

test('the last sample is that of the end of the range, whatever the step', async () => {
  let asked = new URL('http://none')
  await misscheduledHistory(
    'http://p',
    { ...query, to: new Date('2026-11-24T02:59:31Z') },
    async (url) => {
      asked = new URL(String(url))
      return Response.json({ status: 'success', data: { result: [] } })
    },
  )
  const [start, end, step] = ['start', 'end', 'step'].map((name) =>
    Number(asked.searchParams.get(name)),
  )
  expect(end).toBe(Date.parse('2026-11-24T02:59:31Z') / 1000)
  expect(step).toBe(60)
  expect(start).toBe(Date.parse('2026-11-24T02:00:31Z') / 1000)
})

test('of several clusters it reads its own; a series without a cluster counts as its own', async () => {
  const series = (cluster: string | undefined, value: string) => ({
    metric: cluster === undefined ? {} : { cluster },
    values: [[1795498335, value]],
  })
  const read = async (cluster: string | undefined, ...result: unknown[]) =>
    (
      await misscheduledHistory(
        'http://p',
        cluster === undefined ? query : { ...query, cluster },
        async () => Response.json({ status: 'success', data: { result } }),
      )
    ).map(({ value }) => value)
  expect(await read('b', series('a', '1'), series('b', '2'))).toEqual([2])
  expect(await read('b', series(undefined, '3'))).toEqual([3])
  expect(await read('b', series('a', '1'))).toEqual([])
  expect(await read(undefined, series('a', '1'))).toEqual([1])
  expect(await read(undefined, series('a', '1'), series('b', '2'))).toEqual([])
})

test('no series: an empty history', async () => {
  expect(
    await misscheduledHistory('http://p', query, async () =>
      Response.json({ status: 'success', data: { result: [] } }),
    ),
  ).toEqual([])
})

test('an error, an HTML page and no answer: the message says what came back', async () => {
  const asking = (answer: typeof fetch) => misscheduledHistory('http://p', query, answer)
  await expect(
    asking(async () =>
      Response.json(
        { status: 'error', errorType: 'bad_data', error: 'exceeded maximum resolution' },
        { status: 400 },
      ),
    ),
  ).rejects.toThrow('answered 400: exceeded maximum resolution')
  await expect(asking(async () => new Response('<html>', { status: 502 }))).rejects.toThrow(
    /answered 502, and the response is not that of its API\. Check PROMETHEUS_URL/,
  )
  await expect(asking(async () => Promise.reject(new Error('ECONNREFUSED')))).rejects.toThrow(
    /did not answer: ECONNREFUSED/,
  )
})
