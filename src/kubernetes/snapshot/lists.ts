import type { ListReading } from '../api-client.ts'
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
import { nodeMessage, podMessage } from '../protobuf/messages.ts'
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

/** The type of the items of each list of a Snapshot, by the list's field in it. */
export interface ListItems {
  readonly daemonSets: DaemonSet
  readonly nodes: Node
  readonly pods: Pod
  readonly controllerRevisions: ControllerRevision
  readonly namespaces: Namespace
  readonly podDisruptionBudgets: PodDisruptionBudget
  readonly leases: Lease
  readonly events: Event
}

/** A field of Snapshot that is a list of objects. */
export type ListName = keyof ListItems

/** How one list is recognized in a file and read from a cluster. */
export interface ListDefinition<T> extends ListReading<T> {
  readonly kind: string
  /** Written into saved snapshots. */
  readonly apiVersion: string
  /** Other API groups have kinds of the same name. */
  readonly accepts: (apiVersion: string) => boolean
  /** Plural, as in RBAC rules: `daemonsets`. */
  readonly resource: string
  /** Paths with their query. Each is read in pages of 500. */
  readonly paths: readonly string[]
}

/** Reasons of frequent Pod warnings that do not explain placement or a stuck deletion. */
const NOISE = [
  'BackOff',
  'Failed',
  'FailedMount',
  'Unhealthy',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'NetworkNotReady',
]

/** Events about nodes, all of which are in the namespace `default`. */
export const EVENTS_OF_NODES = eventsWhere('involvedObject.kind=Node')

/** Events about DaemonSets and pods, which are in the namespace of their object. */
export const EVENTS_OF_DAEMON_SETS = [
  eventsWhere('involvedObject.kind=DaemonSet'),
  eventsWhere('involvedObject.kind=Pod', 'reason=TaintManagerEviction'),
  eventsWhere(
    'involvedObject.kind=Pod',
    'type=Warning',
    ...NOISE.map((reason) => `reason!=${reason}`),
  ),
]

/** Leases of control-plane components and of tools. */
export const LEASES_OF_SYSTEM = leasesIn('kube-system')
/** Leases of kubelets, each with the name of its node. */
export const LEASES_OF_NODES = leasesIn('kube-node-lease')

/** Every list of a Snapshot. */
export const LISTS: { readonly [K in ListName]: ListDefinition<ListItems[K]> } = {
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
    protobuf: nodeMessage,
  },
  pods: {
    kind: 'Pod',
    apiVersion: 'v1',
    accepts: (apiVersion) => apiVersion === 'v1',
    resource: 'pods',
    paths: ['/api/v1/pods'],
    reduce: reducePod,
    protobuf: podMessage,
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
    paths: [LEASES_OF_SYSTEM, LEASES_OF_NODES],
    reduce: reduceLease,
  },
  events: {
    kind: 'Event',
    apiVersion: 'v1',
    accepts: (apiVersion) => apiVersion === 'v1' || apiVersion.startsWith('events.k8s.io/'),
    resource: 'events',
    paths: [EVENTS_OF_NODES, ...EVENTS_OF_DAEMON_SETS],
    pages: 10,
    reduce: reduceEvent,
  },
}

/** In the order in which a saved snapshot contains them. */
export const LIST_NAMES = Object.keys(LISTS) as readonly ListName[]

function ofGroup(group: string): (apiVersion: string) => boolean {
  return (apiVersion) => apiVersion.startsWith(`${group}/`)
}

function eventsWhere(...conditions: readonly string[]): string {
  return `/api/v1/events?fieldSelector=${encodeURIComponent(conditions.join(','))}`
}

function leasesIn(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
}
