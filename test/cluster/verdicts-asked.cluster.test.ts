import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSource } from '../../src/cli/snapshot.ts'
import { diagnose } from '../../src/triage/diagnose.ts'
import { lastStatusChange } from '../../src/triage/facts/managed-fields.ts'
import { questionAbout } from '../../src/triage/question.ts'
import { MERGE_PATCH } from './api.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { GPU, reproduce, type ScenarioSteps, type VerdictScenario } from './reproduce.ts'
import { applyManifests, type ServiceAccount, serviceAccountKubeconfig } from './service-account.ts'
import {
  COMPARISON_GATE,
  commandReport,
  findingsIn,
  idsOf,
  type ReportedFinding,
} from './verdict-report.ts'
import { getDaemonSet, labelNode, removeTaint, touchDaemonSet } from './workload.ts'

let cluster: ControlPlane
let bot: ServiceAccount

beforeAll(async () => {
  cluster = await startControlPlane({
    featureGates: COMPARISON_GATE,
    controllerManagerArgs: [
      '--feature-gates=TaintTolerationComparisonOperators=false',
      // It writes the Lease only with leader election.
      '--leader-elect=true',
    ],
  })
  await applyManifests(cluster, ['bot'])
  bot = await serviceAccountKubeconfig(cluster, cluster.directory)
})

afterAll(() => cluster?.stop())

test('S4: nothing is misscheduled any longer', async () => {
  await make('s4', async (set) => {
    await set.taint(0, GPU)
    await set.touchUntilCounted(1)
    await removeTaint(cluster, set.node(0), GPU.key)
    await set.waitUntilCounted(0)
  })
  const found = await explained('s4')
  expect(idsOf(found)).toEqual(['S4'])
  expect(found[0]?.variant).toBeNull()
})

// Pod garbage collection removes the pod 40 to 60 s after its node.
test('S1: the status counts a node that is gone', async () => {
  await make('s1-node-gone', async (set) => {
    await set.taint(0, GPU)
    await set.touchUntilCounted(1)
    await cluster.request('DELETE', `/api/v1/nodes/${set.node(0)}`)
  })
  const found = await explained('s1-node-gone')
  expect(idsOf(found)).toEqual(['S1'])
  expect(found[0]?.variant).toBe('node-deleted')
  const { metadata } = await getDaemonSet(cluster, 's1-node-gone', 'agent')
  expect(lastStatusChange(metadata, 'f:numberMisscheduled')).toBeDefined()
})

test('S5: the DaemonSet was deleted, or never existed, or the alert is of another cluster', async () => {
  await make('s5', async (set) => {
    await cluster.request('DELETE', set.path)
  })
  expect((await explained('s5'))[0]).toMatchObject({ id: 'S5', variant: 'deleted' })
  expect((await explained('elsewhere'))[0]).toMatchObject({ id: 'S5', variant: 'not-found' })
  const snapshot = await readSource(
    { kubeconfig: bot.kubeconfigPath },
    questionAbout([{ namespace: 's4', name: 'agent' }]),
  )
  const agent = { namespace: 's4', name: 'agent' }
  const context = { cluster: 'here', alert: { cluster: 'there' } }
  expect(diagnose(snapshot, agent, context).findings[0]).toMatchObject({
    id: 'S5',
    variant: 'other-cluster',
  })
})

// The annotations of the admission plugin PodNodeSelector and of OpenShift: only OpenShift's
// controller reads them.
test('P6: Kubernetes itself ignores the node selector of a namespace', async () => {
  await make('p6', async (set) => {
    const annotations = {
      'scheduler.alpha.kubernetes.io/node-selector': 'tier=gold',
      'openshift.io/node-selector': 'tier=gold',
    }
    await cluster.request(
      'PATCH',
      '/api/v1/namespaces/p6',
      { metadata: { annotations } },
      MERGE_PATCH,
    )
    await touchDaemonSet(cluster, 'p6', 'agent')
    await set.waitUntilCounted(0)
  })
  expect(idsOf(await explained('p6'))).toEqual(['S4'])
})

// The API server accepts the toleration, but the controller ignores it.
test('T12: only the controller has the feature gate off', async () => {
  const tolerations = [{ key: 'sla', operator: 'Gt', value: '900', effect: 'NoSchedule' }]
  await make(
    't12-gate-off',
    async (set) => {
      await set.taint(0, { key: 'sla', value: '950', effect: 'NoSchedule' })
      await set.touchUntilCounted(1)
    },
    { podSpec: { tolerations } },
  )
  const found = await explained('t12-gate-off')
  expect(idsOf(found)).toEqual(['T12'])
  expect(found[0]?.variant).toBe('gate-off')
})

// Last, because the controller manager is not started again.
test('S2: kube-controller-manager has stopped', async () => {
  const settled = async (set: ScenarioSteps) => {
    await set.taint(0, GPU)
    await set.touchUntilCounted(1)
  }
  await Promise.all([make('s2', settled), make('s2-label', settled)])
  await cluster.controllerManager.kill()
  await removeTaint(cluster, 's2-0', GPU.key)
  await labelNode(cluster, 's2-label-1', { case: 'other' })
  // The Lease lasts 15 s, and the lists of a snapshot may be read some seconds apart: 30 s.
  await sleep(47_000)
  expect(idsOf(await explained('s2'))).toEqual(['S2'])
  expect(idsOf(await explained('s2-label'))).toEqual(['P2/K5', 'T3', 'S2'])
})

async function make(
  name: string,
  trigger: VerdictScenario['trigger'],
  spec: VerdictScenario['spec'] = {},
): Promise<void> {
  await reproduce(cluster, { name, findings: [], nodes: [[], []], spec, trigger })
}

/** The findings of `explain` about the DaemonSet `agent` of a namespace. */
async function explained(namespace: string): Promise<readonly ReportedFinding[]> {
  return findingsIn(await commandReport(bot, ['explain', `${namespace}/agent`]), namespace)
}
