import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiClient as productClient } from '../../src/kubernetes/api-client.ts'
import { findApiServer } from '../../src/kubernetes/connect/find-api-server.ts'
import { LISTS } from '../../src/kubernetes/snapshot/lists.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { type Random, randomFrom } from './random.ts'
import { randomLabels, randomPodSpec, randomTaint } from './random-objects.ts'
import { makeDaemonSet, makeNodes, waitForReadyNodes, waitForStatus } from './workload.ts'

const SEED = Number(process.env.DIFFERENTIAL_SEED ?? 1)
const NODES = 30
const PODS = 150

let plane: ControlPlane

beforeAll(async () => {
  plane = await startControlPlane({})
  const agent = { namespace: 'logging', name: 'agent' }
  await waitForReadyNodes(plane, await makeNodes(plane, 5))
  await makeDaemonSet(plane, agent)
  await waitForStatus(plane, agent, ({ numberReady }) => numberReady === 5)
  // From now on no object changes between two reads.
  for (const process of [plane.kwok, plane.scheduler, plane.controllerManager]) await process.stop()
})

afterAll(() => plane?.stop())

const TIMES = ['2026-11-24T10:00:00Z', '1970-01-01T00:00:00Z', '2000-02-29T23:59:59Z', null]
const TEXTS = [
  '',
  'a',
  'of 24 bytes and not more',
  'ein längerer Text mit Umlauten — und 漢字 🙂',
  '"\\\n\t',
]
const QUANTITIES = ['0', '1', '1500m', '0.1', '1e3', '3Gi', '123456789012', '1k', '100u']
const IMAGES = ['registry.example/app:1', `registry.example/${'x'.repeat(100)}:v1`]

function meta(random: Random, name: string) {
  return {
    name,
    labels: randomLabels(random),
    annotations: Object.fromEntries(
      random.some(0, 4, () => [
        random.pick([
          'karpenter.sh/do-not-disrupt',
          '__proto__',
          'example.com/a',
          'cluster.x-k8s.io/b',
        ]),
        random.pick(TEXTS),
      ]),
    ),
    finalizers: random.some(0, 1, () => 'example.com/keep'),
    ownerReferences: random.some(0, 2, () => ({
      apiVersion: 'apps/v1',
      kind: random.pick(['DaemonSet', 'ReplicaSet']),
      name: `owner-${random.int(1_000_000)}`,
      uid: `uid-${random.int(1_000_000)}`,
      ...(random.chance(0.5) && { controller: false, blockOwnerDeletion: true }),
    })),
  }
}

function condition(random: Random, type: string) {
  return {
    type,
    status: random.pick(['True', 'False', 'Unknown', '']),
    reason: random.pick(TEXTS),
    message: random.pick(TEXTS),
    lastTransitionTime: random.pick(TIMES),
  }
}

function state(random: Random) {
  return random.pick([
    {},
    { waiting: {} },
    { waiting: { reason: 'CrashLoopBackOff', message: random.pick(TEXTS) } },
    { running: { startedAt: TIMES[0] } },
    { terminated: { exitCode: 0 } },
    {
      terminated: {
        exitCode: random.pick([-1, 137]),
        reason: 'Error',
        message: 'exec /app: exec format error',
        finishedAt: TIMES[0],
      },
    },
  ])
}

const statuses = (random: Random) =>
  random.some(0, 3, () => ({
    name: random.pick(['app', 'sidecar']),
    image: 'i',
    imageID: '',
    ready: random.chance(0.5),
    restartCount: random.int(3),
    state: state(random),
    lastState: state(random),
  }))

