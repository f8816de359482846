import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Change } from '../../src/daemonset/change.ts'
import { predict } from '../../src/daemonset/predict.ts'
import { type Count, recount } from '../../src/daemonset/recount.ts'
import { type WorldLists, worldOf } from '../../src/daemonset/world.ts'
import type { ControllerRevision, DaemonSet, Toleration } from '../../src/kubernetes/objects.ts'
import { MERGE_PATCH } from './api.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { until } from './processes.ts'
import { randomFrom } from './random.ts'
import { makeRandomDaemonSet, unlessRefused } from './random-changes.ts'
import { randomLabels, randomTaint, randomToleration } from './random-objects.ts'
import {
  addTaint,
  listDaemonSets,
  listNodes,
  listPods,
  makeNamespace,
  makeNode,
  removeTaint,
  stopHeartbeat,
  touchDaemonSet,
  waitForReadyNodes,
} from './workload.ts'

const SEED = Number(process.env.PREDICT_SEED ?? Date.now() % 1e9)
const ROUNDS = Number(process.env.PREDICT_ROUNDS ?? 6)
const NODES = 12
const DAEMON_SETS = 24
const NAMESPACE = 'red'
const random = randomFrom(SEED)

type ClusterState = WorldLists & { readonly daemonSets: readonly DaemonSet[] }
/**
 * Makes a random change in the cluster. Returns the change for the name of each DaemonSet that it
 * affects.
 */
type RandomChange = (state: ClusterState) => Promise<ReadonlyMap<string, Change>>

const RANDOM_CHANGES: readonly (readonly [name: string, makeChange: RandomChange])[] = [
  ['taint', addRandomTaint],
  ['taint', addRandomTaint],
  ['remove-taint', removeRandomTaint],
  ['tolerate', tolerate],
  ['tolerate', tolerate],
  ['delete-pods', deletePods],
  ['delete-node', deleteNode],
  ['recount', async ({ daemonSets }) => everyDaemonSet(daemonSets, { kind: 'recount' })],
]

let cluster: ControlPlane

beforeAll(async () => {
  console.log(`PREDICT_SEED=${SEED}`)
  cluster = await startControlPlane({ featureGates: 'TaintTolerationComparisonOperators=true' })
  const names = Array.from({ length: NODES }, (_, index) => `node-${index}`)
  for (const name of names) await makeNode(cluster, name, { labels: randomLabels(random) })
  await waitForReadyNodes(cluster, names)
  await makeNamespace(cluster, NAMESPACE)
  for (let index = 0; index < DAEMON_SETS; index++)
    await makeRandomDaemonSet(cluster, random, NAMESPACE, `agent-${index}`, names)
})

afterAll(() => cluster?.stop())

test('the real controller gets to the predicted result', {
  timeout: 900_000,
}, async () => {
  let predicted = 0
  let moved = 0
  for (let round = 0; round < ROUNDS; round++) {
    // From this round on one node is NotReady, so pods that are deleted there stay in Terminating.
    if (round === 3) await loseNode(random.pick((await settle()).nodes).metadata.name)
    const before = await settle()
    const [name, makeChange] = random.pick(RANDOM_CHANGES)
    const changes = await makeChange(before)
    const predictions = before.daemonSets.flatMap((daemonSet) => {
      const change = changes.get(daemonSet.metadata.name)
      return change ? [{ daemonSet, prediction: predict(daemonSet, worldOf(before), change) }] : []
    })
    const after = await settle()
    const differences = predictions.flatMap(({ daemonSet, prediction }) => {
      const changed = after.daemonSets.find(
        ({ metadata }) => metadata.name === daemonSet.metadata.name,
      )
      if (!changed) return []
      const wrong = recount(changed, worldOf(after)).nodes.filter(
        ({ misscheduled }) => misscheduled,
      )
      const real = {
        count: comparable(changed, recount(changed, worldOf(after)).count),
        misscheduled: wrong.map((node) => node.name),
      }
      const expected = {
        count: comparable(changed, prediction.after),
        misscheduled: prediction.misscheduledAfter,
      }
      const there = new Set(after.pods.map(({ metadata }) => metadata.name))
      const kept = prediction.lost.filter((pod) => there.has(pod))
      return JSON.stringify(real) === JSON.stringify(expected) && kept.length === 0
        ? []
        : [{ daemonSet, expected, real, kept }]
    })
    predicted += predictions.length
    moved += predictions.filter(
      ({ prediction }) => JSON.stringify(prediction.before) !== JSON.stringify(prediction.after),
    ).length
    console.log(
      `round ${round}: ${name}, ${predictions.length} predictions, ${differences.length} differences`,
    )
    expect(differences).toEqual([])
  }
  console.log({ predicted, moved })
  expect(moved).toBeGreaterThan(0)
})

