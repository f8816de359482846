import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../src/kubernetes/cluster.ts'
import { connect } from '../../src/kubernetes/connect/connect.ts'
import { apiServerWithCa, findApiServer } from '../../src/kubernetes/connect/find-api-server.ts'
import type { DaemonSet, Toleration } from '../../src/kubernetes/objects.ts'
import {
  recountPatch,
  tolerationPatch,
  undoTolerationPatch,
  withTolerations,
} from '../../src/kubernetes/patches.ts'
import { readSnapshotFile, writeSnapshot } from '../../src/kubernetes/snapshot/snapshot-file.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { addTaint, makeDaemonSet, makeNodes, waitForReadyNodes, waitForStatus } from './workload.ts'

const agent = { namespace: 'logging', name: 'agent' }
const gpu: Toleration = { key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }
const drain: Toleration = { key: 'drain', operator: 'Exists' }

let plane: ControlPlane
let cluster: Cluster

beforeAll(async () => {
  plane = await startControlPlane({ users: ['nobody'] })
  cluster = connect(await findApiServer({ kubeconfig: plane.kubeconfigPath }))
  await waitForReadyNodes(plane, await makeNodes(plane, 3))
  await makeDaemonSet(plane, agent)
  await waitForStatus(plane, agent, ({ numberReady }) => numberReady === 3)
})

afterAll(() => plane?.stop())

async function fresh(): Promise<DaemonSet> {
  const object = await cluster.daemonSet(agent.namespace, agent.name)
  if (!object) throw new Error('the DaemonSet logging/agent does not exist')
  return object
}

function uidOf({ metadata }: DaemonSet): string {
  return metadata.uid ?? ''
}

function tolerationsOf({ spec }: DaemonSet): readonly Toleration[] | undefined {
  return spec.template.spec?.tolerations
}

test('a snapshot, its file and the output of kubectl have the same objects', async () => {
  await addTaint(plane, 'node-1', { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' })
  const snapshot = await cluster.snapshot()
  expect(snapshot.unreadable).toEqual([])
  expect(snapshot.serverVersion).toMatch(/^v1\.\d+\.\d+/)
  expect(snapshot.nodes).toHaveLength(3)
  expect(snapshot.pods.map(({ spec }) => spec?.nodeName).sort()).toEqual([
    'node-0',
    'node-1',
    'node-2',
  ])
  expect(snapshot.controllerRevisions).toHaveLength(1)
  expect(snapshot.leases?.map(({ metadata }) => metadata.name)).toEqual(
    expect.arrayContaining(['node-0', 'node-1', 'node-2']),
  )
  expect(snapshot.events?.map(({ reason }) => reason)).toContain('SuccessfulCreate')
  expect(readSnapshotFile(writeSnapshot(snapshot), { file: 'saved' })).toStrictEqual(snapshot)

  const kinds = 'daemonsets,nodes,pods,controllerrevisions,namespaces,poddisruptionbudgets,events'
  for (const format of ['yaml', 'json']) {
    const printed = await plane.kubectl(['get', kinds, '-A', '-o', format, '--show-managed-fields'])
    const read = readSnapshotFile(printed, { file: format })
    expect(read.daemonSets).toEqual(snapshot.daemonSets)
    expect(read.pods).toEqual(snapshot.pods)
    expect(read.controllerRevisions).toEqual(snapshot.controllerRevisions)
    expect(read.nodes.map(({ spec, metadata }) => [metadata.name, spec])).toEqual(
      snapshot.nodes.map(({ spec, metadata }) => [metadata.name, spec]),
    )
  }
})

test('a toleration is tried in a dry run, added, rejected if the list has changed, and undone', async () => {
  const first = await fresh()
  const uid = uidOf(first)
  const add = tolerationPatch(first, { uid, tolerations: undefined }, [gpu])
  await cluster.patchDaemonSet(agent.namespace, agent.name, add, { dryRun: true })
  expect(tolerationsOf(await fresh())).toBeUndefined()

  await cluster.patchDaemonSet(
    agent.namespace,
    agent.name,
    tolerationPatch(await fresh(), { uid, tolerations: undefined }, [gpu]),
  )
  const second = await fresh()
  expect(tolerationsOf(second)).toEqual([gpu])
  await expect(cluster.patchDaemonSet(agent.namespace, agent.name, add)).rejects.toMatchObject({
    status: 422,
    reason: 'Invalid',
  })

  const both = withTolerations(tolerationsOf(second), [gpu, drain])
  await cluster.patchDaemonSet(
    agent.namespace,
    agent.name,
    tolerationPatch(second, { uid, tolerations: [gpu] }, both),
  )
  const undoFirst = undoTolerationPatch(await fresh(), { uid, from: undefined, to: [gpu] })
  await expect(
    cluster.patchDaemonSet(agent.namespace, agent.name, undoFirst),
  ).rejects.toMatchObject({ status: 422 })

  await cluster.patchDaemonSet(
    agent.namespace,
    agent.name,
    undoTolerationPatch(await fresh(), { uid, from: undefined, to: both }),
  )
  expect(tolerationsOf(await fresh())).toBeUndefined()
})

test('a recount changes the object and not the template', async () => {
  const before = await fresh()
  await cluster.patchDaemonSet(
    agent.namespace,
    agent.name,
    recountPatch(before, '2026-11-24T10:00:00Z'),
  )
  const after = await fresh()
  expect(after.metadata.annotations?.['daemonset-triage/recounted-at']).toBe('2026-11-24T10:00:00Z')
  expect(after.metadata.generation).toBe(before.metadata.generation)
})

test('a pod is deleted only if its uid matches', async () => {
  // The template of this DaemonSet never changes, so no rollout replaces its pods during the test.
  await makeDaemonSet(plane, { namespace: 'quiet', name: 'quiet' })
  await waitForStatus(
    plane,
    { namespace: 'quiet', name: 'quiet' },
    ({ numberReady }) => numberReady === 2,
  )
  const pod = (await cluster.snapshot()).pods.find(({ metadata }) => metadata.namespace === 'quiet')
  const { namespace = '', name = '', uid = '' } = pod?.metadata ?? {}
  await expect(
    cluster.deletePod(namespace, name, '00000000-0000-0000-0000-000000000000'),
  ).rejects.toMatchObject({ status: 409 })
  await cluster.deletePod(namespace, name, uid, { dryRun: true })
  expect(
    (await cluster.snapshot()).pods.find(({ metadata }) => metadata.uid === uid)?.metadata
      .deletionTimestamp,
  ).toBeUndefined()
  await cluster.deletePod(namespace, name, uid)
})

test('the client has the rights of its user, and a user without rights can read nothing', async () => {
  expect(await cluster.may('patch', 'daemonsets', 'logging', 'agent')).toEqual({ allowed: true })
  const token = plane.users.nobody ?? ''
  const nobody = connect(apiServerWithCa({ url: plane.url, token, ca: plane.ca }))
  expect(await nobody.may('delete', 'pods', 'logging')).toMatchObject({ allowed: false })
  await expect(nobody.snapshot()).rejects.toMatchObject({ status: 403, reason: 'Forbidden' })
})
