import { untaintNode } from '../cluster/taint-node.ts'
import { daysAgo, minutesAgo } from './ago.ts'
import { workerNode } from './nodes.ts'
import type { Scenario, Stage } from './scenario.ts'
import { daemonPods, daemonSet } from './workloads.ts'

const TAINT = { key: 'workload', value: 'ingress', effect: 'NoSchedule' }
const EDGE = ['edge-1', 'edge-2']
const GENERAL = ['general-1', 'general-2', 'general-3', 'general-4']

export const fluxOwned: Scenario = {
  id: 'flux-owned',
  title: 'A DaemonSet that Flux keeps as it is in Git',
  about:
    'The edge nodes were tainted for ingress, and promtail is still there. A patch would be undone by Flux within minutes, so the message does ' +
    'not offer it: it shows what to change in Git, with the tolerations that are there already.',
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
  controls: [
    {
      id: 'flux-applies',
      label: 'The fix is merged',
      about: 'The toleration is in Git, and Flux applies it.',
      act({ cluster }) {
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
        return 'Flux has applied the change, and the roll-out begins.'
      },
    },
    {
      id: 'untaint',
      label: 'Take the taints off',
      about: 'kubectl taint node … workload-',
      isOffered: ({ cluster }: Stage) =>
        cluster.store.list('nodes').some(({ spec }) => (spec?.taints?.length ?? 0) > 0),
      act({ cluster }) {
        for (const name of EDGE) untaintNode(cluster.store, name, TAINT.key, 'kubectl-taint')
        return 'The edge nodes take anything again.'
      },
    },
  ],
}
