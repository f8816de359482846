import { Settings } from '../src/config/settings.ts'
import { apiClient } from '../src/kubernetes/api-client.ts'
import { findApiServer } from '../src/kubernetes/connect/find-api-server.ts'
import type { DaemonSet } from '../src/kubernetes/objects.ts'
import { LISTS } from '../src/kubernetes/snapshot/lists.ts'
import { counted } from '../src/words/words.ts'
import { startAlertmanager } from './alertmanager/start-alertmanager.ts'
import type { Fact, Facts } from './page/page-state.ts'
import {
  CLUSTER_NAME,
  type Session,
  type SessionSetup,
  startBot,
  WEBHOOK_TOKEN,
} from './session.ts'

/** Which cluster to read. */
export interface OwnClusterOptions {
  /** A kubeconfig context. */
  readonly context: string
  /** Path of the kubeconfig. Default: as kubectl finds it. */
  readonly kubeconfig?: string | undefined
}

const READ_INTERVAL_MS = 15_000

/**
 * Starts the bot on the user's own cluster, which is only read: without ACTIONS, the bot offers no
 * button that changes it.
 */
export async function startOwnClusterSession(
  setup: SessionSetup,
  { context, kubeconfig }: OwnClusterOptions,
): Promise<Session> {
  const environment = {
    ...withoutSettings(process.env),
    ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
  }
  const client = apiClient(await findApiServer({ context, environment }), {
    pageMs: 30_000,
    callMs: 10_000,
  })
  const { paths } = LISTS.daemonSets
  const read = async () =>
    (await Promise.all(paths.map((path) => client.list(path, LISTS.daemonSets)))).flatMap(
      ({ items }) => items,
    )
  let daemonSets: readonly DaemonSet[] = await read()
  const samples = async () => {
    daemonSets = await read().catch(() => daemonSets)
    return daemonSets.map(({ metadata, status }) => ({
      namespace: metadata.namespace ?? 'default',
      daemonset: metadata.name,
      value: status?.numberMisscheduled ?? 0,
    }))
  }
  await using stack = new AsyncDisposableStack()
  const alertmanager = await startAlertmanager({
    samples,
    cluster: CLUSTER_NAME,
    webhookToken: WEBHOOK_TOKEN,
    durationsMs: { for: 0, evaluation: READ_INTERVAL_MS, resend: READ_INTERVAL_MS },
  })
  stack.defer(() => alertmanager.stop())
  const settings = { ...environment, KUBE_CONTEXT: context, RECONCILE_INTERVAL: '15' }
  stack.defer(await startBot(setup, alertmanager, settings))
  const owned = stack.move()
  return {
    facts: () => countFacts(daemonSets),
    controls: () => [],
    press: async (id) => {
      throw new Error(`Control ${id} is not available: the demo does not change a real cluster`)
    },
    stop: () => owned.disposeAsync(),
  }
}

/**
 * The environment without the bot's settings, which may be those of another installation. Proxies
 * and credential plugins need the rest.
 */
function withoutSettings(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const isSetting = (name: string) =>
    name.replace(/_FILE$/, '') in Settings.shape && name !== 'KUBECONFIG'
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isSetting(name)))
}

function countFacts(daemonSets: readonly DaemonSet[]): readonly Facts[] {
  const misscheduled = daemonSets.filter(({ status }) => (status?.numberMisscheduled ?? 0) > 0)
  const rows = misscheduled.map(
    ({ metadata: { namespace, name }, status }): Fact => ({
      name: `${namespace}/${name}`,
      value: `${status?.numberMisscheduled} misscheduled · ${status?.desiredNumberScheduled} desired`,
      tone: 'bad',
    }),
  )
  const none = `none of ${counted(daemonSets.length, 'DaemonSet')}`
  return [{ heading: 'Misscheduled, by status', rows, none }]
}
