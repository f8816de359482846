import type {
  ControllerRevision,
  DaemonSet,
  Event,
  Lease,
  Namespace,
  Node,
  Pod,
  PodDisruptionBudget,
} from '../objects.ts'
import type { Projection } from '../project.ts'
import {
  reduceControllerRevision,
  reduceDaemonSet,
  reduceEvent,
  reduceLease,
  reduceNamespace,
  reduceNode,
  reducePod,
  reducePodDisruptionBudget,
} from './reduce.ts'

/** The lists of a Snapshot, by their field there. */
export interface Lists {
  readonly daemonSets: DaemonSet
  readonly nodes: Node
  readonly pods: Pod
  readonly controllerRevisions: ControllerRevision
  readonly namespaces: Namespace
  readonly podDisruptionBudgets: PodDisruptionBudget
  readonly leases: Lease
  readonly events: Event
}

export type ListName = keyof Lists

export interface ListOf<T> {
  readonly kind: string
  /** Written into saved snapshots. */
  readonly apiVersion: string
  /** Whether an object of this kind and apiVersion is meant: other APIs have kinds of the same name. */
  readonly accepts: (apiVersion: string) => boolean
  /** As `kubectl get` and access rules name it. */
  readonly resource: string
  /** What is asked of the API server, each in pages. */
  readonly paths: readonly string[]
  /** At most this many pages of each path. */
  readonly pages?: number
  readonly reduce: Projection<T>
}

/** Warnings about Pods that come in masses and say nothing of where a pod may run or why it stays. */
const NOISE = [
  'BackOff',
  'Failed',
  'FailedMount',
  'Unhealthy',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'NetworkNotReady',
]

/** How each list of a Snapshot is recognised in a file and read from a cluster. */
export const LISTS: { readonly [K in ListName]: ListOf<Lists[K]> } = {
  daemonSets: {
    kind: 'DaemonSet',
    apiVersion: 'apps/v1',
    accepts: (apiVersion) => apiVersion === 'apps/v1',
    resource: 'daemonsets',
    paths: ['/apis/apps/v1/daemonsets'],
    reduce: reduceDaemonSet,
  },
  nodes: {
    kind: 'Node',
    apiVersion: 'v1',
    accepts: (apiVersion) => apiVersion === 'v1',
    resource: 'nodes',
    paths: ['/api/v1/nodes'],
    reduce: reduceNode,
  },
  pods: {
    kind: 'Pod',
    apiVersion: 'v1',
    accepts: (apiVersion) => apiVersion === 'v1',
    resource: 'pods',
    paths: ['/api/v1/pods'],
    reduce: reducePod,
  },
  controllerRevisions: {
    kind: 'ControllerRevision',
    apiVersion: 'apps/v1',
    accepts: ofGroup('apps'),
    resource: 'controllerrevisions',
    paths: ['/apis/apps/v1/controllerrevisions'],
    reduce: reduceControllerRevision,
  },
  namespaces: {
    kind: 'Namespace',
    apiVersion: 'v1',
    accepts: (apiVersion) => apiVersion === 'v1',
    resource: 'namespaces',
    paths: ['/api/v1/namespaces'],
    reduce: reduceNamespace,
  },
  podDisruptionBudgets: {
    kind: 'PodDisruptionBudget',
    apiVersion: 'policy/v1',
    accepts: ofGroup('policy'),
    resource: 'poddisruptionbudgets',
    paths: ['/apis/policy/v1/poddisruptionbudgets'],
    reduce: reducePodDisruptionBudget,
  },
  leases: {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    accepts: ofGroup('coordination.k8s.io'),
    resource: 'leases',
    // The control plane's own, and the kubelets'.
    paths: ['kube-system', 'kube-node-lease'].map(
      (namespace) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
    ),
    reduce: reduceLease,
  },
  events: {
    kind: 'Event',
    apiVersion: 'v1',
    accepts: (apiVersion) => apiVersion === 'v1' || apiVersion.startsWith('events.k8s.io/'),
    resource: 'events',
    paths: [
      eventsWhere('involvedObject.kind=DaemonSet'),
      eventsWhere('involvedObject.kind=Node'),
      eventsWhere('involvedObject.kind=Pod', 'reason=TaintManagerEviction'),
      eventsWhere(
        'involvedObject.kind=Pod',
        'type=Warning',
        ...NOISE.map((reason) => `reason!=${reason}`),
      ),
    ],
    pages: 10,
    reduce: reduceEvent,
  },
}

export const LIST_NAMES = Object.keys(LISTS) as readonly ListName[]

function ofGroup(group: string): (apiVersion: string) => boolean {
  return (apiVersion) => apiVersion.startsWith(`${group}/`)
}

function eventsWhere(...conditions: readonly string[]): string {
  return `/api/v1/events?fieldSelector=${encodeURIComponent(conditions.join(','))}`
}
