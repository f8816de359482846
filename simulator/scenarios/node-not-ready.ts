import { isNodeReady } from '../cluster/controllers/conditions.ts'
import {
  deleteNode,
  makeNodeNotReady,
  makeNodeUnreachable,
  recoverNode,
} from '../cluster/controllers/node-lifecycle.ts'
import { daemonPods, daemonSet, daysAgo, nodeName, workerNode } from './objects.ts'
import { isSilenced, type Scenario, type Simulation } from './scenario.ts'

const NODES = [14, 52, 97, 133, 178, 221].map((host) => nodeName(33, host))
const LOST_NODE = nodeName(33, 97)

/** A node whose kubelet has stopped reporting, under several DaemonSets. */
export const nodeNotReady: Scenario = {
  id: 'node-not-ready',
  title: 'One node goes down under four DaemonSets',
  description:
    'A kubelet stops reporting, and its node gets two taints. DaemonSet pods tolerate only one ' +
    'of them by default, so four alerts fire at once. They have one cause and become one ' +
    'message.',
  version: 'v1.32.9',
  objects(now) {
    const created = daysAgo(now, 63)
    const agents = [
      daemonSet('datadog', 'datadog-agent', { created, image: 'gcr.io/datadoghq/agent:7.71.2' }),
      daemonSet('logging', 'fluent-bit', {
        created,
        image: 'cr.fluentbit.io/fluent/fluent-bit:4.1.1',
      }),
      daemonSet('security', 'falco', { created, image: 'docker.io/falcosecurity/falco:0.42.0' }),
      daemonSet('backup', 'velero-node-agent', {
        created,
        image: 'docker.io/velero/velero:v1.17.0',
      }),
    ]
    const nodes = NODES.map((name) => workerNode(name, { created, kubelet: 'v1.32.9' }))
    return [...nodes, ...agents, ...agents.flatMap((agent) => daemonPods(agent, NODES, created))]
  },
  start({ cluster }) {
    makeNodeUnreachable(cluster.store, LOST_NODE)
  },
  steps: [
    {
      label: 'Read it',
      how: 'Four alerts fired. They have one cause, so there is one message.',
    },
    {
      label: 'Silence all four as Maya',
      how: 'Press Silence… in the message, check for how long, and submit. Each DaemonSet gets a silence.',
      isDone: isSilenced,
    },
    {
      label: 'Recover the node',
      how: 'The kubelet reports again. The message closes, and the silences end.',
      control: 'node-recovers',
    },
  ],
  controls: [
    {
      id: 'node-recovers',
      label: 'Recover the node',
      description: 'The kubelet reports again, and the taints are removed.',
      isAvailable: (simulation) => notReadyNode(simulation) !== undefined,
      run(simulation) {
        const name = notReadyNode(simulation)
        if (name === undefined) return 'All nodes are Ready.'
        recoverNode(simulation.cluster.store, name)
        return `${name} is Ready again.`
      },
    },
    {
      id: 'another-node-fails',
      label: 'Break another node',
      description: 'The kubelet of a second node reports that its container runtime is down.',
      isAvailable: (simulation) => readyNode(simulation) !== undefined,
      run(simulation) {
        const name = readyNode(simulation)
        if (name === undefined) return 'No node is Ready.'
        makeNodeNotReady(
          simulation.cluster.store,
          name,
          'KubeletNotReady',
          'container runtime is down',
        )
        return `${name} is NotReady: its container runtime is down.`
      },
    },
    {
      id: 'node-deleted',
      label: 'Delete the node',
      description:
        'Somebody gives the machine up and deletes the Node object. Its pods are removed too.',
      isAvailable: (simulation) => notReadyNode(simulation) !== undefined,
      run(simulation) {
        const name = notReadyNode(simulation)
        if (name === undefined) return 'All nodes are Ready.'
        deleteNode(simulation.cluster.store, name)
        return `${name} is deleted.`
      },
    },
  ],
}

const find = ({ cluster }: Simulation, ready: boolean) =>
  cluster.store.list('nodes').find((node) => isNodeReady(node) === ready)?.metadata.name
const notReadyNode = (simulation: Simulation) => find(simulation, false)
const readyNode = (simulation: Simulation) => find(simulation, true)
