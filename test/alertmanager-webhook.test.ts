import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { alertHint } from '../src/alertmanager/alert.ts'
import { parseWebhook, type ReceivedWebhook } from '../src/alertmanager/webhook.ts'
import { sqliteStore } from '../src/store/sqlite.ts'
import type { Result } from '../src/words/result.ts'

const directory = `${import.meta.dirname}/webhooks`
const body = (
  name: string,
): { alerts: { labels: Record<string, string> }[] } & Record<string, unknown> =>
  JSON.parse(readFileSync(`${directory}/${name}.json`, 'utf8'))

function good(parsed: Result<ReceivedWebhook, string>): ReceivedWebhook {
  if (!parsed.ok) throw new Error(parsed.why)
  return parsed.value
}
function problem(given: unknown): string {
  const parsed = parseWebhook(given, 'prod')
  return parsed.ok ? '' : parsed.why
}
const alert = (labels: Record<string, string>, more = {}): unknown => ({
  alerts: [
    { status: 'firing', labels, startsAt: '2026-11-24T03:00:00Z', fingerprint: 'f', ...more },
  ],
})
const ours = { alertname: 'KubeDaemonSetMisScheduled', namespace: 'datadog', daemonset: 'agent' }

test.each(readdirSync(directory))('the recorded webhook %s is parsed', (file) => {
  const parsed = good(parseWebhook(body(file.replace('.json', '')), ''))
  expect(parsed.hints.length).toBeGreaterThan(0)
  for (const hint of parsed.hints)
    expect(hint).toMatchObject({ cluster: '', alertname: 'KubeDaemonSetMisScheduled' })
})

describe('a webhook', () => {
  test('one firing alert is one hint, with all its labels', () => {
    expect(good(parseWebhook(body('firing-single'), 'prod'))).toEqual({
      hints: [
        {
          cluster: 'prod',
          alertname: 'KubeDaemonSetMisScheduled',
          namespace: 'kube-system',
          daemonset: 'kube-proxy',
          status: 'firing',
          fingerprint: 'c111ba9cbe4c5dc1',
          startsAt: '2026-11-24T05:35:32.073Z',
          endsAt: undefined,
          labels: body('firing-single').alerts[0]?.labels,
          links: {
            graph:
              'http://kps-kube-prometheus-stack-prometheus.monitoring:9090/graph?g0.expr=kube_daemonset_status_number_misscheduled%7Bjob%3D%22kube-state-metrics%22%2Cnamespace%3D~%22.%2A%22%7D+%3E+0&g0.tab=1',
            runbook:
              'https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubedaemonsetmisscheduled',
          },
        },
      ],
      ignored: { other_alertname: 0, no_namespace_or_daemonset: 0, other_cluster: 0 },
      truncated: 0,
    })
  })
  test('the status of each alert counts, not that of the webhook', () => {
    const { hints } = good(parseWebhook(body('partial-resolved-status-firing'), ''))
    expect(hints.map((hint) => [hint.daemonset, hint.status])).toEqual([
      ['cilium', 'firing'],
      ['kube-flannel', 'firing'],
      ['kube-proxy', 'resolved'],
    ])
    expect(hints[2]?.endsAt).toMatch(/^2026-11-24T05:36:.*Z$/)
  })
  test('max_alerts: the number of alerts left out is known', () => {
    expect(good(parseWebhook(body('max-alerts-truncated'), '')).truncated).toBe(3)
  })
  test('Grafana: version 1, times with offsets, values ignored', () => {
    const { hints, ignored } = good(parseWebhook(body('grafana-firing-and-resolved'), ''))
    expect(
      hints.map(({ namespace, daemonset, status, startsAt, endsAt }) => ({
        namespace,
        daemonset,
        status,
        startsAt,
        endsAt,
      })),
    ).toEqual([
      {
        namespace: 'datadog',
        daemonset: 'datadog-agent',
        status: 'firing',
        startsAt: '2026-11-24T06:15:00.123Z',
        endsAt: undefined,
      },
      {
        namespace: 'monitoring',
        daemonset: 'node-exporter',
        status: 'resolved',
        startsAt: '2026-11-24T06:00:00.000Z',
        endsAt: '2026-11-24T06:20:00.000Z',
      },
    ])
    expect(ignored.other_alertname).toBe(1)
  })
  test('other alerts, alerts without a DaemonSet and other clusters are ignored and counted', () => {
    const labels = [
      { ...ours, alertname: 'Watchdog' },
      {},
      { ...ours, namespace: '' },
      { alertname: ours.alertname, namespace: 'datadog' },
      { ...ours, cluster: 'staging' },
      { ...ours, cluster: 'prod' },
      { ...ours, cluster: '' },
      ours,
    ]
    const parsed = good(
      parseWebhook({ alerts: labels.map((one) => ({ status: 'firing', labels: one })) }, 'prod'),
    )
    expect(parsed.ignored).toEqual({
      other_alertname: 2,
      no_namespace_or_daemonset: 2,
      other_cluster: 1,
    })
    expect(parsed.hints).toHaveLength(3)
    expect(new Set(parsed.hints.map((hint) => hint.cluster))).toEqual(new Set(['prod']))
  })
  test('without CLUSTER_NAME, alerts of every cluster are for this bot', () => {
    expect(good(parseWebhook(alert({ ...ours, cluster: 'spike' }), '')).hints[0]).toMatchObject({
      cluster: '',
      labels: { cluster: 'spike' },
    })
  })
  test('startsAt in nanoseconds equals the milliseconds of the API', () => {
    const { hints } = good(
      parseWebhook(alert(ours, { startsAt: '2026-11-24T05:37:59.325665962Z' }), ''),
    )
    const polled = alertHint(
      { labels: ours, startsAt: '2026-11-24T05:37:59.325Z', fingerprint: 'f' },
      '',
      '2026-11-24T05:38:00.000Z',
    )
    expect(hints[0]?.startsAt).toBe('2026-11-24T05:37:59.325Z')
    expect(polled).toEqual({ ...hints[0], polledAt: '2026-11-24T05:38:00.000Z' })
  })
  test('alerts of others in the API are ignored', () => {
    expect(
      alertHint({ labels: { ...ours, cluster: 'staging' } }, 'prod', '2026-11-24T05:38:00.000Z'),
    ).toBeUndefined()
    expect(
      alertHint({ labels: { alertname: 'Watchdog' } }, 'prod', '2026-11-24T05:38:00.000Z'),
    ).toBeUndefined()
  })
})