/**
 * Stops the heartbeat of a node and waits for the taint, which the node-lifecycle controller adds
 * some seconds later.
 */
async function loseNode(name: string): Promise<void> {
  await stopHeartbeat(cluster, name)
  const isTainted = async () => {
    const lost = (await listNodes(cluster)).find(({ metadata }) => metadata.name === name)
    return lost?.spec?.taints?.some(
      ({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoSchedule',
    )
  }
  await until(`the unreachable taint on ${name}`, isTainted, { timeoutMs: 60_000, intervalMs: 200 })
}

/**
 * Makes the controller recount until the cluster no longer changes, every DaemonSet is synced, and
 * no pod is left on a deleted node.
 */
async function settle(): Promise<ClusterState> {
  // A node without a heartbeat is tainted about 10 s later; other changes show at once.
  await sleep(2000)
  const still = async () => {
    const { daemonSets } = await read()
    await Promise.all(
      daemonSets.map(({ metadata }) => touchDaemonSet(cluster, NAMESPACE, metadata.name)),
    )
    await sleep(700)
    const first = await read()
    await sleep(900)
    const second = await read()
    return versions(first) === versions(second) && isAtRest(second) ? second : undefined
  }
  return until('a cluster that no longer changes', still, { timeoutMs: 90_000, intervalMs: 100 })
}

function isAtRest(state: ClusterState): boolean {
  const names = new Set(state.nodes.map(({ metadata }) => metadata.name))
  const podsHaveNodes = state.pods.every(({ spec }) => !spec?.nodeName || names.has(spec.nodeName))
  // A node that is Unknown and not tainted yet will be tainted soon.
  const nodesTainted = state.nodes.every(({ status, spec }) => {
    const isUnknown = status?.conditions?.some(
      (one) => one.type === 'Ready' && one.status === 'Unknown',
    )
    return !isUnknown || spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/unreachable')
  })
  return (
    podsHaveNodes &&
    nodesTainted &&
    state.daemonSets.every((daemonSet) => isSettled(daemonSet, state))
  )
}

function isSettled(daemonSet: DaemonSet, state: ClusterState): boolean {
  const { metadata, status = {} } = daemonSet
  const { count, controllerDeletes } = recount(daemonSet, worldOf(state))
  const fields = ['desiredNumberScheduled', 'currentNumberScheduled', 'numberMisscheduled'] as const
  const counted = fields.every((field) => (status[field] ?? 0) === count[field])
  const deletesLive = state.pods.some(
    (pod) =>
      pod.metadata.namespace === metadata.namespace &&
      pod.metadata.deletionTimestamp === undefined &&
      controllerDeletes.includes(pod.metadata.name),
  )
  return counted && !deletesLive && status.observedGeneration === metadata.generation
}

async function read(): Promise<ClusterState> {
  const [daemonSets, nodes, pods, revisions] = await Promise.all([
    listDaemonSets(cluster),
    listNodes(cluster),
    listPods(cluster),
    cluster.request<{ items: ControllerRevision[] }>('GET', '/apis/apps/v1/controllerrevisions'),
  ])
  const featureGates = { TaintTolerationComparisonOperators: true }
  return {
    daemonSets,
    nodes,
    pods,
    controllerRevisions: revisions.items,
    featureGates,
    now: new Date().toISOString(),
  }
}

function versions({ daemonSets, pods }: ClusterState): string {
  return [...daemonSets, ...pods]
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
    .join('\n')
}

/**
 * A prediction takes new pods to be available at once. With a minReadySeconds of an hour the test
 * cannot wait for that.
 */
function comparable({ spec }: DaemonSet, { numberAvailable, numberUnavailable, ...counts }: Count) {
  return (spec.minReadySeconds ?? 0) > 60
    ? counts
    : { ...counts, numberAvailable, numberUnavailable }
}

function everyDaemonSet(
  daemonSets: readonly DaemonSet[],
  change: Change,
): ReadonlyMap<string, Change> {
  return new Map(daemonSets.map(({ metadata }) => [metadata.name, change]))
}

async function addRandomTaint({
  daemonSets,
  nodes,
}: ClusterState): Promise<ReadonlyMap<string, Change>> {
  const names = someNodes(nodes)
  const taint = randomTaint(random)
  for (const name of names) await addTaint(cluster, name, taint)
  return everyDaemonSet(daemonSets, { kind: 'taint', nodes: names, taint })
}

async function removeRandomTaint({
  daemonSets,
  nodes,
}: ClusterState): Promise<ReadonlyMap<string, Change>> {
  const names = someNodes(nodes)
  const { key } = randomTaint(random)
  for (const name of names) await removeTaint(cluster, name, key)
  return everyDaemonSet(daemonSets, { kind: 'remove-taint', nodes: names, key })
}

async function deleteNode({
  daemonSets,
  nodes,
}: ClusterState): Promise<ReadonlyMap<string, Change>> {
  const name = random.pick(nodes).metadata.name
  await cluster.request('DELETE', `/api/v1/nodes/${name}`)
  return everyDaemonSet(daemonSets, { kind: 'delete-node', nodes: [name] })
}

async function tolerate({ daemonSets }: ClusterState): Promise<ReadonlyMap<string, Change>> {
  const changes = new Map<string, Change>()
  for (const { metadata, spec } of daemonSets) {
    const own = spec.template.spec?.tolerations ?? []
    const toleration = newToleration(own)
    const patch = { spec: { template: { spec: { tolerations: [...own, toleration] } } } }
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/${metadata.name}`
    const taken = await unlessRefused(cluster.request('PATCH', path, patch, MERGE_PATCH))
    if (taken) changes.set(metadata.name, { kind: 'tolerate', tolerations: [toleration] })
  }
  return changes
}

/** A toleration that the template does not have, because adding one again changes nothing. */
function newToleration(own: readonly Toleration[]): Toleration {
  for (;;) {
    const drawn = randomToleration(random)
    if (
      !own.some(
        ({ key, value, effect }) =>
          key === drawn.key && value === drawn.value && effect === drawn.effect,
      )
    )
      return drawn
  }
}

async function deletePods(state: ClusterState): Promise<ReadonlyMap<string, Change>> {
  const changes = new Map<string, Change>()
  for (const daemonSet of state.daemonSets) {
    const pods = recount(daemonSet, worldOf(state))
      .claimed.filter(() => random.chance(0.3))
      .map(({ metadata }) => metadata.name)
    for (const pod of pods)
      await cluster.request('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/${pod}`)
    changes.set(daemonSet.metadata.name, { kind: 'delete-pods', pods })
  }
  return changes
}

function someNodes(nodes: ClusterState['nodes']): readonly string[] {
  return [...new Set([random.pick(nodes), random.pick(nodes)].map(({ metadata }) => metadata.name))]
}
