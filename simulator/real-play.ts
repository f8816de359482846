import { Settings } from '../src/config/settings.ts'
import { kubeConfigTarget } from '../src/kubernetes/connect/kube-config.ts'
import type { DaemonSet } from '../src/kubernetes/objects.ts'
import { LISTS } from '../src/kubernetes/snapshot/lists.ts'
import { wireTo } from '../src/kubernetes/wire.ts'
import { startAlertmanager } from './alertmanager/start-alertmanager.ts'
import { createCleanup } from './cleanup.ts'
import type { Fact, Facts } from './page/page-state.ts'
import { CLUSTER_NAME, type Play, type Setting, startProduct, WEBHOOK_TOKEN } from './play.ts'

export interface RealClusterOptions {
  readonly context: string
  /** Path. Default: as kubectl finds it. */
  readonly kubeconfig?: string | undefined
}

/** Milliseconds between two reads of the counts. */
const READ_EVERY = 15_000

/** Plays on the caller's own cluster, which is only read: without ACTIONS the product offers no button that changes anything. */
export async function startRealPlay(
  setting: Setting,
  { context, kubeconfig }: RealClusterOptions,
): Promise<Play> {
  const environment = {
    ...foreign(process.env),
    ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
  }
  const wire = wireTo(await kubeConfigTarget({ context, environment }), {
    page: 30_000,
    call: 10_000,
  })
  const { paths, reduce } = LISTS.daemonSets
  const read = async () =>
    (await Promise.all(paths.map((path) => wire.list(path, reduce)))).flatMap(({ items }) => items)
  let daemonSets: readonly DaemonSet[] = await read()
  const samples = async () => {
    daemonSets = await read().catch(() => daemonSets)
    return daemonSets.map(({ metadata, status }) => ({
      namespace: metadata.namespace ?? 'default',
      daemonset: metadata.name,
      value: status?.numberMisscheduled ?? 0,
    }))
  }
  const cleanup = createCleanup()
  try {
    const durations = { for: 0, evaluation: READ_EVERY, resend: READ_EVERY }
    const alertmanager = await startAlertmanager({
      samples,
      cluster: CLUSTER_NAME,
      webhookToken: WEBHOOK_TOKEN,
      durations,
    })
    cleanup.add(() => alertmanager.stop())
    cleanup.add(
      await startProduct(setting, alertmanager, {
        ...environment,
        KUBE_CONTEXT: context,
        RECONCILE_INTERVAL: '15',
      }),
    )
  } catch (error) {
    await cleanup.run()
    throw error
  }
  return {
    facts: () => countFacts(daemonSets),
    controls: () => [],
    press: async (id) => {
      throw new Error(`there is no control ${id}: nothing is done to a real cluster`)
    },
    stop: () => cleanup.run(),
  }
}

/** The caller's environment, for proxies and credential plug-ins, without the settings of another installation of the product. */
function foreign(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const own = (name: string) =>
    name.replace(/_FILE$/, '') in Settings.shape && name !== 'KUBECONFIG'
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !own(name)))
}

function countFacts(daemonSets: readonly DaemonSet[]): readonly Facts[] {
  const wrong = daemonSets.filter(({ status }) => (status?.numberMisscheduled ?? 0) > 0)
  const rows = wrong.map(
    ({ metadata: { namespace, name }, status }): Fact => ({
      name: `${namespace}/${name}`,
      value: `${status?.numberMisscheduled} misscheduled of ${status?.desiredNumberScheduled} desired`,
      tone: 'bad',
    }),
  )
  const none: Fact = {
    name: 'none',
    value: `${daemonSets.length} DaemonSets read, none counts a misscheduled pod`,
    tone: 'good',
  }
  return [{ heading: 'Misscheduled by status', rows: rows.length > 0 ? rows : [none] }]
}
