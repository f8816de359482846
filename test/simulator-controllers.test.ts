import { afterEach, expect, test, vi } from 'vitest'
import { finishTerminatingPods, scaleDown } from '../simulator/cluster/controllers/drain.ts'
import { STOP_AFTER_ANNOTATION } from '../simulator/cluster/controllers/kubelet.ts'
import {
  makeNodeUnreachable,
  podsOn,
  recoverNode,
} from '../simulator/cluster/controllers/node-lifecycle.ts'
import { taintNode, untaintNode } from '../simulator/cluster/controllers/taints.ts'
import type {
  ClusterObject,
  ClusterOptions,
  SimulatedCluster,
} from '../simulator/cluster/start-cluster.ts'
import { AGENT, type Ask, agent, node, testCluster, worker } from './simulator/cluster.ts'

let cluster: SimulatedCluster
let ask: Ask
afterEach(() => cluster?.stop())

async function start(objects: readonly ClusterObject[], options?: ClusterOptions): Promise<void> {
  ;({ cluster, ask } = await testCluster(objects, options))
}

const GPU = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }
const gpu = (name: string) => taintNode(cluster.store, name, GPU, 'kubectl-taint')
const read = () => cluster.store.get('daemonsets', 'datadog', 'agent')
const count = () => {
  const { desiredNumberScheduled, numberMisscheduled, numberAvailable = 0 } = read()?.status ?? {}
  return [desiredNumberScheduled, numberMisscheduled, numberAvailable]
}
const becomes = (desired: number, misscheduled: number, available = desired) =>
  vi.waitFor(() => expect(count()).toEqual([desired, misscheduled, available]), {
    timeout: 3000,
    interval: 5,
  })
const touch = () =>
  ask('PATCH', AGENT, [
    { op: 'add', path: '/metadata/annotations/touched', value: String(Math.random()) },
  ])
const agents = () => cluster.store.list('pods', 'datadog')
const settled = () => new Promise((resolve) => setTimeout(resolve, 60))

test('every eligible node gets a running pod, and so does a new node', async () => {
  await start([node('a'), node('b', { taints: [GPU] }), agent()])
  await becomes(1, 0)
  expect(agents().map(({ spec, status }) => [spec?.nodeName, status?.phase])).toEqual([
    ['a', 'Running'],
  ])
  expect(agents()[0]?.metadata.labels?.['controller-revision-hash']).toBe(
    cluster.store.list('controllerrevisions')[0]?.metadata.labels?.['controller-revision-hash'],
  )
  cluster.store.create('nodes', node('c') as never)
  await becomes(2, 0)
})

test('from 1.33 on, a NoSchedule taint on a node with a running pod is counted only when the DaemonSet changes', async () => {
  await start([node('a'), node('b'), agent()], { version: 'v1.33.2' })
  await becomes(2, 0)
  // A sync is still pending for the last pod change, and it would count the taint.
  await settled()
  gpu('a')
  await settled()
  expect(count()).toEqual([2, 0, 2])
  await touch()
  await becomes(1, 1)
})

test('before 1.33, it is counted at once', async () => {
  await start([node('a'), node('b'), agent()], { version: 'v1.32.4' })
  await becomes(2, 0)
  gpu('a')
  await becomes(1, 1)
})

test.each([
  ['v1.33.2', [1, 1, 1]],
  ['v1.34.2', [2, 0, 2]],
])('removing the taint leaves the count of %s at %j', async (version, counts) => {
  await start([node('a'), node('b'), agent()], { version })
  await becomes(2, 0)
  gpu('a')
  await touch()
  await becomes(1, 1)
  await settled()
  untaintNode(cluster.store, 'a', 'dedicated', 'kubectl-taint')
  await settled()
  expect(count()).toEqual(counts)
})

test('managedFields name the client that last wrote the taints', async () => {
  await start([node('a')])
  taintNode(cluster.store, 'a', GPU, 'terraform')
  gpu('a')
  expect(cluster.store.get('nodes', undefined, 'a')?.metadata.managedFields).toEqual([
    expect.objectContaining({
      manager: 'kubectl-taint',
      fieldsV1: { 'f:spec': { 'f:taints': {} } },
    }),
  ])
})

test('a patched toleration rolls out one pod at a time and ends the misscheduling', async () => {
  await start([node('a'), node('b'), node('c'), agent()])
  await becomes(3, 0)
  gpu('a')
  await touch()
  await becomes(2, 1)
  const before = new Set(agents().map(({ metadata }) => metadata.uid))
  let fewest = 3
  cluster.store.onChange(() => {
    const up = agents().filter(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    )
    fewest = Math.min(fewest, up.length)
  })
  await ask('PATCH', AGENT, [
    {
      op: 'add',
      path: '/spec/template/spec/tolerations',
      value: [{ key: 'dedicated', operator: 'Exists' }],
    },
  ])
  await vi.waitFor(() => expect(read()?.status?.updatedNumberScheduled).toBe(3), { timeout: 3000 })
  await becomes(3, 0)
  expect(agents().filter(({ metadata }) => before.has(metadata.uid))).toEqual([])
  expect(fewest).toBe(2)
  expect(read()?.status?.observedGeneration).toBe(2)
})

