import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sample } from './alertmanager/misscheduled-rule.ts'
import { startAlertmanager } from './alertmanager/start-alertmanager.ts'
import { createCleanup } from './cleanup.ts'
import { type SimulatedCluster, startCluster } from './cluster/start-cluster.ts'
import { CLUSTER_NAME, type Play, type Setting, startProduct, WEBHOOK_TOKEN } from './play.ts'
import { COMMON_CONTROLS } from './scenarios/common-controls.ts'
import type { Scenario, Stage } from './scenarios/scenario.ts'
import { stageFacts } from './stage-facts.ts'

/** Plays a scenario: a simulated cluster in trouble, an Alertmanager on it, and the product with the right to do everything that it offers. */
export async function playScenario(scenario: Scenario, setting: Setting): Promise<Play> {
  const cleanup = createCleanup()
  try {
    const cluster = await startCluster(scenario.objects(new Date()), {
      ...(scenario.version && { version: scenario.version }),
    })
    cleanup.add(() => cluster.stop())
    const samples = () => samplesOf(cluster)
    const alertmanager = await startAlertmanager({
      samples,
      cluster: CLUSTER_NAME,
      webhookToken: WEBHOOK_TOKEN,
    })
    cleanup.add(() => alertmanager.stop())
    const kubeconfig = join(setting.directory, 'kubeconfig')
    await writeFile(kubeconfig, cluster.kubeconfig(CLUSTER_NAME), { mode: 0o600 })
    const stage: Stage = { cluster, alertmanager }
    scenario.begin?.(stage)
    cleanup.add(
      await startProduct(setting, alertmanager, {
        KUBECONFIG: kubeconfig,
        ACTIONS: 'silence,recount,patch,delete',
      }),
    )
    return {
      facts: () => stageFacts(stage),
      ...controlsOf(scenario, stage),
      stop: () => cleanup.run(),
    }
  } catch (error) {
    await cleanup.run()
    throw error
  }
}

/** What kube-state-metrics sees; while the API server is away, nothing new. */
function samplesOf({ isUp, store }: SimulatedCluster): readonly Sample[] | undefined {
  if (!isUp) return undefined
  return store.list('daemonsets').map(({ metadata: { namespace = '', name }, status }) => ({
    namespace,
    daemonset: name,
    value: status?.numberMisscheduled ?? 0,
  }))
}

function controlsOf({ controls }: Scenario, stage: Stage): Pick<Play, 'controls' | 'press'> {
  const offered = () =>
    [...controls, ...COMMON_CONTROLS].filter(({ isOffered }) => isOffered?.(stage) ?? true)
  return {
    controls: () => offered().map(({ id, label, about }) => ({ id, label, about })),
    async press(id) {
      const control = offered().find((one) => one.id === id)
      if (!control) throw new Error(`there is nothing to press of the name ${id} now`)
      return control.act(stage)
    },
  }
}
