import { untaintNode } from '../cluster/controllers/taints.ts'
import { daemonPods, daemonSet, daysAgo, minutesAgo, workerNode } from './objects.ts'
import { isSilenced, type Scenario, type Simulation } from './scenario.ts'

const TAINT = { key: 'workload', value: 'ingress', effect: 'NoSchedule' }
const EDGE = ['edge-1', 'edge-2']
const GENERAL = ['general-1', 'general-2', 'general-3', 'general-4']

/** A DaemonSet whose owner would revert a patch. */
export const fluxOwned: Scenario = {
  id: 'flux-owned',
  title: 'A DaemonSet managed by Flux',
  description:
    'The edge nodes were tainted for ingress, and promtail still runs there. Flux would revert a ' +
    'patch, so the message does not offer one. It shows what to change in Git instead, including ' +
    'the tolerations that are already there.',
  objects(now) {
    const created = daysAgo(now, 200)
    const at = minutesAgo(now, 35)
    const promtail = daemonSet('loki', 'promtail', {
      created,
      image: 'docker.io/grafana/promtail:3.5.1',
      spec: {
        tolerations: [
          { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' },
          {
            key: 'node-role.kubernetes.io/control-plane',
            operator: 'Exists',
            effect: 'NoSchedule',
          },
        ],
        volumes: [{ name: 'pods', hostPath: { path: '/var/log/pods' } }],
      },
      labels: {
        'app.kubernetes.io/managed-by': 'Helm',
        'app.kubernetes.io/instance': 'promtail',
        'helm.sh/chart': 'promtail-6.17.0',
        'helm.toolkit.fluxcd.io/name': 'promtail',
        'helm.toolkit.fluxcd.io/namespace': 'loki',
      },
      annotations: {
        'meta.helm.sh/release-name': 'promtail',
        'meta.helm.sh/release-namespace': 'loki',
      },
      managedFields: [
        {
          manager: 'helm-controller',
          operation: 'Apply',
          time: daysAgo(now, 12),
          fieldsV1: { 'f:spec': { 'f:template': { 'f:spec': { 'f:tolerations': {} } } } },
        },
      ],
    })
    return [
      ...EDGE.map((name) =>
        workerNode(name, {
          created,
          pool: 'edge',
          tainted: { taints: [TAINT], by: 'kubectl-taint', at },
        }),
      ),
      ...GENERAL.map((name) => workerNode(name, { created })),
      promtail,
      ...daemonPods(promtail, [...EDGE, ...GENERAL], created),
    ]
  },
  steps: [
    {
      label: 'Read it',
      how: 'Flux would revert a patch, so the message offers none. Show fix prints what to change in Git.',
    },
    {
      label: 'Silence it as Maya',
      how: 'Press Silence… in the message, check for how long, and submit.',
      isDone: isSilenced,
    },
    {
      label: 'Merge the fix in Git',
      how: 'Flux applies the toleration. The pods restart, and the silence ends with the alert.',
      control: 'flux-applies',
    },
  ],
  controls: [
    {
      id: 'flux-applies',
      label: 'Merge the fix in Git',
      description: 'Flux applies the toleration from Git.',
      run({ cluster }) {
        cluster.store.change('daemonsets', 'loki', 'promtail', (now) => {
          const { template } = now.spec
          const tolerations = [
            ...(template.spec?.tolerations ?? []).filter(({ key }) => key !== TAINT.key),
            { ...TAINT, operator: 'Equal' },
          ]
          return {
            ...now,
            spec: {
              ...now.spec,
              template: { ...template, spec: { ...template.spec, tolerations } },
            },
          }
        })
        return 'Flux has applied the change. The rollout is starting.'
      },
    },
    {
      id: 'untaint',
      label: 'Remove the taints',
      description: 'kubectl taint node … workload-',
      isAvailable: ({ cluster }: Simulation) =>
        cluster.store.list('nodes').some(({ spec }) => (spec?.taints?.length ?? 0) > 0),
      run({ cluster }) {
        for (const name of EDGE) untaintNode(cluster.store, name, TAINT.key, 'kubectl-taint')
        return 'The taints are removed from the edge nodes.'
      },
    },
  ],
}
