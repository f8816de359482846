import { boundBeforeTaint } from './bound-before-taint.ts'
import { fluxOwned } from './flux-owned.ts'
import { gpuTaint } from './gpu-taint.ts'
import { missedTaint } from './missed-taint.ts'
import { nodeNotReady } from './node-not-ready.ts'
import type { Control, Scenario } from './scenario.ts'
import { staleCount } from './stale-count.ts'
import { stuckFinalizer } from './stuck-finalizer.ts'
import { tenMinuteWorkers } from './ten-minute-workers.ts'
import { touchDaemonSet } from './undercount.ts'

/** All scenarios, in the order of the demo, which starts with the first. */
export const SCENARIOS: readonly Scenario[] = [
  tenMinuteWorkers,
  nodeNotReady,
  gpuTaint,
  missedTaint,
  boundBeforeTaint,
  stuckFinalizer,
  staleCount,
  fluxOwned,
]

/** Controls of every scenario. */
export const COMMON_CONTROLS: readonly Control[] = [
  touchDaemonSet,
  {
    id: 'restart-kube-state-metrics',
    label: 'Restart kube-state-metrics',
    description:
      'The alert resolves although nothing is fixed, and fires again with a new fingerprint.',
    run({ alertmanager }) {
      alertmanager.restartKubeStateMetrics(1500)
      return 'kube-state-metrics is restarting. The alert resolves and then fires again.'
    },
  },
  {
    id: 'api-server-down',
    label: 'Stop the API server',
    description: 'The bot can no longer read the cluster.',
    isAvailable: ({ cluster }) => cluster.isUp,
    async run({ cluster }) {
      await cluster.down()
      return 'The API server is down.'
    },
  },
  {
    id: 'api-server-up',
    label: 'Start the API server',
    description: 'The API server comes back at the same address.',
    isAvailable: ({ cluster }) => !cluster.isUp,
    async run({ cluster }) {
      await cluster.up()
      return 'The API server is up again.'
    },
  },
]
