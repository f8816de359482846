import { randomUUID } from 'node:crypto'
import type {
  DaemonSet,
  Node,
  ObjectMeta,
  Pod,
  PodSpec,
  Taint,
} from '../../src/kubernetes/objects.ts'
import { boundPod, healthyConditions, runningPod } from '../cluster/controllers/conditions.ts'
import { daemonPod, randomSuffix, templateHash } from '../cluster/controllers/daemonset-template.ts'
import { STOP_AFTER_ANNOTATION } from '../cluster/controllers/kubelet.ts'
import { withTaints } from '../cluster/controllers/taints.ts'
import { recordWrite } from '../cluster/managed-fields.ts'
import { kubernetesTime } from '../cluster/resources.ts'
import type { ClusterObject } from '../cluster/start-cluster.ts'

/** What differs between nodes. */
export interface NodeOptions {
  /** RFC 3339. */
  readonly created: string
  readonly pool?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly kubelet?: string
  readonly unschedulable?: boolean
  /** Its taints, and which client wrote them when (RFC 3339). */
  readonly tainted?: { readonly taints: readonly Taint[]; readonly by: string; readonly at: string }
}

/** A Ready cloud node, as its kubelet registered it. */
export function workerNode(name: string, parts: NodeOptions): ClusterObject {
  const {
    created,
    pool = 'general',
    labels = {},
    kubelet = 'v1.35.2',
    unschedulable,
    tainted,
  } = parts
  const registered = {
    manager: 'kubelet',
    apiVersion: 'v1',
    paths: [['metadata', 'labels']],
    time: created,
  }
  const metadata = {
    name,
    creationTimestamp: created,
    labels: {
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': name,
      'topology.kubernetes.io/zone': 'eu-west-1a',
      'node.example.com/pool': pool,
      ...labels,
    },
  }
  const node: Node = {
    metadata: recordWrite(metadata, registered),
    spec: {
      providerID: `aws:///eu-west-1a/i-${idOf(name)}`,
      ...(unschedulable && { unschedulable }),
    },
    status: {
      conditions: healthyConditions(created),
      allocatable: { cpu: '3920m', memory: '15Gi', pods: '58' },
      nodeInfo: { kubeletVersion: kubelet },
    },
  }
  return {
    kind: 'Node',
    ...(tainted ? withTaints(node, tainted.taints, tainted.by, tainted.at) : node),
  }
}

/** A node name such as `ip-10-0-17-23.eu-west-1.compute.internal`. */
export const nodeName = (subnet: number, host: number): string =>
  `ip-10-0-${subnet}-${host}.eu-west-1.compute.internal`

const idOf = (name: string) =>
  Buffer.from(name.replace(/\D/g, '').padStart(9, '0')).toString('hex').slice(0, 17)

/** A DaemonSet as `kubectl get -o yaml` prints it. */
export type DaemonSetObject = DaemonSet & {
  readonly kind: 'DaemonSet'
  readonly apiVersion: 'apps/v1'
}

/** What differs between DaemonSets. */
export interface DaemonSetOptions {
  /** RFC 3339. */
  readonly created: string
  readonly image: string
  readonly spec?: PodSpec
  readonly labels?: ObjectMeta['labels']
  readonly annotations?: ObjectMeta['annotations']
  readonly managedFields?: ObjectMeta['managedFields']
  readonly maxUnavailable?: number | string
  readonly status?: DaemonSet['status']
}

/** A DaemonSet that selects its pods by `app.kubernetes.io/name`. */
export function daemonSet(
  namespace: string,
  name: string,
  parts: DaemonSetOptions,
): DaemonSetObject {
  const {
    created,
    image,
    spec = {},
    labels = {},
    annotations = {},
    managedFields,
    maxUnavailable = 1,
    status,
  } = parts
  const matchLabels = { 'app.kubernetes.io/name': name }
  return {
    kind: 'DaemonSet',
    apiVersion: 'apps/v1',
    metadata: {
      name,
      namespace,
      uid: randomUUID(),
      creationTimestamp: created,
      generation: 1,
      labels: { ...matchLabels, ...labels },
      annotations: { 'deprecated.daemonset.template.generation': '1', ...annotations },
      ...(managedFields && { managedFields }),
    },
    spec: {
      selector: { matchLabels },
      template: {
        metadata: { labels: matchLabels },
        spec: {
          containers: [{ name, image, resources: { requests: { cpu: '200m', memory: '256Mi' } } }],
          ...spec,
        },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 0 } },
    },
    ...(status && { status }),
  }
}

/** A running pod of the DaemonSet on each of these nodes. `created`: RFC 3339. */
export const daemonPods = (
  owner: DaemonSet,
  nodes: readonly string[],
  created: string,
  change: (pod: Pod) => Pod = (pod) => pod,
): ClusterObject[] =>
  nodes.map((node) => {
    const pod = daemonPod(owner, node, templateHash(owner))
    const running = runningPod(
      boundPod(
        { ...pod, metadata: { ...pod.metadata, creationTimestamp: created } },
        node,
        created,
      ),
      created,
    )
    return { kind: 'Pod', ...change(running) }
  })

/**
 * A pod of a Job that takes up to 10 min to stop. `leaving`: since when it is being deleted (RFC
 * 3339).
 */
export function batchWorker(
  node: string,
  created: string,
  leaving?: { readonly since: string },
): ClusterObject {
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    name: 'report-worker',
    uid: '5b9f2c0e-8f0c-4a51-9d0b-0f0f6f3b7a10',
    controller: true,
  }
  const graceSeconds = 600
  const metadata: ObjectMeta = {
    name: `report-worker-${randomSuffix()}`,
    namespace: 'reports',
    creationTimestamp: created,
    labels: { 'app.kubernetes.io/name': 'report-worker' },
    annotations: { [STOP_AFTER_ANNOTATION]: String(graceSeconds) },
    ownerReferences: [owner],
    ...(leaving && {
      deletionTimestamp: kubernetesTime(Date.parse(leaving.since) + graceSeconds * 1000),
      deletionGracePeriodSeconds: graceSeconds,
    }),
  }
  const spec = {
    terminationGracePeriodSeconds: graceSeconds,
    containers: [{ name: 'worker', image: 'registry.example.com/report-worker:3.2' }],
  }
  return {
    kind: 'Pod',
    ...runningPod(
      boundPod({ metadata, spec, status: { phase: 'Pending' } }, node, created),
      created,
    ),
  }
}

/** RFC 3339, to the second. */
export const minutesAgo = (now: Date, minutes: number): string =>
  kubernetesTime(now.getTime() - minutes * 60_000)

/** RFC 3339, to the second. */
export const daysAgo = (now: Date, days: number): string => minutesAgo(now, days * 24 * 60)

/** Seconds since 1970, as the cluster autoscaler writes in its taint. */
export const unixSeconds = (rfc3339: string): string => String(Date.parse(rfc3339) / 1000)
