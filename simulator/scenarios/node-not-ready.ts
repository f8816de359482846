import { isNodeReady } from '../cluster/node-conditions.ts'
import { failNode, loseNode, recoverNode, removeNode } from '../cluster/node-lifecycle.ts'
import { daysAgo } from './ago.ts'
import { nodeName, workerNode } from './nodes.ts'
import type { Scenario, Stage } from './scenario.ts'
import { daemonPods, daemonSet } from './workloads.ts'

const NODES = [14, 52, 97, 133, 178, 221].map((host) => nodeName(33, host))
const LOST = nodeName(33, 97)

export const nodeNotReady: Scenario = {
  id: 'node-not-ready',
  title: 'One node falls silent under four DaemonSets',
  about:
    'A kubelet no longer answers. Its node gets two taints, of which daemon pods tolerate only one by themselves, so that four alerts fire at ' +
    'once. They have one cause, and so become one message.',
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
  begin({ cluster }) {
    loseNode(cluster.store, LOST)
  },
  controls: [
    {
      id: 'node-recovers',
      label: 'Node recovers',
      about: 'Its kubelet answers again, and the taints are taken off.',
      isOffered: (stage) => silent(stage) !== undefined,
      act(stage) {
        const name = silent(stage)
        if (name === undefined) return 'All nodes are Ready.'
        recoverNode(stage.cluster.store, name)
        return `${name} is Ready again.`
      },
    },
    {
      id: 'another-node-fails',
      label: 'Another node fails',
      about: 'The kubelet of a second node says itself that its container runtime is down.',
      isOffered: (stage) => healthy(stage) !== undefined,
      act(stage) {
        const name = healthy(stage)
        if (name === undefined) return 'No node is left that could fail.'
        failNode(stage.cluster.store, name, 'KubeletNotReady', 'container runtime is down')
        return `${name} is NotReady: its container runtime is down.`
      },
    },
    {
      id: 'node-deleted',
      label: 'Node is deleted',
      about: 'Somebody takes the machine for lost and deletes the Node object; its pods follow.',
      isOffered: (stage) => silent(stage) !== undefined,
      act(stage) {
        const name = silent(stage)
        if (name === undefined) return 'All nodes are Ready.'
        removeNode(stage.cluster.store, name)
        return `${name} is gone.`
      },
    },
  ],
}

const find = ({ cluster }: Stage, ready: boolean) =>
  cluster.store.list('nodes').find((node) => isNodeReady(node) === ready)?.metadata.name
const silent = (stage: Stage) => find(stage, false)
const healthy = (stage: Stage) => find(stage, true)
