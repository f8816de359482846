import {
  finishTerminatingPods,
  podsToDrain,
  removeWhenDrained,
  SCALE_DOWN_TAINT,
  scaleDown,
} from '../cluster/controllers/drain.ts'
import type { ClusterObject } from '../cluster/start-cluster.ts'
import {
  batchWorker,
  daemonPods,
  daemonSet,
  daysAgo,
  minutesAgo,
  nodeName,
  unixSeconds,
  workerNode,
} from './objects.ts'
import { isSilenced, type Scenario, type Simulation } from './scenario.ts'

const STAYING_NODES = [11, 48, 73, 102, 130, 155, 181, 207, 244].map((host) => nodeName(21, host))

/** Each node, and how many minutes ago the autoscaler tainted it. */
const DRAINING_NODES = [
  [nodeName(17, 23), 6],
  [nodeName(17, 88), 5],
  [nodeName(17, 190), 3],
] as const

/** A scale-down whose drains take up to 10 min. */
export const tenMinuteWorkers: Scenario = {
  id: 'ten-minute-workers',
  title: 'Scale-down with slow drains',
  description:
    'The cluster autoscaler is removing three nodes. Report workers on them take up to 10 ' +
    'minutes to finish. Until then, datadog-agent is misscheduled there, because it does not ' +
    'tolerate the autoscaler’s taint.',
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
    const leaving = DRAINING_NODES.flatMap(([name, minutes]): ClusterObject[] => {
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
    const names = [...DRAINING_NODES.map(([name]) => name), ...STAYING_NODES]
    return [
      ...leaving,
      ...STAYING_NODES.map((name) => workerNode(name, { created })),
      ...STAYING_NODES.slice(0, 3).map((name) => batchWorker(name, minutesAgo(now, 40))),
      agent,
      ...daemonPods(agent, names, created),
    ]
  },
  start({ cluster }) {
    for (const [name] of DRAINING_NODES) removeWhenDrained(cluster.store, cluster.timers, name)
  },
  steps: [
    {
      label: 'Read it',
      how: 'The message says which nodes, why the pods are wrong there, and when it ends.',
    },
    {
      label: 'Silence it as Maya',
      how: 'Press Silence… in the message, check for how long, and submit. Sam may not: try it.',
      isDone: isSilenced,
    },
    {
      label: 'Let the drains finish',
      how: 'Once for each node. The message follows, and the silence ends with the alert.',
      control: 'drain-finishes',
    },
  ],
  controls: [
    {
      id: 'drain-finishes',
      label: 'Finish the next drain',
      description: 'The workers on one node finish, and the autoscaler deletes the node.',
      isAvailable: (simulation) => drainingNode(simulation) !== undefined,
      run(simulation) {
        const name = drainingNode(simulation)
        if (name === undefined) return 'No node is draining.'
        finishTerminatingPods(simulation.cluster.store, name)
        return `The workers on ${name} have finished. The autoscaler is deleting the node.`
      },
    },
    {
      id: 'scale-down-another',
      label: 'Scale down another node',
      description: 'The autoscaler taints and drains another node with workers on it.',
      isAvailable: (simulation) => nodeWithWorkers(simulation) !== undefined,
      run(simulation) {
        const { cluster } = simulation
        const name = nodeWithWorkers(simulation)
        if (name === undefined) return 'No other node has workers.'
        scaleDown(cluster.store, cluster.timers, name)
        return `${name} is tainted and is being drained.`
      },
    },
  ],
}

const findNodeWithWorkers = ({ cluster }: Simulation, tainted: boolean) =>
  cluster.store
    .list('nodes')
    .filter(
      (node) =>
        (node.spec?.taints?.some(({ key }) => key === SCALE_DOWN_TAINT) ?? false) === tainted,
    )
    .map(({ metadata }) => metadata.name)
    .find((name) => podsToDrain(cluster.store, name).length > 0)

const drainingNode = (simulation: Simulation) => findNodeWithWorkers(simulation, true)
const nodeWithWorkers = (simulation: Simulation) => findNodeWithWorkers(simulation, false)
