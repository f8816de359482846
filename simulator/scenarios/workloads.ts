import { randomUUID } from 'node:crypto'
import type { DaemonSet, ObjectMeta, Pod, PodSpec } from '../../src/kubernetes/objects.ts'
import { daemonPod, templateHash } from '../cluster/daemon-pod.ts'
import { STOPS_AFTER } from '../cluster/pod-annotations.ts'
import { bound, running } from '../cluster/pod-status.ts'
import { randomSuffix } from '../cluster/random-name.ts'
import type { ClusterObject } from '../cluster/start-cluster.ts'

export type DaemonSetObject = DaemonSet & {
  readonly kind: 'DaemonSet'
  readonly apiVersion: 'apps/v1'
}

export interface DaemonSetParts {
  readonly created: string
  readonly image: string
  readonly spec?: PodSpec
  readonly labels?: ObjectMeta['labels']
  readonly annotations?: ObjectMeta['annotations']
  readonly managedFields?: ObjectMeta['managedFields']
  readonly maxUnavailable?: number | string
  readonly status?: DaemonSet['status']
}

/** A DaemonSet whose pods carry the label `app.kubernetes.io/name`. */
export function daemonSet(namespace: string, name: string, parts: DaemonSetParts): DaemonSetObject {
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

/** Its running pod on each of these nodes, made at this time. */
export const daemonPods = (
  owner: DaemonSet,
  nodes: readonly string[],
  created: string,
  change: (pod: Pod) => Pod = (pod) => pod,
): ClusterObject[] =>
  nodes.map((node) => {
    const pod = daemonPod(owner, node, templateHash(owner))
    const up = running(
      bound({ ...pod, metadata: { ...pod.metadata, creationTimestamp: created } }, node, created),
      created,
    )
    return { kind: 'Pod', ...change(up) }
  })

/** A pod of a Job that finishes its work before it stops, up to ten minutes. */
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
  const grace = 600
  const metadata: ObjectMeta = {
    name: `report-worker-${randomSuffix()}`,
    namespace: 'reports',
    creationTimestamp: created,
    labels: { 'app.kubernetes.io/name': 'report-worker' },
    annotations: { [STOPS_AFTER]: String(grace) },
    ownerReferences: [owner],
    ...(leaving && {
      deletionTimestamp: new Date(Date.parse(leaving.since) + grace * 1000)
        .toISOString()
        .replace(/\.\d+/, ''),
      deletionGracePeriodSeconds: grace,
    }),
  }
  const spec = {
    terminationGracePeriodSeconds: grace,
    containers: [{ name: 'worker', image: 'registry.example.com/report-worker:3.2' }],
  }
  return {
    kind: 'Pod',
    ...running(bound({ metadata, spec, status: { phase: 'Pending' } }, node, created), created),
  }
}
