import type { Pod } from '../../src/kubernetes/objects.ts'
import { recordWrite } from '../cluster/managed-fields.ts'
import type { ClusterObject } from '../cluster/start-cluster.ts'
import { daemonPods, daemonSet, daysAgo, minutesAgo, workerNode } from './objects.ts'
import { isSilenced, type Scenario, type Simulation } from './scenario.ts'

const LABEL = 'nvidia.com/gpu.present'
const FINALIZER = 'metering.example.com/final-reading'
const NODES = ['gpu-1', 'gpu-2', 'gpu-3', 'gpu-4']
const UNLABELED_NODE = 'gpu-3'

/** A terminating pod that a finalizer keeps. */
export const stuckFinalizer: Scenario = {
  id: 'stuck-finalizer',
  title: 'A finalizer blocks the deletion of a pod',
  description:
    'A node lost the label that the DaemonSet selects, so the controller deleted its pod. The ' +
    'pod has a finalizer of a metering controller that no longer runs, so it stays in ' +
    'Terminating. It is still counted, because its old kubelet leaves it in the phase Running.',
  version: 'v1.29.14',
  objects(now) {
    const created = daysAgo(now, 80)
    const exporter = daemonSet('gpu', 'dcgm-exporter', {
      created,
      image: 'nvcr.io/nvidia/k8s/dcgm-exporter:4.4.1',
      spec: { nodeSelector: { [LABEL]: 'true' } },
    })
    const withFinalizer = ({ metadata, ...pod }: Pod): Pod => ({
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
      ...NODES.filter((name) => name !== UNLABELED_NODE).map((name) =>
        workerNode(name, {
          created,
          pool: 'gpu',
          kubelet: 'v1.26.15',
          labels: { [LABEL]: 'true' },
        }),
      ),
      withoutGpuLabel(
        workerNode(UNLABELED_NODE, { created, pool: 'gpu', kubelet: 'v1.26.15' }),
        minutesAgo(now, 32),
      ),
      ...['cpu-1', 'cpu-2'].map((name) => workerNode(name, { created, kubelet: 'v1.26.15' })),
      exporter,
      ...daemonPods(
        exporter,
        NODES.filter((name) => name !== UNLABELED_NODE),
        created,
        withFinalizer,
      ),
      ...daemonPods(exporter, [UNLABELED_NODE], created, deleted),
    ]
  },
  steps: [
    {
      label: 'Read it',
      how: 'The message names the finalizer that holds the pod, and whose it is.',
    },
    {
      label: 'Silence it as Maya',
      how: 'Press Silence… in the message, check for how long, and submit.',
      isDone: isSilenced,
    },
    {
      label: 'Restart the metering controller',
      how: 'It removes its finalizer. Then the pod is gone, and the alert ends.',
      control: 'finalizer-removed',
    },
  ],
  controls: [
    {
      id: 'finalizer-removed',
      label: 'Restart the metering controller',
      description: 'The metering controller runs again and removes its finalizer.',
      isAvailable: (simulation) => heldPods(simulation).length > 0,
      run(simulation) {
        for (const { metadata } of heldPods(simulation)) {
          simulation.cluster.store.change('pods', metadata.namespace, metadata.name, (pod) => ({
            ...pod,
            metadata: { ...pod.metadata, finalizers: [] },
          }))
        }
        return 'The finalizer is removed, and the pod is gone.'
      },
    },
  ],
}

const heldPods = ({ cluster }: Simulation) =>
  cluster.store
    .list('pods', 'gpu')
    .filter(({ metadata }) => metadata.deletionTimestamp && (metadata.finalizers?.length ?? 0) > 0)

/**
 * The node after node-feature-discovery, the last writer of its labels, removed `LABEL`. `time`:
 * RFC 3339.
 */
function withoutGpuLabel(node: ClusterObject, time: string): ClusterObject {
  const write = {
    manager: 'nfd-master',
    apiVersion: 'v1',
    paths: [['metadata', 'labels', 'feature.node.kubernetes.io/cpu-model.id']],
    time,
  }
  const labels = { ...node.metadata.labels, 'feature.node.kubernetes.io/cpu-model.id': '85' }
  return { ...node, metadata: recordWrite({ ...node.metadata, labels }, write) } as ClusterObject
}
