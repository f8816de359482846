import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Count, recount } from '../../src/daemonset/recount.ts'
import { worldOf } from '../../src/daemonset/world.ts'
import type { ControllerRevision, DaemonSet, Node, Pod } from '../../src/kubernetes/objects.ts'
import { MERGE_PATCH } from './api.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { randomFrom } from './random.ts'
import { makeRandomChanges, makeRandomDaemonSet, unlessRefused } from './random-changes.ts'
import { randomLabels, randomTaint } from './random-objects.ts'
import {
  listDaemonSets,
  listNodes,
  listPods,
  makeNamespace,
  makeNode,
  waitForReadyNodes,
} from './workload.ts'

const SEED = Number(process.env.DIFFERENTIAL_SEED ?? Date.now() % 1e9)
const ROUNDS = Number(process.env.DIFFERENTIAL_ROUNDS ?? 30)
const NODES = 16
const DAEMON_SETS = 30
const CHANGES = 16
const NAMESPACES = ['red', 'green', 'blue']
const featureGates = { TaintTolerationComparisonOperators: true }
const random = randomFrom(SEED)
const FIELDS = [
  'desiredNumberScheduled',
  'currentNumberScheduled',
  'numberMisscheduled',
  'numberReady',
  'numberAvailable',
  'numberUnavailable',
] as const satisfies (keyof Count)[]

interface World {
  readonly daemonSets: readonly DaemonSet[]
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly controllerRevisions: readonly ControllerRevision[]
}

interface Difference {
  readonly daemonSet: string
  readonly field: string
  readonly controller: unknown
  readonly recount: unknown
}

/** What the comparisons covered, because a test that compares only zeros proves nothing. */
const tally = {
  comparisons: 0,
  misscheduled: 0,
  desired: 0,
  notReady: 0,
  missing: 0,
  terminating: 0,
  unbound: 0,
  frozen: 0,
  unsynced: 0,
}
const changesByName = new Map<string, number>()
let cluster: ControlPlane

beforeAll(async () => {
  console.log(`DIFFERENTIAL_SEED=${SEED}`)
  cluster = await startControlPlane({ featureGates: 'TaintTolerationComparisonOperators=true' })
  const names = Array.from({ length: NODES }, (_, index) => `node-${index}`)
  for (const name of names) {
    const make = () =>
      makeNode(cluster, name, {
        labels: randomLabels(random),
        taints: random.some(0, 1, () => randomTaint(random)),
      })
    while (!(await unlessRefused(make())));
  }
  await waitForReadyNodes(cluster, names)
  for (const namespace of NAMESPACES) await makeNamespace(cluster, namespace)
  for (let index = 0; index < DAEMON_SETS; index++) {
    await makeRandomDaemonSet(cluster, random, random.pick(NAMESPACES), `agent-${index}`, names)
  }
})

afterAll(async () => {
  console.log(tally, changesByName)
  await cluster?.stop()
})

test('the recount equals the count of the real controller', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const started = Date.now()
    const changes = round === 0 ? [] : await makeRandomChanges(cluster, random, CHANGES)
    for (const change of changes) changesByName.set(change, (changesByName.get(change) ?? 0) + 1)
    const { world, differences } = await settle()
    addToTally(world)
    const what = `round ${round}: ${changes.length} changes, ${world.pods.length} pods on ${world.nodes.length} nodes`
    console.log(
      `${what}, ${differences.length} differences, ${((Date.now() - started) / 1000).toFixed(1)} s`,
    )
    if (differences.length > 0) {
      const path = join(tmpdir(), `daemonset-triage-difference-${SEED}-${round}.json`)
      await writeFile(
        path,
        JSON.stringify({ seed: SEED, round, changes, differences, ...world }, null, 1),
      )
      console.log(`saved the cluster to ${path}`)
    }
    expect(differences).toEqual([])
  }
  expect(tally.misscheduled).toBeGreaterThan(tally.comparisons / 20)
  expect(tally.desired).toBeGreaterThan(tally.comparisons / 4)
})

/**
 * Makes the controller recount until both counts agree while the cluster does not change, for 30 s
 * at most. A difference that disappears within that time means only that the controller was still
 * working.
 */
