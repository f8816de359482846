import { expect, test } from 'vitest'
import type { Poll } from '../src/alertmanager/client.ts'
import { isCountDue, setTrueCounts } from '../src/incident/true-counts.ts'
import type { Cluster } from '../src/kubernetes/cluster.ts'
import type { DaemonSet, Node, Pod, Snapshot } from '../src/kubernetes/objects.ts'
import { reconcile } from '../src/reconcile.ts'
import { type Metrics, noMetrics } from '../src/telemetry/metrics.ts'
import { prometheusMetrics } from '../src/telemetry/prometheus-metrics.ts'
import { type QuietWorld, quietWorld } from './incident-world.ts'

const labels = { app: 'agent' }
const daemonSet = (name: string, numberMisscheduled: number): DaemonSet => ({
  metadata: { namespace: 'logging', name, uid: name },
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: {} } },
  status: { numberMisscheduled },
})
const node: Node = {
  metadata: { name: 'n1' },
  spec: { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] },
}
const pod = (owner: string): Pod => ({
  metadata: {
    namespace: 'logging',
    name: `${owner}-1`,
    labels,
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'DaemonSet', name: owner, uid: owner, controller: true },
    ],
  },
  spec: { nodeName: 'n1' },
  status: { phase: 'Running' },
})
const nothing: Poll = {
  alerts: [],
  silences: [],
  reachable: ['a'],
  unreachable: [],
  absenceCounts: true,
}
const snapshot = (...names: readonly string[]): Snapshot => ({
  takenAt: '2026-11-24T03:00:00Z',
  daemonSets: names.map((name) => daemonSet(name, 0)),
  nodes: [node],
  pods: [pod('agent')],
  unreadable: [],
})

/** A bot whose metrics were scraped just now. */
async function scraped(cluster: Partial<Cluster> = {}) {
  const metrics: Metrics = prometheusMetrics(() => world.bot.now().getTime())
  const world: QuietWorld = await quietWorld({
    metrics,
    alertmanager: { poll: async () => nothing },
    cluster,
  })
  await metrics.exposition()
  const lines = async () =>
    ((await metrics.exposition())?.text ?? '')
      .split('\n')
      .filter((line) => /^daemonset_triage_(status_)?number/.test(line))
  return { ...world, lines }
}

test('every DaemonSet has its true count and its status’s count, whether an alert fires or not', async () => {
  const { bot, lines } = await scraped()
  setTrueCounts(bot, snapshot('agent', 'fine'))
  expect(await lines()).toEqual([
    'daemonset_triage_number_misscheduled{namespace="logging",daemonset="agent"} 1',
    'daemonset_triage_number_misscheduled{namespace="logging",daemonset="fine"} 0',
    'daemonset_triage_status_number_misscheduled{namespace="logging",daemonset="agent"} 0',
    'daemonset_triage_status_number_misscheduled{namespace="logging",daemonset="fine"} 0',
  ])
})

test('a deleted DaemonSet has no value', async () => {
  const { bot, lines } = await scraped()
  setTrueCounts(bot, snapshot('agent', 'fine'))
  setTrueCounts(bot, snapshot('fine'))
  expect((await lines()).join('\n')).not.toContain('"agent"')
})

test('there is no value while the cluster cannot be read', async () => {
  const { bot, lines } = await scraped()
  setTrueCounts(bot, snapshot('agent'))
  setTrueCounts(bot, undefined)
  expect(await lines()).toEqual([])
  setTrueCounts(bot, snapshot('agent'))
  setTrueCounts(bot, {
    ...snapshot('agent'),
    pods: [],
    unreadable: [{ resource: 'pods', reason: '403' }],
  })
  expect(await lines()).toEqual([])
})

test('without a scrape nothing is read for the metric, and after one it is every two minutes', async () => {
  const { bot, pass } = await scraped()
  expect(isCountDue(bot)).toBe(true)
  setTrueCounts(bot, undefined)
  pass(1.9)
  expect(isCountDue(bot)).toBe(false)
  pass(0.1)
  expect(isCountDue(bot)).toBe(true)
  pass(8)
  expect(isCountDue(bot)).toBe(false)
  await bot.metrics.exposition()
  expect(isCountDue(bot)).toBe(true)
  expect(isCountDue((await quietWorld({ metrics: noMetrics })).bot)).toBe(false)
  expect(isCountDue((await quietWorld({ metrics: prometheusMetrics() })).bot)).toBe(false)
})

test('the first scrape after a long time shows no counts of long ago', async () => {
  const { bot, lines, pass } = await scraped()
  setTrueCounts(bot, snapshot('agent'))
  pass(9)
  expect(await lines()).toHaveLength(2)
  pass(11)
  expect(await lines()).toEqual([])
})

test('up to Kubernetes 1.32 the status is the true count: nothing is read but the version, seldom', async () => {
  const { bot, lines, pass } = await scraped()
  setTrueCounts(bot, { ...snapshot('agent'), serverVersion: 'v1.32.9' })
  expect(await lines()).toEqual([])
  for (let hour = 0; hour < 6; hour += 1) {
    expect(isCountDue(bot)).toBe(false)
    pass(60)
    await bot.metrics.exposition()
  }
  expect(isCountDue(bot)).toBe(true)
  setTrueCounts(bot, { ...snapshot('agent'), serverVersion: 'v1.33.0-eks-1' })
  expect(await lines()).toHaveLength(2)
  pass(2)
  expect(isCountDue(bot)).toBe(true)
})

test('rounds without an open incident read the cluster for the metric every two minutes', async () => {
  let reads = 0
  const { bot, pass } = await scraped({
    snapshot: async () => {
      reads += 1
      return snapshot('agent')
    },
  })
  const readsAfter: number[] = []
  for (let minute = 0; minute < 6; minute++) {
    await reconcile(bot)
    readsAfter.push(reads)
    pass(1)
  }
  expect(readsAfter).toEqual([1, 1, 2, 2, 3, 3])
})
