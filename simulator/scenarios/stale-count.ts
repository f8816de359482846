import { daemonPods, daemonSet, daysAgo, minutesAgo, workerNode } from './objects.ts'
import type { Scenario } from './scenario.ts'

const NODES = ['pool-a-1', 'pool-a-2', 'pool-a-3', 'pool-b-1', 'pool-b-2']

/** A status that the DaemonSet controller did not update. */
export const staleCount: Scenario = {
  id: 'stale-count',
  title: 'The count is stale',
  description:
    'A node was tainted for maintenance, and the taint is gone again. The status still counts ' +
    'its pod, because Kubernetes 1.33.2 misses the removal of a NoSchedule taint. Nothing is ' +
    'misscheduled. A recount updates the status.',
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
  steps: [
    {
      label: 'Read it',
      how: 'The alert fires, but nothing is misscheduled. The message says so first.',
    },
    {
      label: 'Recount as Maya',
      how: 'Press Recount… in the message, and submit. It sets one annotation on the DaemonSet.',
      isDone: ({ cluster }) =>
        cluster.store.list('daemonsets').every(({ status }) => !status?.numberMisscheduled),
    },
    {
      label: 'Watch the alert end',
      how: 'The controller has counted again. The message closes on its own.',
    },
  ],
}
