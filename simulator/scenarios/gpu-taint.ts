import { taintNode, untaintNode } from '../cluster/taint-node.ts'
import { daysAgo, minutesAgo } from './ago.ts'
import { workerNode } from './nodes.ts'
import type { Scenario, Stage } from './scenario.ts'
import { daemonPods, daemonSet } from './workloads.ts'

const TAINT = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }
const GPU = ['gpu-a100-1', 'gpu-a100-2', 'gpu-a100-3', 'gpu-a100-4']
const GENERAL = ['worker-1', 'worker-2', 'worker-3', 'worker-4', 'worker-5']

export const gpuTaint: Scenario = {
  id: 'gpu-taint',
  title: 'Somebody taints GPU nodes with kubectl',
  about:
    'Twenty minutes ago somebody put dedicated=gpu on two nodes. The pods of fluent-bit were there before, and nobody removes them: should they ' +
    'run there, or not? The message shows both ways, and what each would do.',
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
  controls: [
    {
      id: 'taint-another',
      label: 'Taint one more node',
      about: 'kubectl taint node … dedicated=gpu:NoSchedule',
      isOffered: (stage) => find(stage, false) !== undefined,
      act(stage) {
        const name = find(stage, false)
        if (name === undefined) return 'All GPU nodes are tainted.'
        taintNode(stage.cluster.store, name, TAINT, 'kubectl-taint')
        return `${name} is tainted too.`
      },
    },
    {
      id: 'untaint',
      label: 'Take a taint off',
      about: 'kubectl taint node … dedicated-',
      isOffered: (stage) => find(stage, true) !== undefined,
      act(stage) {
        const name = find(stage, true)
        if (name === undefined) return 'No node is tainted.'
        untaintNode(stage.cluster.store, name, TAINT.key, 'kubectl-taint')
        return `${name} is free again.`
      },
    },
  ],
}

const find = ({ cluster }: Stage, tainted: boolean) =>
  cluster.store
    .list('nodes')
    .find(
      ({ metadata, spec }) =>
        GPU.includes(metadata.name) &&
        (spec?.taints?.some(({ key }) => key === TAINT.key) ?? false) === tainted,
    )?.metadata.name
