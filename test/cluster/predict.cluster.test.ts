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
  silenceNode,
  touchDaemonSet,
  waitForReadyNodes,
} from './workload.ts'

const SEED = Number(process.env.PREDICT_SEED ?? Date.now() % 1e9)
const ROUNDS = Number(process.env.PREDICT_ROUNDS ?? 6)
const NODES = 12
const DAEMON_SETS = 24
const NAMESPACE = 'red'
const random = randomFrom(SEED)

type Scene = WorldLists & { readonly daemonSets: readonly DaemonSet[] }
/** Makes a random change, for real, and says which one it was to each DaemonSet that it concerns. */
type Act = (scene: Scene) => Promise<ReadonlyMap<string, Change>>

const ACTS: readonly (readonly [name: string, act: Act])[] = [
  ['taint', putTaint],
  ['taint', putTaint],
  ['remove-taint', takeTaint],
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

test('what a change leads to on the real controller is what was predicted', {
  timeout: 900_000,
}, async () => {
  let predicted = 0
  let moved = 0
  for (let round = 0; round < ROUNDS; round++) {
    // One node goes NotReady for real and stays: pods that are deleted there hang.
    if (round === 3) await loseNode(random.pick((await settle()).nodes).metadata.name)
    const before = await settle()
    const [name, act] = random.pick(ACTS)
    const changes = await act(before)
    const outcomes = before.daemonSets.flatMap((daemonSet) => {
      const change = changes.get(daemonSet.metadata.name)
      return change ? [{ daemonSet, outcome: predict(daemonSet, worldOf(before), change) }] : []
    })
    const after = await settle()
    const differences = outcomes.flatMap(({ daemonSet, outcome }) => {
      const seen = after.daemonSets.find(
        ({ metadata }) => metadata.name === daemonSet.metadata.name,
      )
      if (!seen) return []
      const wrong = recount(seen, worldOf(after)).nodes.filter(({ misscheduled }) => misscheduled)
      const real = {
        count: comparable(seen, recount(seen, worldOf(after)).count),
        misscheduled: wrong.map((node) => node.name),
      }
      const ours = {
        count: comparable(seen, outcome.after),
        misscheduled: outcome.misscheduledAfter,
      }
      const there = new Set(after.pods.map(({ metadata }) => metadata.name))
      const kept = outcome.lost.filter((pod) => there.has(pod))
      return JSON.stringify(real) === JSON.stringify(ours) && kept.length === 0
        ? []
        : [{ daemonSet, ours, real, kept }]
    })
    predicted += outcomes.length
    moved += outcomes.filter(
      ({ outcome }) => JSON.stringify(outcome.before) !== JSON.stringify(outcome.after),
    ).length
    console.log(
      `round ${round}: ${name}, ${outcomes.length} predictions, ${differences.length} differences`,
    )
    expect(differences).toEqual([])
  }
  console.log({ predicted, moved })
  expect(moved).toBeGreaterThan(0)
})

/** Some seconds pass before the node-lifecycle controller notices, and a cluster that has not noticed is not at rest. */
async function loseNode(name: string): Promise<void> {
  await silenceNode(cluster, name)
  const isTainted = async () => {
    const lost = (await listNodes(cluster)).find(({ metadata }) => metadata.name === name)
    return lost?.spec?.taints?.some(
      ({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoSchedule',
    )
  }
  await until(`the taint of the silent ${name}`, isTainted, { timeout: 60_000, interval: 200 })
}

/** Makes the controller count, until nothing moves any more, it has acted on every DaemonSet, and no pod is left of a node that is gone. */
async function settle(): Promise<Scene> {
  // A silent node is tainted some 10 s later, the others' changes show at once.
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
  return until('a cluster at rest', still, { timeout: 90_000, interval: 100 })
}

function isAtRest(scene: Scene): boolean {
  const names = new Set(scene.nodes.map(({ metadata }) => metadata.name))
  const noStrays = scene.pods.every(({ spec }) => !spec?.nodeName || names.has(spec.nodeName))
  // Unknown but not tainted yet: it is about to be.
  const known = scene.nodes.every(({ status, spec }) => {
    const silent = status?.conditions?.some(
      (one) => one.type === 'Ready' && one.status === 'Unknown',
    )
    return !silent || spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/unreachable')
  })
  return noStrays && known && scene.daemonSets.every((daemonSet) => isSettled(daemonSet, scene))
}

function isSettled(daemonSet: DaemonSet, scene: Scene): boolean {
  const { metadata, status = {} } = daemonSet
  const { count, controllerDeletes } = recount(daemonSet, worldOf(scene))
  const fields = ['desiredNumberScheduled', 'currentNumberScheduled', 'numberMisscheduled'] as const
  const counted = fields.every((field) => (status[field] ?? 0) === count[field])
  return (
    counted && controllerDeletes.length === 0 && status.observedGeneration === metadata.generation
  )
}

async function read(): Promise<Scene> {
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

function versions({ daemonSets, pods }: Scene): string {
  return [...daemonSets, ...pods]
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
    .join('\n')
}

/** New pods are taken to be available at once; where that takes an hour it cannot be seen here. */
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

async function putTaint({ daemonSets, nodes }: Scene): Promise<ReadonlyMap<string, Change>> {
  const names = someNodes(nodes)
  const taint = randomTaint(random)
  for (const name of names) await addTaint(cluster, name, taint)
  return everyDaemonSet(daemonSets, { kind: 'taint', nodes: names, taint })
}

async function takeTaint({ daemonSets, nodes }: Scene): Promise<ReadonlyMap<string, Change>> {
  const names = someNodes(nodes)
  const { key } = randomTaint(random)
  for (const name of names) await removeTaint(cluster, name, key)
  return everyDaemonSet(daemonSets, { kind: 'remove-taint', nodes: names, key })
}

async function deleteNode({ daemonSets, nodes }: Scene): Promise<ReadonlyMap<string, Change>> {
  const name = random.pick(nodes).metadata.name
  await cluster.request('DELETE', `/api/v1/nodes/${name}`)
  return everyDaemonSet(daemonSets, { kind: 'delete-node', nodes: [name] })
}

async function tolerate({ daemonSets }: Scene): Promise<ReadonlyMap<string, Change>> {
  const changes = new Map<string, Change>()
  for (const { metadata, spec } of daemonSets) {
    const own = spec.template.spec?.tolerations ?? []
    const toleration = otherToleration(own)
    const patch = { spec: { template: { spec: { tolerations: [...own, toleration] } } } }
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/${metadata.name}`
    const taken = await unlessRefused(cluster.request('PATCH', path, patch, MERGE_PATCH))
    if (taken) changes.set(metadata.name, { kind: 'tolerate', tolerations: [toleration] })
  }
  return changes
}

/** One that the template does not have yet: adding it again would change nothing. */
function otherToleration(own: readonly Toleration[]): Toleration {
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

async function deletePods(scene: Scene): Promise<ReadonlyMap<string, Change>> {
  const changes = new Map<string, Change>()
  for (const daemonSet of scene.daemonSets) {
    const pods = recount(daemonSet, worldOf(scene))
      .claimed.filter(() => random.chance(0.3))
      .map(({ metadata }) => metadata.name)
    for (const pod of pods)
      await cluster.request('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/${pod}`)
    changes.set(daemonSet.metadata.name, { kind: 'delete-pods', pods })
  }
  return changes
}

function someNodes(nodes: Scene['nodes']): readonly string[] {
  return [...new Set([random.pick(nodes), random.pick(nodes)].map(({ metadata }) => metadata.name))]
}