describe('missing, null, unknown and hostile values', () => {
  test('a link that is no web page, or longer than any, is left out', () => {
    const linksWith = (generatorURL: unknown, runbook_url: string) =>
      parseWebhook(
        {
          alerts: [{ status: 'firing', labels: ours, generatorURL, annotations: { runbook_url } }],
        },
        '',
      )
    const { hints } = good(linksWith('javascript:alert(1)', `https://x/${'x'.repeat(2000)}`))
    expect(hints[0]?.links).toEqual({})
    expect(good(linksWith('http://p/graph', 'https://r')).hints[0]?.links).toEqual({
      graph: 'http://p/graph',
      runbook: 'https://r',
    })
  })
  test('only status and labels are required', () => {
    expect(
      good(
        parseWebhook(
          {
            alerts: [
              {
                status: 'resolved',
                labels: ours,
                startsAt: null,
                fingerprint: null,
                annotations: null,
              },
            ],
            truncatedAlerts: null,
          },
          '',
        ),
      ).hints,
    ).toEqual([
      {
        cluster: '',
        ...ours,
        status: 'resolved',
        fingerprint: '',
        startsAt: '',
        endsAt: undefined,
        labels: ours,
        links: {},
      },
    ])
  })
  test('an empty list is a valid webhook', () => {
    expect(good(parseWebhook({ alerts: [] }, '')).hints).toEqual([])
  })
  test('invalid times count as not given', () => {
    for (const startsAt of [
      '',
      'yesterday',
      '0001-01-01T00:00:00Z',
      '+275760-09-13T00:00:00.001Z',
      '-271821-04-19T23:59:59Z',
    ]) {
      expect(good(parseWebhook(alert(ours, { startsAt }), '')).hints[0]?.startsAt).toBe('')
    }
  })
  test('hostile text is stored unchanged, except what SQLite cannot store', async () => {
    const labels = JSON.parse(
      '{"alertname":"KubeDaemonSetMisScheduled","namespace":"a\\u0000b","daemonset":"<!channel> *_`\\ud83d","__proto__":"x","constructor":"y","x\\u0000":"\\"\'"}',
    )
    const { hints } = good(parseWebhook(alert(labels), ''))
    expect(hints[0]).toMatchObject({ namespace: 'a\uFFFDb', daemonset: '<!channel> *_`\uFFFD' })
    const store = sqliteStore('sqlite::memory:')
    await store.saveHints(hints, '2026-11-24T03:00:00Z')
    expect((await store.openAlerts(''))[0]).toMatchObject({
      namespace: 'a\uFFFDb',
      labels: { constructor: 'y', 'x\uFFFD': '"\'' },
    })
    await store.close()
  })
  test('anything else is refused with the reason', () => {
    for (const given of [null, 7, 'text', [], [1]])
      expect(problem(given)).toMatch(/the body is not a JSON object$/)
    expect(problem({})).toMatch(/: alerts: .*expected array/)
    expect(problem({ alerts: {} })).toMatch(/: alerts: .*expected array/)
    expect(problem({ alerts: [7] })).toMatch(/: alerts\[0\]: .*expected object/)
    expect(problem({ alerts: [{ status: 'firing' }] })).toMatch(/: alerts\[0\]\.labels: /)
    expect(problem({ alerts: [{ status: 'maybe', labels: ours }] })).toMatch(
      /: alerts\[0\]\.status: /,
    )
    expect(
      problem({ alerts: [{ status: 'firing', labels: { ...ours, namespace: 7 } }, {}] }),
    ).toMatch(/: alerts\[0\]\.labels\.namespace: .*expected string/)
  })
  test('half a million wrong alerts are refused by the first', () => {
    expect(problem({ alerts: Array.from({ length: 500_000 }, () => 0) })).toMatch(
      /: alerts\[0\]: .*expected object/,
    )
  })
})
