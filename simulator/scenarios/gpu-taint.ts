import { taintNode, untaintNode } from '../cluster/controllers/taints.ts'
import { daemonPods, daemonSet, daysAgo, minutesAgo, workerNode } from './objects.ts'
import type { Scenario, Simulation } from './scenario.ts'

const TAINT = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }
const GPU = ['gpu-a100-1', 'gpu-a100-2', 'gpu-a100-3', 'gpu-a100-4']
const GENERAL = ['worker-1', 'worker-2', 'worker-3', 'worker-4', 'worker-5']

/** A taint that somebody added under running pods. */
export const gpuTaint: Scenario = {
  id: 'gpu-taint',
  title: 'GPU nodes tainted with kubectl',
  description:
    '20 minutes ago, somebody added the taint dedicated=gpu to two nodes. fluent-bit pods were ' +
    'already running there, and a NoSchedule taint does not remove them. Should they run there? ' +
    'The message says what is more likely, and what the fix would change.',
  objects(now) {
    const created = daysAgo(now, 45)
    const at = minutesAgo(now, 20)
    const logs = daemonSet('logging', 'fluent-bit', {
      created,
      image: 'cr.fluentbit.io/fluent/fluent-bit:4.1.1',
      maxUnavailable: 2,
      spec: { volumes: [{ name: 'varlog', hostPath: { path: '/var/log' } }] },
    })
    const gpu = GPU.map((name, index) =>
      workerNode(name, {
        created,
        pool: 'gpu',
        labels: { 'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-40GB' },
        ...(index < 2 && { tainted: { taints: [TAINT], by: 'kubectl-taint', at } }),
      }),
    )
    return [
      ...gpu,
      ...GENERAL.map((name) => workerNode(name, { created })),
      logs,
      ...daemonPods(logs, [...GPU, ...GENERAL], created),
    ]
  },
  steps: [
    {
      label: 'Read it',
      how: 'Nothing in the cluster decides whether the pods belong there. The message says what is more likely.',
    },
    {
      label: 'Add the toleration as Maya',
      how: 'Press Add toleration…, review the change, its dry run and its prediction, and submit.',
      isDone: ({ cluster }) =>
        cluster.store
          .list('daemonsets')
          .some(({ spec }) =>
            spec.template.spec?.tolerations?.some(({ key }) => key === TAINT.key),
          ),
    },
    {
      label: 'Watch the rollout',
      how: 'The pods restart. The thread compares the prediction with the result.',
    },
  ],
  controls: [
    {
      id: 'taint-another',
      label: 'Taint another node',
      description: 'kubectl taint node … dedicated=gpu:NoSchedule',
      isAvailable: (simulation) => find(simulation, false) !== undefined,
      run(simulation) {
        const name = find(simulation, false)
        if (name === undefined) return 'All GPU nodes are already tainted.'
        taintNode(simulation.cluster.store, name, TAINT, 'kubectl-taint')
        return `${name} is tainted.`
      },
    },
    {
      id: 'untaint',
      label: 'Untaint one node',
      description: 'kubectl taint node … dedicated-',
      isAvailable: (simulation) => find(simulation, true) !== undefined,
      run(simulation) {
        const name = find(simulation, true)
        if (name === undefined) return 'No GPU node is tainted.'
        untaintNode(simulation.cluster.store, name, TAINT.key, 'kubectl-taint')
        return `The taint is removed from ${name}.`
      },
    },
  ],
}

const find = ({ cluster }: Simulation, tainted: boolean) =>
  cluster.store
    .list('nodes')
    .find(
      ({ metadata, spec }) =>
        GPU.includes(metadata.name) &&
        (spec?.taints?.some(({ key }) => key === TAINT.key) ?? false) === tainted,
    )?.metadata.name
