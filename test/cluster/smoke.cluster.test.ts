import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { type Monitoring, startMonitoring } from './monitoring.ts'
import { until } from './processes.ts'
import {
  addTaint,
  makeDaemonSet,
  makeNodes,
  removeTaint,
  resumeHeartbeat,
  stopHeartbeat,
  touchUntilCounted,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

interface Webhook {
  readonly authorization: string | undefined
  readonly status: string
  readonly alerts: readonly {
    readonly status: string
    readonly labels: Readonly<Record<string, string>>
  }[]
}

const agent = { namespace: 'logging', name: 'agent' }
const received: Webhook[] = []
let receiver: Server
let cluster: ControlPlane
let monitoring: Monitoring

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({
      authorization: request.headers.authorization,
      ...JSON.parse(Buffer.concat(chunks).toString()),
    })
    response.end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  cluster = await timed('control plane', () => startControlPlane())
  monitoring = await timed('monitoring', () =>
    startMonitoring({
      kubeconfigPath: cluster.kubeconfigPath,
      webhook: { url, token: 'secret' },
      cluster: 'production',
    }),
  )
})

afterAll(async () => {
  await timed('stop everything', async () => {
    await monitoring?.stop()
    await cluster?.stop()
    receiver?.close()
  })
})

test('a taint under a running pod leads to a webhook, and its removal to a resolved one', async () => {
  const nodes = await makeNodes(cluster, 3)
  await timed('nodes Ready', () => waitForReadyNodes(cluster, nodes))
  await makeDaemonSet(cluster, agent)
  await timed('pods Ready', () =>
    waitForStatus(cluster, agent, ({ numberReady }) => numberReady === 3),
  )

  await addTaint(cluster, 'node-1', { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' })
  await timed('taint → status', () => touchUntilCounted(cluster, agent, 1))
  await timed('status → Prometheus', () =>
    until('a misscheduled count of 1 in Prometheus', misscheduledInPrometheus, {
      timeoutMs: 20_000,
    }),
  )
  const firing = await timed('Prometheus → webhook', () =>
    until('the first webhook', async () => received.at(0)),
  )
  expect(firing.authorization).toBe('Bearer secret')
  expect(firing.alerts).toHaveLength(1)
  expect(firing.alerts[0]).toMatchObject({
    status: 'firing',
    labels: {
      alertname: 'KubeDaemonSetMisScheduled',
      cluster: 'production',
      namespace: 'logging',
      daemonset: 'agent',
      pod: 'kube-state-metrics-0',
    },
  })
  expect(await monitoring.alerts()).toMatchObject([
    { status: { state: 'active' }, labels: { daemonset: 'agent' } },
  ])
  expect(await monitoring.silences()).toEqual([])

  await removeTaint(cluster, 'node-1', 'dedicated')
  await timed('taint removed → webhook', () =>
    until('a resolved webhook', async () => received.find(({ status }) => status === 'resolved')),
  )
})

test('a node without a heartbeat becomes NotReady, and Ready again with one', async () => {
  await stopHeartbeat(cluster, 'node-2')
  await timed('no heartbeat → NotReady and counted', async () => {
    await until('the NoSchedule taint node.kubernetes.io/unreachable on node-2', async () => {
      const taints = await cluster.kubectl([
        'get',
        'node',
        'node-2',
        '-o',
        'jsonpath={.spec.taints[*].key}:{.spec.taints[*].effect}',
      ])
      return /unreachable.*NoSchedule/.test(taints) || undefined
    })
    await touchUntilCounted(cluster, agent, 1)
  })
  await resumeHeartbeat(cluster, 'node-2')
  await timed('heartbeat → no longer counted', () =>
    waitForStatus(cluster, agent, (status) => status.desiredNumberScheduled === 3),
  )
})

test('every process can be killed and started again on the same port', async () => {
  for (const running of [
    monitoring.kubeStateMetrics,
    monitoring.prometheus,
    monitoring.alertmanager,
    cluster.kwok,
  ]) {
    await timed(`${running.name} killed and ready`, () => running.restart('kill'))
  }
  await cluster.controllerManager.stop()
  await timed('API server killed and ready', () => cluster.apiserver.restart('kill'))
  await cluster.controllerManager.start()
  await touchUntilCounted(cluster, agent, 0)
  await waitForStatus(cluster, agent, ({ numberReady }) => numberReady === 3)
})

async function misscheduledInPrometheus(): Promise<true | undefined> {
  const samples = await monitoring.query(
    'kube_daemonset_status_number_misscheduled{namespace="logging"}',
  )
  return samples.some(({ value }) => value === 1) || undefined
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work()
  console.log(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return result
}