function randomNode(random: Random, index: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: meta(random, `random-${index}`),
    spec: {
      ...(random.chance(0.3) && { unschedulable: random.chance(0.5) }),
      ...(random.chance(0.5) && { providerID: random.pick(TEXTS) }),
      taints: random
        .some(0, 2, () => randomTaint(random))
        .map((taint, number) => ({
          ...taint,
          key: `${taint.key}-${number}`,
          ...(random.chance(0.5) && { timeAdded: random.pick(TIMES) }),
        })),
    },
    status: {
      allocatable: Object.fromEntries(
        ['cpu', 'memory', 'example.com/gpu'].flatMap((name) =>
          random.chance(0.7)
            ? [[name, random.pick(name === 'example.com/gpu' ? ['0', '8'] : QUANTITIES)]]
            : [],
        ),
      ),
      conditions: random.some(0, 3, () => ({
        ...condition(random, random.pick(['Ready', 'DiskPressure'])),
        lastHeartbeatTime: random.pick(TIMES),
      })),
      images: random.some(0, 20, () => ({
        names: [random.pick(IMAGES)],
        sizeBytes: random.int(1e9),
      })),
      nodeInfo: { ...nodeInfo, kubeletVersion: random.pick(['', 'v1.37.2']) },
    },
  }
}

const nodeInfo = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '6.1',
  osImage: 'Debian',
  containerRuntimeVersion: 'containerd://2',
  kubeProxyVersion: '',
  operatingSystem: 'linux',
  architecture: 'amd64',
}

function randomPod(random: Random, index: number) {
  const name = `random-${index}`
  const { nodeName: _, ...spec } = randomPodSpec(random, ['node-1', 'node-2'])
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(random, name),
    spec: {
      ...spec,
      ...(random.chance(0.7) && { nodeName: random.pick(['node-1', 'no-such-node']) }),
      ...(random.chance(0.3) && { os: { name: 'linux' } }),
      ...(random.chance(0.3) && { terminationGracePeriodSeconds: random.pick([0, 30, 86_400]) }),
      containers: ['app', 'sidecar'].slice(0, 1 + random.int(2)).map((one) => ({
        name: one,
        image: random.pick(IMAGES),
        env: random.some(0, 5, () => ({ name: 'SECRET', value: random.pick(TEXTS) })),
        ...(random.chance(0.7) && {
          resources: {
            requests: { cpu: random.pick(QUANTITIES), memory: random.pick(QUANTITIES) },
          },
        }),
      })),
      volumes: [
        { name: 'empty', emptyDir: {} },
        ...(random.chance(0.5)
          ? [{ name: 'host', hostPath: { path: random.pick(['/', '/var/lög']) } }]
          : []),
      ],
    },
  }
  const status = {
    phase: random.pick(['Pending', 'Running', 'Succeeded']),
    reason: random.pick(TEXTS),
    conditions: ['Ready', 'PodScheduled']
      .slice(0, random.int(3))
      .map((type) => condition(random, type)),
    initContainerStatuses: statuses(random),
    containerStatuses: statuses(random),
  }
  return { name, object, status }
}

/** What the API server refuses is left out. */
async function tryTo(write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => true,
    () => false,
  )
}

test('nodes and pods read as protobuf are those read as JSON', async () => {
  const random = randomFrom(SEED)
  let written = 0
  for (let index = 0; index < NODES; index++)
    written += Number(
      await tryTo(plane.request('POST', '/api/v1/nodes', randomNode(random, index))),
    )
  const pods = '/api/v1/namespaces/default/pods'
  for (let index = 0; index < PODS; index++) {
    const { name, object, status } = randomPod(random, index)
    if (!(await tryTo(plane.request('POST', pods, object)))) continue
    written++
    await tryTo(
      plane.request('PATCH', `${pods}/${name}/status`, { status }, 'application/merge-patch+json'),
    )
    if (random.chance(0.2))
      await tryTo(
        plane.request('DELETE', `${pods}/${name}`, { gracePeriodSeconds: random.pick([30, 300]) }),
      )
  }
  expect(written).toBeGreaterThan((NODES + PODS) / 3)

  const server = await findApiServer({ kubeconfig: plane.kubeconfigPath })
  const client = productClient(server, { pageMs: 30_000, callMs: 10_000 })
  for (const definition of [LISTS.nodes, LISTS.pods]) {
    const [path = ''] = definition.paths
    const { items } = await client.list<object>(path, definition)
    const { protobuf: _, ...asJson } = definition
    expect(items.length).toBeGreaterThan(5)
    expect(items).toStrictEqual((await client.list<object>(path, asJson)).items)
  }
})
