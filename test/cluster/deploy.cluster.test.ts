import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/kubernetes/connect/connect.ts'
import { findApiServer } from '../../src/kubernetes/connect/find-api-server.ts'
import type { Pod } from '../../src/kubernetes/objects.ts'
import {
  recountPatch,
  tolerationPatch,
  undoTolerationPatch,
  withTolerations,
} from '../../src/kubernetes/patches.ts'
import { JSON_PATCH, MERGE_PATCH } from './api.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { until } from './processes.ts'
import {
  applyManifests,
  MANIFESTS,
  manifestPath,
  may,
  refusalOf,
  type ServiceAccount,
  serviceAccountKubeconfig,
  untilRefused,
} from './service-account.ts'
import {
  getDaemonSet,
  listNodes,
  listPods,
  makeDaemonSet,
  makeNodes,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

const agent = { namespace: 'logging', name: 'agent' }
const agentPath = '/apis/apps/v1/namespaces/logging/daemonsets/agent'
let cluster: ControlPlane
let bot: ServiceAccount

beforeAll(async () => {
  cluster = await startControlPlane()
  const nodes = await makeNodes(cluster, 2)
  await waitForReadyNodes(cluster, nodes)
  await makeDaemonSet(cluster, {
    ...agent,
    labels: { app: 'agent' },
    podSpec: {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'node-role', operator: 'Exists', effect: 'NoSchedule' }],
    },
  })
  await patchAsAdmin({ metadata: { annotations: { team: 'logs' } } })
  await waitForStatus(cluster, agent, ({ numberReady }) => numberReady === 2)
})

afterAll(() => cluster?.stop())

test('the API server accepts every manifest, in a dry run and applied', async () => {
  await cluster.kubectl(['create', 'namespace', 'daemonset-triage'])
  for (const name of MANIFESTS) {
    const printed = await cluster.kubectl(['apply', '--dry-run=server', '-f', manifestPath(name)])
    expect(printed.trim().split('\n').length).toBeGreaterThan(3)
    expect(printed).not.toMatch(/warning/i)
  }
  await applyManifests(cluster, ['bot'])
  bot = await serviceAccountKubeconfig(cluster, cluster.directory)
})

describe('the read-only rights', () => {
  test('are enough to read everything that the bot reads', async () => {
    const snapshot = await connect(
      await findApiServer({ kubeconfig: bot.kubeconfigPath, environment: {} }),
    ).snapshot()
    expect(snapshot.unreadable).toEqual([])
    expect(snapshot.nodes).toHaveLength(2)
    expect(snapshot.pods.length).toBeGreaterThanOrEqual(2)
    expect(snapshot.controllerRevisions).toHaveLength(1)
    expect(snapshot.leases?.length).toBeGreaterThanOrEqual(2)
    expect(snapshot.serverVersion).toBe('v1.37.2')
  })

  test.each([
    ['get', 'secrets'],
    ['list', 'secrets'],
    ['get', 'configmaps'],
    ['list', 'configmaps'],
    ['get', 'pods/log'],
    ['create', 'pods/exec'],
    ['create', 'pods/eviction'],
    ['create', 'pods'],
    ['delete', 'pods'],
    ['patch', 'nodes'],
    ['patch', 'apps/daemonsets'],
    ['update', 'apps/daemonsets'],
    ['delete', 'apps/daemonsets'],
    ['create', 'serviceaccounts/token'],
    ['impersonate', 'users'],
  ])('do not allow %s %s, in the namespace of the bot or in another', async (verb, path) => {
    for (const namespace of ['logging', 'daemonset-triage'])
      expect(await may(cluster.request, bot.token, verb, path, namespace)).toBe(false)
  })
})

