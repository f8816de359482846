import { taintNode, untaintNode } from '../cluster/controllers/taints.ts'
import { daemonPods, daemonSet, daysAgo, workerNode } from './objects.ts'
import type { Scenario, Simulation } from './scenario.ts'
import { undercounted } from './undercount.ts'

const TAINT = { key: 'dedicated', value: 'batch', effect: 'NoSchedule' }
const NODES = ['pool-a-1', 'pool-a-2', 'pool-a-3', 'pool-a-4']
const TAINTED = 'pool-a-2'

/** A taint that no alert sees, because the controller does not count it. */
export const missedTaint: Scenario = {
  id: 'missed-taint',
  title: 'A taint that no alert sees',
  description:
    'Everything is fine, and then somebody taints a node. Since Kubernetes 1.33 the controller ' +
    'does not count such a taint under a running pod, so no alert fires for hours. Then something ' +
    'touches the DaemonSet.',
  objects(now) {
    const created = daysAgo(now, 60)
    const exporter = daemonSet('monitoring', 'node-exporter', {
      created,
      image: 'quay.io/prometheus/node-exporter:v1.10.2',
    })
    return [
      ...NODES.map((name) => workerNode(name, { created })),
      exporter,
      ...daemonPods(exporter, NODES, created),
    ]
  },
  steps: [
    {
      label: 'Taint a node',
      how: 'The channel is empty: nothing is wrong. Taint a node, and see that it stays empty.',
      control: 'taint',
      isDone: (simulation) => undercounted(simulation).length > 0,
    },
    {
      label: 'Touch the DaemonSet',
      how: 'One annotation is enough: the controller counts again, and the alert fires.',
      control: 'touch-daemonset',
      isDone: ({ alertmanager }) => alertmanager.alerts().length > 0,
    },
    {
      label: 'Read it, and remove the taint',
      how: 'The message says when the taint was added, and by whom. Then remove it.',
      control: 'untaint',
    },
  ],
  controls: [
    {
      id: 'taint',
      label: 'Taint a node',
      description: `kubectl taint node ${TAINTED} dedicated=batch:NoSchedule`,
      isAvailable: (simulation) => !isTainted(simulation),
      run({ cluster }) {
        taintNode(cluster.store, TAINTED, TAINT, 'kubectl-taint')
        return `${TAINTED} is tainted.`
      },
    },
    {
      id: 'untaint',
      label: 'Remove the taint',
      description: `kubectl taint node ${TAINTED} dedicated-`,
      isAvailable: isTainted,
      run({ cluster }) {
        untaintNode(cluster.store, TAINTED, TAINT.key, 'kubectl-taint')
        return `The taint is removed from ${TAINTED}.`
      },
    },
  ],
}

function isTainted({ cluster }: Simulation): boolean {
  const node = cluster.store.list('nodes').find(({ metadata }) => metadata.name === TAINTED)
  return (node?.spec?.taints?.length ?? 0) > 0
}
