import { describe, expect, it, test } from 'vitest'
import type { EqualityMatchers, GettableAlert } from '../src/alertmanager/client.ts'
import {
  isStuckByMisschedulingAlone,
  pollRelatedAlerts,
  relatedAlertsLine,
  relatedAlertsOf,
  secondSilence,
} from '../src/incident/message/related-alerts.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, observationAs, quietWorld } from './incident-world.ts'

function alert(
  labels: Readonly<Record<string, string>>,
  more: Partial<GettableAlert['status']> = {},
): GettableAlert {
  const status: GettableAlert['status'] = {
    state: 'active',
    silencedBy: [],
    inhibitedBy: [],
    ...more,
  }
  return { labels, startsAt: '', fingerprint: JSON.stringify(labels), status }
}
const stuck = (daemonset: string, more: Readonly<Record<string, string>> = {}) =>
  alert({ alertname: 'KubeDaemonSetRolloutStuck', namespace: 'datadog', daemonset, ...more })
const notReady = (node: string) => alert({ alertname: 'KubeNodeNotReady', node })
const observation = observationAs('open', [
  diagnosis({ nodes: ['n1', 'n2'] }),
  diagnosis({ name: 'proxy', nodes: ['n1'] }),
])

describe('a related alert', () => {
  it('is about a node or a DaemonSet of the incident; each is listed once, in order', () => {
    const firing = [
      stuck('proxy'),
      notReady('n2'),
      notReady('n9'),
      alert({
        alertname: 'KubeNodeUnreachable',
        node: 'n1',
        key: 'node.kubernetes.io/unreachable',
      }),
      stuck('other'),
      notReady('n1'),
      alert({ alertname: 'KubeNodeNotReady', node: 'n1', pod: 'another-kube-state-metrics' }),
    ]
    const expected = [
      { alertname: 'KubeDaemonSetRolloutStuck', subject: 'datadog/proxy' },
      { alertname: 'KubeNodeNotReady', subject: 'n1' },
      { alertname: 'KubeNodeNotReady', subject: 'n2' },
      { alertname: 'KubeNodeUnreachable', subject: 'n1' },
    ]
    expect(relatedAlertsOf(observation, firing)).toEqual(expected)
    expect(relatedAlertsOf(observation, [...firing].reverse())).toEqual(expected)
  })

  it('is left out if it is inhibited: it notifies nobody', () => {
    expect(
      relatedAlertsOf(observation, [alert(notReady('n1').labels, { inhibitedBy: ['x'] })]),
    ).toEqual([])
  })

  it('makes one short line', () => {
    const line = (
      relatedAlerts: Parameters<typeof relatedAlertsLine>[0]['relatedAlerts'],
      alerts = observation.alerts,
    ) => plain(relatedAlertsLine({ relatedAlerts, alerts }) ?? ['nothing'])
    expect(line([])).toBe('nothing')
    expect(
      line(relatedAlertsOf(observation, [notReady('n1'), notReady('n2'), stuck('agent')])),
    ).toBe(
      'Also firing: `KubeDaemonSetRolloutStuck` for `datadog/agent`, `KubeNodeNotReady` for `n1` and `n2`',
    )
    const alone = observationAs('open', [diagnosis({ nodes: ['n1'] })])
    expect(line(relatedAlertsOf(alone, [stuck('agent')]), alone.alerts)).toBe(
      'Also firing: `KubeDaemonSetRolloutStuck`',
    )
  })

  it('is polled once for each name, and ignored if it is from another cluster', async () => {
    const asked: EqualityMatchers[] = []
    const known = [
      stuck('agent', { cluster: 'prod' }),
      stuck('proxy', { cluster: 'other' }),
      notReady('n1'),
    ]
    const { bot } = await quietWorld({
      alertmanager: {
        matching: async (matchers) => {
          asked.push(matchers)
          return known.filter(({ labels }) => labels.alertname === matchers.alertname)
        },
      },
    })
    expect(
      (await pollRelatedAlerts(bot))?.map(({ labels }) => labels.daemonset ?? labels.node),
    ).toEqual(['agent', 'n1'])
    expect(asked).toEqual(
      ['KubeDaemonSetRolloutStuck', 'KubeNodeNotReady', 'KubeNodeUnreachable'].map((alertname) => ({
        alertname,
      })),
    )
  })

  it('is unknown while Alertmanager is down', async () => {
    const { bot } = await quietWorld({
      alertmanager: { matching: () => Promise.reject(new Error('no answer')) },
    })
    expect(await pollRelatedAlerts(bot)).toBeUndefined()
  })
})

const right = {
  desiredNumberScheduled: 3,
  currentNumberScheduled: 3,
  updatedNumberScheduled: 3,
  numberAvailable: 3,
}

test.each([
  ['misscheduled pods only', { ...right, numberMisscheduled: 1 }, true],
  ['nothing wrong', { ...right, numberMisscheduled: 0 }, false],
  [
    'a pod that is lacking too',
    { ...right, numberMisscheduled: 1, currentNumberScheduled: 2 },
    false,
  ],
  [
    'a pod of an old revision too',
    { ...right, numberMisscheduled: 1, updatedNumberScheduled: 2 },
    false,
  ],
  [
    'a pod that is not available too',
    { ...right, numberMisscheduled: 1, numberAvailable: 2 },
    false,
  ],
  ['misscheduled pods only, and no node to run on', { numberMisscheduled: 3 }, true],
  ['no status', null, false],
])('KubeDaemonSetRolloutStuck fires for %s', (_, status, expected) => {
  expect(isStuckByMisschedulingAlone(status)).toBe(expected)
})

describe('the second silence', () => {
  const primary = ['agent', 'proxy'].map((daemonset) => ({
    alertname: 'KubeDaemonSetMisScheduled',
    cluster: 'prod',
    daemonset,
    namespace: 'datadog',
  }))
  const offered = async (
    statuses: Readonly<Record<string, object>>,
    ...firing: readonly GettableAlert[]
  ) => {
    const matching = async ({ daemonset }: EqualityMatchers) =>
      firing.filter(({ labels }) => labels.daemonset === daemonset)
    const { bot } = await quietWorld({ alertmanager: { matching } })
    const diagnoses = ['agent', 'proxy'].map((name) =>
      diagnosis({ name, nodes: ['n1'], status: statuses[name] ?? null }),
    )
    return secondSilence(bot, observationAs('open', diagnoses), primary)
  }
  const alone = { ...right, numberMisscheduled: 1 }

  it('has the labels of the first except the name, for the alerts that fire now', async () => {
    expect((await offered({}, stuck('proxy')))?.matchers).toEqual([
      {
        alertname: 'KubeDaemonSetRolloutStuck',
        cluster: 'prod',
        daemonset: 'proxy',
        namespace: 'datadog',
      },
    ])
  })

  it('is not offered if nothing fires or the alert is inhibited', async () => {
    expect(await offered({ agent: alone })).toBeUndefined()
    expect(
      await offered({ agent: alone }, alert(stuck('agent').labels, { inhibitedBy: ['x'] })),
    ).toBeUndefined()
  })

  it('is ticked only if it hides nothing else', async () => {
    expect(
      await offered({ agent: alone, proxy: alone }, stuck('agent'), stuck('proxy')),
    ).toMatchObject({ ticked: true })
    const behind = { ...alone, updatedNumberScheduled: 0 }
    expect(
      await offered({ agent: alone, proxy: behind }, stuck('agent'), stuck('proxy')),
    ).toMatchObject({ ticked: false })
    expect(await offered({ agent: alone, proxy: behind }, stuck('agent'))).toMatchObject({
      ticked: true,
    })
  })
})
