import type { Pod } from '../../src/kubernetes/objects.ts'
import { recordWrite } from '../cluster/managed-fields.ts'
import type { ClusterObject } from '../cluster/start-cluster.ts'
import { daysAgo, minutesAgo } from './ago.ts'
import { workerNode } from './nodes.ts'
import type { Scenario, Stage } from './scenario.ts'
import { daemonPods, daemonSet } from './workloads.ts'

const LABEL = 'nvidia.com/gpu.present'
const FINALIZER = 'metering.example.com/final-reading'
const NODES = ['gpu-1', 'gpu-2', 'gpu-3', 'gpu-4']
const LOST = 'gpu-3'

export const stuckFinalizer: Scenario = {
  id: 'stuck-finalizer',
  title: 'A finalizer keeps a deleted pod',
  about:
    'A node lost the label that the DaemonSet selects, so the controller deleted its pod. A finalizer of a metering controller that no longer ' +
    'runs keeps the pod there, still Running under an old kubelet, and it goes on counting.',
  version: 'v1.29.14',
  objects(now) {
    const created = daysAgo(now, 80)
    const exporter = daemonSet('gpu', 'dcgm-exporter', {
      created,
      image: 'nvcr.io/nvidia/k8s/dcgm-exporter:4.4.1',
      spec: { nodeSelector: { [LABEL]: 'true' } },
    })
    const held = ({ metadata, ...pod }: Pod): Pod => ({
      ...pod,
      metadata: { ...metadata, finalizers: [FINALIZER] },
    })
    const deleted = ({ metadata, ...pod }: Pod): Pod => ({
      ...pod,
      metadata: {
        ...metadata,
        finalizers: [FINALIZER],
        deletionTimestamp: minutesAgo(now, 32),
        deletionGracePeriodSeconds: 0,
      },
    })
    return [
      ...NODES.filter((name) => name !== LOST).map((name) =>
        workerNode(name, {
          created,
          pool: 'gpu',
          kubelet: 'v1.26.15',
          labels: { [LABEL]: 'true' },
        }),
      ),
      unlabelled(
        workerNode(LOST, { created, pool: 'gpu', kubelet: 'v1.26.15' }),
        minutesAgo(now, 32),
      ),
      ...['cpu-1', 'cpu-2'].map((name) => workerNode(name, { created, kubelet: 'v1.26.15' })),
      exporter,
      ...daemonPods(
        exporter,
        NODES.filter((name) => name !== LOST),
        created,
        held,
      ),
      ...daemonPods(exporter, [LOST], created, deleted),
    ]
  },
  controls: [
    {
      id: 'finalizer-removed',
      label: 'Its controller comes back',
      about: 'The metering controller runs again, does its work and takes the finalizer off.',
      isOffered: (stage) => heldPods(stage).length > 0,
      act(stage) {
        for (const { metadata } of heldPods(stage)) {
          stage.cluster.store.change('pods', metadata.namespace, metadata.name, (pod) => ({
            ...pod,
            metadata: { ...pod.metadata, finalizers: [] },
          }))
        }
        return 'The finalizer is off, and the pod is gone.'
      },
    },
  ],
}

const heldPods = ({ cluster }: Stage) =>
  cluster.store
    .list('pods', 'gpu')
    .filter(({ metadata }) => metadata.deletionTimestamp && (metadata.finalizers?.length ?? 0) > 0)

/** node-feature-discovery was the last to write the node's labels. */
function unlabelled(node: ClusterObject, time: string): ClusterObject {
  const write = {
    manager: 'nfd-master',
    apiVersion: 'v1',
    paths: [['metadata', 'labels', 'feature.node.kubernetes.io/cpu-model.id']],
    time,
  }
  const labels = { ...node.metadata.labels, 'feature.node.kubernetes.io/cpu-model.id': '85' }
  return { ...node, metadata: recordWrite({ ...node.metadata, labels }, write) } as ClusterObject
}