describe('the right to patch', () => {
  beforeAll(async () => {
    await applyManifests(cluster, ['write'])
    await untilRefused('a change to minReadySeconds', () =>
      dryRun({ spec: { minReadySeconds: 7 } }),
    )
  })

  test('comes with write.yaml, without update and delete', async () => {
    expect(await mayBot('patch', 'apps/daemonsets')).toBe(true)
    expect(await mayBot('patch', 'apps/daemonsets/status')).toBe(false)
    expect(await mayBot('update', 'apps/daemonsets')).toBe(false)
    expect(await mayBot('delete', 'apps/daemonsets')).toBe(false)
    expect(await mayBot('delete', 'pods')).toBe(false)
  })

  test('allows the bot to add a toleration to the existing ones, and to undo that', async () => {
    const before = await getDaemonSet(cluster, agent.namespace, agent.name)
    const { uid = '' } = before.metadata
    const from = before.spec.template.spec?.tolerations
    const to = withTolerations(from, [
      { key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
    ])
    await patchAsBot(tolerationPatch(before, { uid, tolerations: from }, to), JSON_PATCH)
    const patched = await getDaemonSet(cluster, agent.namespace, agent.name)
    expect(patched.spec.template.spec?.tolerations).toEqual([
      { key: 'node-role', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
    ])
    await patchAsBot(undoTolerationPatch(patched, { uid, from, to }), JSON_PATCH)
    expect(
      (await getDaemonSet(cluster, agent.namespace, agent.name)).spec.template.spec?.tolerations,
    ).toEqual(from)
  })

  test('allows the bot to make the controller recount', async () => {
    const fresh = await getDaemonSet(cluster, agent.namespace, agent.name)
    await patchAsBot(recountPatch(fresh, '2026-11-24T03:00:00Z'), JSON_PATCH)
    expect(
      (await getDaemonSet(cluster, agent.namespace, agent.name)).metadata.annotations,
    ).toMatchObject({
      'daemonset-triage/recounted-at': '2026-11-24T03:00:00Z',
      team: 'logs',
    })
  })

  test('does not allow the bot to set the generation of the template, which the API server sets', async () => {
    const key = 'deprecated.daemonset.template.generation'
    const before = (await getDaemonSet(cluster, agent.namespace, agent.name)).metadata
      .annotations?.[key]
    await patchAsBot({ metadata: { annotations: { [key]: '77' } } }, MERGE_PATCH)
    expect(
      (await getDaemonSet(cluster, agent.namespace, agent.name)).metadata.annotations?.[key],
    ).toBe(before)
  })

  const podSpec = (spec: object) => ({ spec: { template: { spec } } })
  const container = { name: 'main', image: 'registry.k8s.io/pause:3.10' }
  test.each([
    [
      'another image',
      podSpec({ containers: [{ ...container, image: 'evil:1' }] }),
      'only the tolerations of the pod template',
    ],
    [
      'a privileged container',
      podSpec({ containers: [{ ...container, securityContext: { privileged: true } }] }),
      'only the tolerations of the pod template',
    ],
    [
      'a second container',
      podSpec({ containers: [container, { name: 'more', image: 'evil:1' }] }),
      'only the tolerations of the pod template',
    ],
    [
      'an init container',
      podSpec({ initContainers: [{ name: 'first', image: 'evil:1' }] }),
      'only the tolerations of the pod template',
    ],
    ['hostPID', podSpec({ hostPID: true }), 'only the tolerations of the pod template'],
    [
      'a service account',
      podSpec({ serviceAccountName: 'other' }),
      'only the tolerations of the pod template',
    ],
    [
      'a host path',
      podSpec({ volumes: [{ name: 'root', hostPath: { path: '/' } }] }),
      'only the tolerations of the pod template',
    ],
    [
      'the removal of a node selector',
      podSpec({ nodeSelector: null }),
      'remove only tolerations from the pod template',
    ],
    [
      'minReadySeconds',
      { spec: { minReadySeconds: 7 } },
      "only the template's tolerations in the spec",
    ],
    [
      'the update strategy',
      { spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } },
      "only the template's tolerations in the spec",
    ],
    [
      'an annotation of the template',
      { spec: { template: { metadata: { annotations: { a: 'b' } } } } },
      "the template's labels or annotations",
    ],
    [
      'a label of the template',
      { spec: { template: { metadata: { labels: { a: 'b' } } } } },
      "the template's labels or annotations",
    ],
    ['a label', { metadata: { labels: { a: 'b' } } }, 'labels, owners or finalizers'],
    [
      'the removal of a label',
      { metadata: { labels: { app: null } } },
      'labels, owners or finalizers',
    ],
    [
      'an owner',
      { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'y' }] } },
      'labels, owners or finalizers',
    ],
    [
      'a finalizer',
      { metadata: { finalizers: ['example.com/held'] } },
      'labels, owners or finalizers',
    ],
    ['another annotation', { metadata: { annotations: { a: 'b' } } }, 'only its own annotation'],
    [
      'a change to another annotation',
      { metadata: { annotations: { team: 'other' } } },
      'only its own annotation',
    ],
    [
      'the removal of another annotation',
      { metadata: { annotations: { team: null } } },
      'only its own annotation',
    ],
  ])('does not allow %s', async (_, patch, message) => {
    const refused = await refusalOf(dryRun(patch))
    expect(refused?.message).toContain("ValidatingAdmissionPolicy 'daemonset-triage'")
    expect(refused?.message).toContain(message)
    // The policy alone denies it: an administrator may make the same change.
    expect(await refusalOf(dryRun(patch, cluster.adminToken))).toBeUndefined()
  })
})

