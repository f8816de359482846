import { daemonPods, daemonSet, daysAgo, minutesAgo, workerNode } from './objects.ts'
import type { Scenario } from './scenario.ts'

const TAINT = { key: 'node.example.com/spot', value: 'true', effect: 'NoSchedule' }
const OLDER_NODES = ['spot-7f2k', 'spot-9qxm', 'spot-b4td', 'spot-c8wr']
const NEW_NODES = ['spot-m1zz', 'spot-n6hp']
const GENERAL_NODES = ['general-1', 'general-2', 'general-3']
const PODS = NEW_NODES.length + GENERAL_NODES.length

/** Pods that were bound to new nodes before a controller tainted them. */
export const boundBeforeTaint: Scenario = {
  id: 'bound-before-taint',
  title: 'Pods bound before the taint was added',
  description:
    'A controller taints spot nodes a few seconds after they join. On two new nodes, the ' +
    'cost-exporter pod was bound before the taint. NoSchedule never removes a running pod, so it ' +
    'stays there. If you delete it, it does not come back.',
  objects(now) {
    const exporter = daemonSet('finops', 'cost-exporter', {
      created: daysAgo(now, 30),
      image: 'registry.example.com/cost-exporter:1.9.0',
    })
    const tainted = (name: string, minutes: number) => {
      const at = minutesAgo(now, minutes - 0.7)
      return workerNode(name, {
        created: minutesAgo(now, minutes),
        pool: 'spot',
        tainted: { taints: [TAINT], by: 'spot-tainter', at },
      })
    }
    return [
      ...OLDER_NODES.map((name, index) => tainted(name, 60 * 24 * (index + 2))),
      ...NEW_NODES.map((name, index) => tainted(name, 26 + 3 * index)),
      ...GENERAL_NODES.map((name) => workerNode(name, { created: daysAgo(now, 30) })),
      exporter,
      ...daemonPods(exporter, GENERAL_NODES, daysAgo(now, 30)),
      ...NEW_NODES.flatMap((name, index) =>
        daemonPods(exporter, [name], minutesAgo(now, 26 + 3 * index - 0.2)),
      ),
    ]
  },
  controls: [],
  steps: [
    {
      label: 'Read it',
      how: 'The message says why the pods are there, and that they do not come back.',
    },
    {
      label: 'Delete the pods as Maya',
      how: 'Press Delete pod… in the message, review what is deleted, and submit.',
      isDone: ({ cluster }) => cluster.store.list('pods').length < PODS,
    },
    {
      label: 'See that nothing comes back',
      how: 'The controller places no pod under the taint. The message closes on its own.',
    },
  ],
}
