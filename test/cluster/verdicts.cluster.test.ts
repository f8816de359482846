import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Change } from '../../src/daemonset/change.ts'
import { targetNodeName } from '../../src/daemonset/daemon-pods.ts'
import type { DaemonSetStatus } from '../../src/kubernetes/objects.ts'
import { MERGE_PATCH } from './api.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { until } from './processes.ts'
import { reproduce } from './reproduce.ts'
import { applyManifests, type ServiceAccount, serviceAccountKubeconfig } from './service-account.ts'
import {
  COMPARISON_GATE,
  commandReport,
  findingsIn,
  idsOf,
  type Prediction,
  type Report,
  type ReportedFinding,
} from './verdict-report.ts'
import { VERDICT_SCENARIOS } from './verdict-scenarios.ts'
import {
  getDaemonSet,
  isReachable,
  listNodes,
  listPods,
  touchDaemonSet,
  waitForReadyNodes,
} from './workload.ts'

const GATES = ['--feature-gates', COMPARISON_GATE]

let cluster: ControlPlane
let bot: ServiceAccount
let reproduced: Map<string, Promise<void>>
let report: Promise<Report>

beforeAll(async () => {
  cluster = await startControlPlane({ featureGates: COMPARISON_GATE })
  await applyManifests(cluster, ['bot'])
  bot = await serviceAccountKubeconfig(cluster, cluster.directory)
  // All at once, each on its own nodes: most of the time is spent waiting.
  reproduced = new Map(
    VERDICT_SCENARIOS.map((scenario) => [scenario.name, reproduce(cluster, scenario)]),
  )
  await Promise.allSettled(reproduced.values())
  report = commandReport(bot, ['scan', ...GATES])
})

afterAll(() => cluster?.stop())

test('the rights of the bot are enough to read everything', async () => {
  expect((await report).unreadable).toEqual([])
})

test('a status shows that the feature gate is on', async () => {
  await reproduced.get('t12-holds')
  expect(findingsIn(await commandReport(bot, ['scan']), 't12-holds')).toEqual([])
})

test.each(VERDICT_SCENARIOS)('$name is $findings', async ({ name, findings, variant }) => {
  await reproduced.get(name)
  const found = await findingsOf(name)
  expect(idsOf(found)).toEqual(findings)
  if (variant !== undefined) expect(found[0]?.variant).toBe(variant)
})

test.each(VERDICT_SCENARIOS.filter(({ remedy }) => remedy))(
  '$name: $remedy has the predicted result',
  async ({ name, remedy }) => {
    await reproduced.get(name)
    const remedies = (await findingsOf(name)).flatMap((finding) => finding.remedies)
    const { change, predict } = remedies.find(({ kind }) => kind === remedy) ?? {}
    if (change === undefined || !predict)
      throw new Error(`scan has no prediction for ${remedy} in ${name}`)
    await waitForReadyNodes(cluster, nodeNames(name))
    const before = await podsByUid(name)
    await perform(name, change)
    await waitForPredicted(name, predict, change)
    const after = await podsByUid(name)
    const replaced = [...before].filter(
      ([uid, node]) => !after.has(uid) && [...after.values()].includes(node),
    )
    expect(replaced).toHaveLength(predict.podsRestarted)
  },
)

const nodeNames = (name: string): string[] =>
  VERDICT_SCENARIOS.find((one) => one.name === name)?.nodes.map((_, i) => `${name}-${i}`) ?? []

/**
 * Waits for the predicted status. On a busy machine a heartbeat may be late, and its node is tainted
 * as unreachable for a moment. If the controller counts just then, it counts the node's pod as
 * misscheduled, and since Kubernetes 1.33 it does not recount when that taint goes. Then, and only
 * then, the DaemonSet is touched.
 */
async function waitForPredicted(name: string, predict: Prediction, change: Change): Promise<void> {
  let wasTainted = false
  const look = async () => {
    const nodes = (await listNodes(cluster)).filter(({ metadata }) =>
      nodeNames(name).includes(metadata.name),
    )
    const isTainted = !nodes.every(isReachable)
    if (wasTainted && !isTainted) await touchDaemonSet(cluster, name, 'agent')
    wasTainted = isTainted
    const { status = {} } = await getDaemonSet(cluster, name, 'agent')
    if (isAsPredicted(status, predict, change)) return true
    throw new Error(`the status is ${JSON.stringify(status)}`)
  }
  await until(`the predicted status of ${name}/agent`, look, { timeoutMs: 60_000 })
}

/** After a change to the template, only when the rollout has finished. */
function isAsPredicted(status: DaemonSetStatus, predict: Prediction, change: Change): boolean {
  const { numberMisscheduled, desiredNumberScheduled, updatedNumberScheduled } = status
  return (
    numberMisscheduled === predict.numberMisscheduled &&
    desiredNumberScheduled === predict.desiredNumberScheduled &&
    (change.kind !== 'tolerate' || updatedNumberScheduled === desiredNumberScheduled)
  )
}

async function findingsOf(namespace: string): Promise<readonly ReportedFinding[]> {
  return findingsIn(await report, namespace)
}

async function podsByUid(namespace: string): Promise<Map<string, string>> {
  const pods = (await listPods(cluster, namespace)).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ name }) => name === 'agent'),
  )
  return new Map(pods.map((pod) => [pod.metadata.uid ?? '', targetNodeName(pod) ?? '']))
}

async function perform(namespace: string, change: Change): Promise<void> {
  if (change.kind === 'recount') return touchDaemonSet(cluster, namespace, 'agent')
  if (change.kind === 'delete-pods') {
    for (const pod of change.pods)
      await cluster.request('DELETE', `/api/v1/namespaces/${namespace}/pods/${pod}`)
    return
  }
  if (change.kind !== 'tolerate')
    throw new Error(`this test cannot perform the change ${change.kind}`)
  const { spec } = await getDaemonSet(cluster, namespace, 'agent')
  const tolerations = [...(spec.template.spec?.tolerations ?? []), ...change.tolerations]
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/agent`
  await cluster.request(
    'PATCH',
    path,
    { spec: { template: { spec: { tolerations } } } },
    MERGE_PATCH,
  )
}