describe('the right to delete pods', () => {
  beforeAll(async () => {
    await applyManifests(cluster, ['delete-pods'])
    await makePod('bare', {})
    await untilRefused('the deletion of a bare pod', () =>
      deletePod('bare', bot.token, '?dryRun=All'),
    )
  })

  test('allows the bot to delete pods of a DaemonSet, and no other pods', async () => {
    const [pod] = await listPods(cluster, agent.namespace).then((pods) =>
      pods.filter(({ metadata }) => metadata.name !== 'bare'),
    )
    await deletePod(pod?.metadata.name ?? '', bot.token)
    await until(
      'the deletion of the pod',
      async () =>
        (await listPods(cluster, agent.namespace)).every(
          ({ metadata }) => metadata.uid !== pod?.metadata.uid,
        ) || undefined,
    )
    // The owner must exist, or the garbage collector deletes the pod.
    const [node] = await listNodes(cluster)
    await makePod('of-a-node', {
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Node',
          name: node?.metadata.name,
          uid: node?.metadata.uid,
          controller: true,
        },
      ],
    })
    for (const name of ['bare', 'of-a-node']) {
      const refused = await refusalOf(deletePod(name, bot.token))
      expect(refused?.message).toContain(
        'daemonset-triage may delete only pods that a DaemonSet controls',
      )
    }
    await deletePod('bare', cluster.adminToken)
  })

  test('does not allow the bot to delete collections, evict or patch', async () => {
    expect(await mayBot('delete', 'pods')).toBe(true)
    expect(await mayBot('deletecollection', 'pods')).toBe(false)
    expect(await mayBot('create', 'pods/eviction')).toBe(false)
    expect(await mayBot('patch', 'pods')).toBe(false)
  })
})

const mayBot = (verb: string, path: string) =>
  may(cluster.request, bot.token, verb, path, agent.namespace)
const patchAsAdmin = (patch: unknown) => cluster.request('PATCH', agentPath, patch, MERGE_PATCH)
const patchAsBot = (patch: unknown, type: string) =>
  cluster.request('PATCH', agentPath, patch, type, bot.token)
const dryRun = (patch: unknown, token = bot.token) =>
  cluster.request('PATCH', `${agentPath}?dryRun=All`, patch, MERGE_PATCH, token)
const deletePod = (name: string, token: string, query = '') =>
  cluster.request(
    'DELETE',
    `/api/v1/namespaces/logging/pods/${name}${query}`,
    undefined,
    undefined,
    token,
  )
const makePod = (name: string, metadata: object) =>
  cluster.request<Pod>('POST', '/api/v1/namespaces/logging/pods', {
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] },
  })
