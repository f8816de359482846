import { daysAgo, minutesAgo } from './ago.ts'
import { workerNode } from './nodes.ts'
import type { Scenario } from './scenario.ts'
import { daemonPods, daemonSet } from './workloads.ts'

const TAINT = { key: 'node.example.com/spot', value: 'true', effect: 'NoSchedule' }
const OLD = ['spot-7f2k', 'spot-9qxm', 'spot-b4td', 'spot-c8wr']
const LATE = ['spot-m1zz', 'spot-n6hp']
const GENERAL = ['general-1', 'general-2', 'general-3']

export const boundBeforeTaint: Scenario = {
  id: 'bound-before-taint',
  title: 'A pod was faster than the taint',
  about:
    'Spot nodes are tainted by a controller some seconds after they join. On two new ones the pod of cost-exporter came in between. It will ' +
    'stay there for ever, and would not come back if it were deleted.',
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
      ...OLD.map((name, index) => tainted(name, 60 * 24 * (index + 2))),
      ...LATE.map((name, index) => tainted(name, 26 + 3 * index)),
      ...GENERAL.map((name) => workerNode(name, { created: daysAgo(now, 30) })),
      exporter,
      ...daemonPods(exporter, GENERAL, daysAgo(now, 30)),
      ...LATE.flatMap((name, index) =>
        daemonPods(exporter, [name], minutesAgo(now, 26 + 3 * index - 0.2)),
      ),
    ]
  },
  controls: [],
}