async function settle(): Promise<{ world: World; differences: Difference[] }> {
  const started = Date.now()
  await sleep(1000)
  for (;;) {
    const { daemonSets } = await read()
    await Promise.all(daemonSets.map(raiseGeneration))
    await sleep(500)
    const world = await read()
    await sleep(200)
    const still = versions(world) === versions(await read())
    const differences = compare(world)
    const waited = Date.now() - started
    const synced = world.daemonSets.every(isSynced) || waited > 10_000
    if ((still && synced && differences.length === 0) || waited > 30_000)
      return { world, differences }
  }
}

/**
 * Raises the generation without a rollout, so that the controller has to write observedGeneration.
 */
async function raiseGeneration({
  metadata,
  spec,
}: DaemonSet & { spec: { revisionHistoryLimit?: number } }): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${metadata.namespace}/daemonsets/${metadata.name}`
  const revisionHistoryLimit = (spec.revisionHistoryLimit ?? 10) + 1
  await unlessRefused(
    cluster.request('PATCH', path, { spec: { revisionHistoryLimit } }, MERGE_PATCH),
  )
}

/**
 * False while the controller waits for pods that it created or deleted to appear in its cache.
 * Until then it counts, but creates and deletes nothing and does not write observedGeneration. If
 * it misses one, as for a DaemonSet created again with the same name, it waits for 5 min.
 */
const isSynced = ({ metadata, status }: DaemonSet) =>
  metadata.deletionTimestamp !== undefined || status?.observedGeneration === metadata.generation

async function read(): Promise<World> {
  const [daemonSets, nodes, pods, revisions] = await Promise.all([
    listDaemonSets(cluster),
    listNodes(cluster),
    listPods(cluster),
    cluster.request<{ items: ControllerRevision[] }>('GET', '/apis/apps/v1/controllerrevisions'),
  ])
  return { daemonSets, nodes, pods, controllerRevisions: revisions.items }
}

const versions = ({ daemonSets, nodes, pods }: World) =>
  [...daemonSets, ...nodes, ...pods]
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
    .join('\n')

function compare({ daemonSets, ...lists }: World): Difference[] {
  const world = worldOf({ ...lists, now: new Date().toISOString(), featureGates })
  const terminating = new Set(
    lists.pods
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  )
  return daemonSets.flatMap((daemonSet) => {
    const { namespace, name } = daemonSet.metadata
    const counted = recount(daemonSet, world)
    if (!counted.statusWritten) return []
    const found = FIELDS.map((field) => ({
      field,
      controller: daemonSet.status?.[field] ?? 0,
      recount: counted.count[field],
    }))
    // The cluster does not change, so the controller has already deleted every pod that it would
    // delete. Those that terminate already remain.
    const live = counted.controllerDeletes.filter((pod) => !terminating.has(`${namespace}/${pod}`))
    const undeleted = {
      field: 'controllerDeletes',
      controller: 0,
      recount: isSynced(daemonSet) ? live.length : 0,
    }
    return [...found, undeleted]
      .filter((difference) => difference.controller !== difference.recount)
      .map((difference) => ({ daemonSet: `${namespace}/${name}`, ...difference }))
  })
}

function addToTally({ daemonSets, pods }: World): void {
  tally.unsynced += daemonSets.filter((daemonSet) => !isSynced(daemonSet)).length
  for (const { metadata, status = {} } of daemonSets) {
    const {
      numberMisscheduled = 0,
      desiredNumberScheduled = 0,
      currentNumberScheduled = 0,
      numberReady = 0,
    } = status
    tally.comparisons += metadata.deletionTimestamp === undefined ? 1 : 0
    tally.frozen += metadata.deletionTimestamp === undefined ? 0 : 1
    tally.misscheduled += numberMisscheduled > 0 ? 1 : 0
    tally.desired += desiredNumberScheduled > 0 ? 1 : 0
    tally.missing += currentNumberScheduled < desiredNumberScheduled ? 1 : 0
    tally.notReady += numberReady < currentNumberScheduled ? 1 : 0
  }
  tally.terminating += pods.filter(
    ({ metadata }) => metadata.deletionTimestamp !== undefined,
  ).length
  tally.unbound += pods.filter(({ spec }) => !spec?.nodeName).length
}