test('with OnDelete, a changed template replaces no pods, and the status follows the template', async () => {
  await start([node('a'), node('b'), agent({}, { type: 'OnDelete' })])
  await becomes(2, 0)
  const before = podsOn(cluster.store, 'a').map(({ metadata }) => metadata.uid)
  await ask('PATCH', AGENT, [{ op: 'add', path: '/spec/template/spec/nodeName', value: 'a' }])
  await vi.waitFor(() => expect(read()?.status?.desiredNumberScheduled).toBe(1))
  await vi.waitFor(() => expect(agents().map(({ metadata }) => metadata.uid)).toEqual(before))
})

test('an unreachable node gets both taints, keeps its pods, and every DaemonSet on it is misscheduled until it recovers', async () => {
  await start([node('a'), node('b'), agent()], { version: 'v1.32.4' })
  await becomes(2, 0)
  makeNodeUnreachable(cluster.store, 'a')
  await becomes(1, 1)
  expect(
    cluster.store
      .get('nodes', undefined, 'a')
      ?.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`),
  ).toEqual([
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ])
  expect(podsOn(cluster.store, 'a')[0]?.metadata.deletionTimestamp).toBeUndefined()
  recoverNode(cluster.store, 'a')
  await becomes(2, 0)
})

test('a pod deleted on an unreachable node stays in Terminating until the node is back', async () => {
  await start([node('a'), worker('w', 'a')])
  makeNodeUnreachable(cluster.store, 'a')
  await ask('DELETE', '/api/v1/namespaces/batch/pods/w', { gracePeriodSeconds: 1 })
  await settled()
  expect(podsOn(cluster.store, 'a')).toHaveLength(1)
  recoverNode(cluster.store, 'a')
  await vi.waitFor(() => expect(podsOn(cluster.store, 'a')).toEqual([]))
})

test('a scale-down taints and drains the node, waits for slow workers, and deletes the node after the last one', async () => {
  await start([
    node('a'),
    node('b'),
    agent(),
    worker('quick', 'a'),
    worker('slow', 'a', { annotations: { [STOP_AFTER_ANNOTATION]: '600' } }),
  ])
  await becomes(2, 0)
  scaleDown(cluster.store, cluster.timers, 'a')
  await touch()
  await becomes(1, 1)
  await vi.waitFor(() =>
    expect(cluster.store.list('pods', 'batch').map(({ metadata }) => metadata.name)).toEqual([
      'slow',
    ]),
  )
  expect(cluster.store.list('pods', 'batch')[0]?.metadata.deletionGracePeriodSeconds).toBe(600)
  finishTerminatingPods(cluster.store, 'a')
  await becomes(1, 0)
  expect(cluster.store.list('nodes').map(({ metadata }) => metadata.name)).toEqual(['b'])
})

test('after a label change the pod is deleted; with a finalizer it is still counted while an old kubelet leaves it Running', async () => {
  await start([
    node('a', { labels: { gpu: 'yes' }, kubelet: 'v1.26.15' }),
    node('b', { labels: { gpu: 'yes' } }),
    agent({ nodeSelector: { gpu: 'yes' } }),
  ])
  await becomes(2, 0)
  for (const { metadata } of agents()) {
    cluster.store.change('pods', 'datadog', metadata.name, (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, finalizers: ['example.com/report'] },
    }))
  }
  for (const name of ['a', 'b'])
    cluster.store.change('nodes', undefined, name, (one) => ({
      ...one,
      metadata: { ...one.metadata, labels: {} },
    }))
  await becomes(0, 1)
  await vi.waitFor(() =>
    expect(
      agents()
        .map(({ spec, status }) => [spec?.nodeName, status?.phase])
        .sort(),
    ).toEqual([
      ['a', 'Running'],
      ['b', 'Succeeded'],
    ]),
  )
  for (const { metadata } of agents()) {
    cluster.store.change('pods', 'datadog', metadata.name, (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, finalizers: [] },
    }))
  }
  await becomes(0, 0)
  expect(agents()).toEqual([])
})

test('a deletion that a webhook denies is recorded as an event and retried', async () => {
  await start([node('a', { labels: { gpu: 'yes' } }), agent({ nodeSelector: { gpu: 'yes' } })])
  await becomes(1, 0)
  cluster.faults.add({
    kind: 'denied',
    verb: 'delete',
    resource: 'pods',
    webhook: 'policy.example.com',
    message: 'pods are kept',
  })
  cluster.store.change('nodes', undefined, 'a', (one) => ({
    ...one,
    metadata: { ...one.metadata, labels: {} },
  }))
  await becomes(0, 1)
  expect(
    cluster.store.list('events').map(({ reason, message }) => `${reason}: ${message}`),
  ).toContain(
    'FailedDelete: Error deleting: admission webhook "policy.example.com" denied the request: pods are kept',
  )
})
