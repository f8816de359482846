import { daysAgo, minutesAgo } from './ago.ts'
import { workerNode } from './nodes.ts'
import type { Scenario } from './scenario.ts'
import { daemonPods, daemonSet } from './workloads.ts'

const NODES = ['pool-a-1', 'pool-a-2', 'pool-a-3', 'pool-b-1', 'pool-b-2']

export const staleCount: Scenario = {
  id: 'stale-count',
  title: 'The count itself is wrong',
  about:
    'A node was tainted for maintenance and is free again, yet the status still counts its pod: Kubernetes 1.33.2 overlooks a NoSchedule taint ' +
    'that is taken off. Nothing is wrong in the cluster; a recount makes the controller look again.',
  version: 'v1.33.2',
  objects(now) {
    const created = daysAgo(now, 90)
    const status = {
      currentNumberScheduled: 4,
      desiredNumberScheduled: 4,
      numberAvailable: 4,
      numberMisscheduled: 1,
      numberReady: 4,
      updatedNumberScheduled: 4,
      observedGeneration: 1,
    }
    const agent = daemonSet('monitoring', 'blackbox-agent', {
      created,
      image: 'registry.example.com/blackbox-agent:0.8.2',
      status,
    })
    return [
      ...NODES.slice(0, 4).map((name) => workerNode(name, { created, kubelet: 'v1.33.2' })),
      workerNode('pool-b-2', {
        created,
        kubelet: 'v1.33.2',
        tainted: { taints: [], by: 'kubectl-taint', at: minutesAgo(now, 40) },
      }),
      agent,
      ...daemonPods(agent, NODES, created),
    ]
  },
  controls: [],
}
