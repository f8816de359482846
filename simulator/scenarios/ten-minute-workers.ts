import {
  drainedPods,
  finishPods,
  removeWhenDrained,
  SCALE_DOWN_TAINT,
  scaleDown,
} from '../cluster/drain-node.ts'
import type { ClusterObject } from '../cluster/start-cluster.ts'
import { daysAgo, minutesAgo, unixSeconds } from './ago.ts'
import { nodeName, workerNode } from './nodes.ts'
import type { Scenario, Stage } from './scenario.ts'
import { batchWorker, daemonPods, daemonSet } from './workloads.ts'

const STAYING = [11, 48, 73, 102, 130, 155, 181, 207, 244].map((host) => nodeName(21, host))

/** Each node with the minutes since the autoscaler decided that it goes. */
const LEAVING = [
  [nodeName(17, 23), 6],
  [nodeName(17, 88), 5],
  [nodeName(17, 190), 3],
] as const

/** The story that the project grew from. */
export const tenMinuteWorkers: Scenario = {
  id: 'ten-minute-workers',
  title: 'Scale-down while ten-minute workers drain',
  about:
    'The cluster autoscaler removes three nodes. Report workers on them take up to ten minutes to finish, and until then datadog-agent, ' +
    'which does not tolerate the autoscaler’s taint, counts as misscheduled there.',
  objects(now) {
    const created = daysAgo(now, 20)
    const agent = daemonSet('datadog', 'datadog-agent', {
      created: daysAgo(now, 140),
      image: 'gcr.io/datadoghq/agent:7.71.2',
      maxUnavailable: '10%',
      spec: {
        volumes: [{ name: 'logpodpath', hostPath: { path: '/var/log/pods' } }],
        tolerations: [{ key: 'node.example.com/spot', operator: 'Exists' }],
      },
      labels: {
        'app.kubernetes.io/managed-by': 'Helm',
        'helm.sh/chart': 'datadog-3.138.0',
        'app.kubernetes.io/instance': 'datadog',
      },
      annotations: {
        'meta.helm.sh/release-name': 'datadog',
        'meta.helm.sh/release-namespace': 'datadog',
      },
    })
    const leaving = LEAVING.flatMap(([name, minutes]): ClusterObject[] => {
      const at = minutesAgo(now, minutes)
      const taints = [{ key: SCALE_DOWN_TAINT, value: unixSeconds(at), effect: 'NoSchedule' }]
      const node = workerNode(name, {
        created,
        pool: 'burst',
        tainted: { taints, by: 'cluster-autoscaler', at },
      })
      return [
        node,
        batchWorker(name, minutesAgo(now, 90), { since: at }),
        batchWorker(name, minutesAgo(now, 85), { since: at }),
      ]
    })
    const names = [...LEAVING.map(([name]) => name), ...STAYING]
    return [
      ...leaving,
      ...STAYING.map((name) => workerNode(name, { created })),
      ...STAYING.slice(0, 3).map((name) => batchWorker(name, minutesAgo(now, 40))),
      agent,
      ...daemonPods(agent, names, created),
    ]
  },
  begin({ cluster }) {
    for (const [name] of LEAVING) removeWhenDrained(cluster.store, cluster.timers, name)
  },
  controls: [
    {
      id: 'drain-finishes',
      label: 'Next drain finishes',
      about: 'The workers of one node end their work, and the node goes.',
      isOffered: (stage) => draining(stage) !== undefined,
      act(stage) {
        const name = draining(stage)
        if (name === undefined) return 'No node is draining.'
        finishPods(stage.cluster.store, name)
        return `The workers on ${name} have finished; the autoscaler removes it.`
      },
    },
    {
      id: 'scale-down-another',
      label: 'One more node goes',
      about: 'The autoscaler decides on another node, with workers on it.',
      isOffered: (stage) => staying(stage) !== undefined,
      act(stage) {
        const { cluster } = stage
        const name = staying(stage)
        if (name === undefined) return 'No other node has workers.'
        scaleDown(cluster.store, cluster.timers, name)
        return `${name} is tainted, and its workers are asked to leave.`
      },
    },
  ],
}

const workersOf = ({ cluster }: Stage, tainted: boolean) =>
  cluster.store
    .list('nodes')
    .filter(
      (node) =>
        (node.spec?.taints?.some(({ key }) => key === SCALE_DOWN_TAINT) ?? false) === tainted,
    )
    .map(({ metadata }) => metadata.name)
    .find((name) => drainedPods(cluster.store, name).length > 0)

const draining = (stage: Stage) => workersOf(stage, true)
const staying = (stage: Stage) => workersOf(stage, false)
