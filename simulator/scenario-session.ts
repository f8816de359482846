import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DaemonSet, Node } from '../src/kubernetes/objects.ts'
import type { Sample } from './alertmanager/misscheduled-rule.ts'
import { startAlertmanager } from './alertmanager/start-alertmanager.ts'
import { isNodeReady } from './cluster/controllers/conditions.ts'
import { podsOn } from './cluster/controllers/node-lifecycle.ts'
import { type SimulatedCluster, startCluster } from './cluster/start-cluster.ts'
import { guideThrough } from './guide.ts'
import type { Fact, Facts } from './page/page-state.ts'
import type { Scenario, Simulation } from './scenarios/scenario.ts'
import { COMMON_CONTROLS } from './scenarios/scenarios.ts'
import { trueCount } from './scenarios/undercount.ts'
import {
  CLUSTER_NAME,
  type Session,
  type SessionSetup,
  startBot,
  WEBHOOK_TOKEN,
} from './session.ts'

/**
 * Starts a scenario: a simulated cluster, an Alertmanager for it, and the bot with all actions
 * enabled.
 */
export async function startScenarioSession(
  scenario: Scenario,
  setup: SessionSetup,
): Promise<Session> {
  await using stack = new AsyncDisposableStack()
  const cluster = await startCluster(scenario.objects(new Date()), {
    ...(scenario.version && { version: scenario.version }),
  })
  stack.defer(() => cluster.stop())
  const alertmanager = await startAlertmanager({
    samples: () => samplesOf(cluster),
    cluster: CLUSTER_NAME,
    webhookToken: WEBHOOK_TOKEN,
  })
  stack.defer(() => alertmanager.stop())
  const kubeconfig = join(setup.directory, 'kubeconfig')
  await writeFile(kubeconfig, cluster.kubeconfig(CLUSTER_NAME), { mode: 0o600 })
  const simulation: Simulation = { cluster, alertmanager }
  scenario.start?.(simulation)
  const environment = { KUBECONFIG: kubeconfig, ACTIONS: 'silence,recount,patch,delete' }
  stack.defer(await startBot(setup, alertmanager, environment))
  const owned = stack.move()
  return {
    facts: () => factsOf(simulation),
    ...controlsOf(scenario, simulation),
    guide: guideThrough(scenario, simulation),
    stop: () => owned.disposeAsync(),
  }
}

/** The samples of kube-state-metrics. undefined: it cannot reach the API server. */
function samplesOf({ isUp, store }: SimulatedCluster): readonly Sample[] | undefined {
  if (!isUp) return undefined
  return store.list('daemonsets').map(({ metadata: { namespace = '', name }, status }) => ({
    namespace,
    daemonset: name,
    value: status?.numberMisscheduled ?? 0,
  }))
}

function controlsOf(
  { controls }: Scenario,
  simulation: Simulation,
): Pick<Session, 'controls' | 'press'> {
  const available = () =>
    [...controls, ...COMMON_CONTROLS].filter(({ isAvailable }) => isAvailable?.(simulation) ?? true)
  return {
    controls: () => available().map(({ id, label, description }) => ({ id, label, description })),
    async press(id) {
      const control = available().find((one) => one.id === id)
      if (!control) throw new Error(`Control ${id} is not available now`)
      return control.run(simulation)
    },
  }
}

/** The true state of the cluster and of Alertmanager, to compare with the message. */
function factsOf(simulation: Simulation): readonly Facts[] {
  const { store } = simulation.cluster
  return [
    {
      heading: 'DaemonSets',
      rows: store.list('daemonsets').map((one) => daemonSetFact(simulation, one)),
    },
    { heading: 'Alerts', rows: alertFacts(simulation), none: 'no alert in Alertmanager' },
    { heading: 'Nodes', rows: store.list('nodes').map((node) => nodeFact(simulation, node)) },
  ]
}

function daemonSetFact(simulation: Simulation, daemonSet: DaemonSet): Fact {
  const {
    metadata: { namespace, name },
    status,
  } = daemonSet
  const {
    numberMisscheduled = 0,
    desiredNumberScheduled = 0,
    numberReady = 0,
    updatedNumberScheduled = 0,
  } = status ?? {}
  const rollout =
    updatedNumberScheduled < desiredNumberScheduled ? `, ${updatedNumberScheduled} updated` : ''
  const actual = trueCount(simulation, daemonSet)
  const counted =
    actual === numberMisscheduled
      ? `${actual} misscheduled`
      : `${numberMisscheduled} misscheduled (should be ${actual})`
  const value = `${counted} · ${numberReady} of ${desiredNumberScheduled} ready${rollout}`
  return {
    name: `${namespace}/${name}`,
    value,
    tone: numberMisscheduled + actual > 0 ? 'bad' : 'good',
  }
}

function alertFacts({ alertmanager }: Simulation): readonly Fact[] {
  return alertmanager.alerts().map(({ labels }): Fact => {
    const silenced = alertmanager.silences.silencedBy(labels).length > 0
    return {
      name: `${labels.namespace}/${labels.daemonset}`,
      value: silenced ? 'silenced' : 'firing',
      tone: silenced ? 'quiet' : 'bad',
    }
  })
}

function nodeFact({ cluster: { store } }: Simulation, node: Node): Fact {
  const { name } = node.metadata
  const ready = isNodeReady(node)
  const taints = (node.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`)
  const terminating = podsOn(store, name).filter(
    ({ metadata }) => metadata.deletionTimestamp,
  ).length
  const parts = [
    ready ? 'Ready' : 'NotReady',
    ...taints,
    ...(terminating > 0 ? [`${terminating} terminating`] : []),
  ]
  return {
    name,
    value: parts.join(' · '),
    tone: !ready ? 'bad' : taints.length > 0 ? 'quiet' : 'good',
  }
}
