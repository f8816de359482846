import type { Control } from './scenario.ts'

/** What can go wrong around any cluster. */
export const COMMON_CONTROLS: readonly Control[] = [
  {
    id: 'restart-kube-state-metrics',
    label: 'Restart kube-state-metrics',
    about:
      'The alert is cleared although nothing is mended, and comes back with another fingerprint.',
    act({ alertmanager }) {
      alertmanager.restartKubeStateMetrics(1500)
      return 'kube-state-metrics restarts: Alertmanager will clear the alert, and raise it again.'
    },
  },
  {
    id: 'api-server-down',
    label: 'API server down',
    about: 'Nothing of the cluster can be read.',
    isOffered: ({ cluster }) => cluster.isUp,
    async act({ cluster }) {
      await cluster.down()
      return 'The API server refuses connections.'
    },
  },
  {
    id: 'api-server-up',
    label: 'API server up again',
    about: 'It comes back at the same place.',
    isOffered: ({ cluster }) => !cluster.isUp,
    async act({ cluster }) {
      await cluster.up()
      return 'The API server answers again.'
    },
  },
]
