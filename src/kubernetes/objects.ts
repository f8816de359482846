import type {
  CoreV1Event,
  V1Container,
  V1ContainerStateTerminated,
  V1ContainerStateWaiting,
  V1ContainerStatus,
  V1ControllerRevision,
  V1DaemonSet,
  V1DaemonSetStatus,
  V1LabelSelector,
  V1Lease,
  V1ManagedFieldsEntry,
  V1Node,
  V1NodeCondition,
  V1NodeSelectorTerm,
  V1ObjectMeta,
  V1OwnerReference,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodSpec,
  V1Taint,
  V1Toleration,
  V1Volume,
} from '@kubernetes/client-node'

/** The API's JSON form of a generated type: times are RFC 3339 strings, nothing is changed. */
type Json<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Json<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Json<T[K]> }
      : T
/** Some fields, each of which may be absent. */
type Some<T, K extends keyof T> = Json<Partial<Pick<T, K>>>
/** Some fields that the API always has. */
type Always<T, K extends keyof T> = Json<Required<Pick<T, K>>>

export interface OwnerReference
  extends Always<V1OwnerReference, 'kind' | 'name'>,
    Some<V1OwnerReference, 'apiVersion' | 'uid' | 'controller'> {}

export interface ManagedFieldsEntry
  extends Some<V1ManagedFieldsEntry, 'manager' | 'operation' | 'time' | 'subresource'> {
  readonly fieldsV1?: Readonly<Record<string, unknown>>
}

export interface ObjectMeta
  extends Always<V1ObjectMeta, 'name'>,
    Some<
      V1ObjectMeta,
      | 'namespace'
      | 'uid'
      | 'generateName'
      | 'generation'
      | 'resourceVersion'
      | 'creationTimestamp'
      | 'deletionTimestamp'
      | 'deletionGracePeriodSeconds'
      | 'labels'
      | 'annotations'
      | 'finalizers'
    > {
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly ManagedFieldsEntry[]
}

export type Taint = Json<V1Taint>
export type Toleration = Json<V1Toleration>
export type LabelSelector = Json<V1LabelSelector>
export type SelectorRequirement = NonNullable<LabelSelector['matchExpressions']>[number]
export type NodeSelectorTerm = Json<V1NodeSelectorTerm>

export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: {
    readonly nodeSelectorTerms?: readonly NodeSelectorTerm[]
  }
}

export interface Container extends Some<V1Container, 'name' | 'image'> {
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
}

export interface Volume extends Some<V1Volume, 'name'> {
  readonly hostPath?: { readonly path?: string }
}

export interface PodSpec
  extends Some<
    V1PodSpec,
    | 'nodeName'
    | 'nodeSelector'
    | 'tolerations'
    | 'hostNetwork'
    | 'priorityClassName'
    | 'terminationGracePeriodSeconds'
    | 'os'
  > {
  readonly affinity?: { readonly nodeAffinity?: NodeAffinity }
  readonly containers?: readonly Container[]
  readonly volumes?: readonly Volume[]
}

export type Condition = Json<V1NodeCondition>

interface ContainerState {
  readonly waiting?: Some<V1ContainerStateWaiting, 'reason' | 'message'>
  readonly terminated?: Some<V1ContainerStateTerminated, 'reason' | 'message' | 'exitCode'>
}

/**
 * A container that waits for something or cannot run on its node. A message is kept only if it says
 * that the image is for another operating system or architecture, and then only that phrase.
 */
export interface ContainerStatus
  extends Some<V1ContainerStatus, 'name' | 'ready' | 'restartCount'> {
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

export interface Pod {
  readonly metadata: ObjectMeta
  readonly spec?: PodSpec
  readonly status?: Some<NonNullable<V1Pod['status']>, 'phase' | 'reason'> & {
    readonly conditions?: readonly Condition[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

export interface Node {
  readonly metadata: ObjectMeta
  readonly spec?: Some<NonNullable<V1Node['spec']>, 'taints' | 'unschedulable' | 'providerID'>
  readonly status?: Some<NonNullable<V1Node['status']>, 'conditions' | 'allocatable'> & {
    readonly nodeInfo?: { readonly kubeletVersion?: string }
  }
}

export interface DaemonSetStatus
  extends Some<
    V1DaemonSetStatus,
    | 'observedGeneration'
    | 'desiredNumberScheduled'
    | 'currentNumberScheduled'
    | 'numberMisscheduled'
    | 'numberReady'
    | 'numberAvailable'
    | 'numberUnavailable'
    | 'updatedNumberScheduled'
  > {}

export interface DaemonSet {
  readonly metadata: ObjectMeta
  readonly spec: Some<NonNullable<V1DaemonSet['spec']>, 'updateStrategy' | 'minReadySeconds'> & {
    readonly selector: LabelSelector | null
    readonly template: { readonly metadata?: Partial<ObjectMeta>; readonly spec?: PodSpec }
  }
  readonly status?: DaemonSetStatus
}

export interface ControllerRevision extends Some<V1ControllerRevision, 'revision'> {
  readonly metadata: ObjectMeta
  /** What the DaemonSet controller keeps: `{ spec: { template: … } }`. */
  readonly data?: { readonly spec?: { readonly template?: DaemonSet['spec']['template'] } }
}

export interface PodDisruptionBudget {
  readonly metadata: ObjectMeta
  readonly spec?: Some<
    NonNullable<V1PodDisruptionBudget['spec']>,
    'selector' | 'minAvailable' | 'maxUnavailable'
  >
  readonly status?: Some<
    NonNullable<V1PodDisruptionBudget['status']>,
    'disruptionsAllowed' | 'currentHealthy' | 'desiredHealthy'
  >
}

export interface Lease {
  readonly metadata: ObjectMeta
  readonly spec?: Some<
    NonNullable<V1Lease['spec']>,
    'holderIdentity' | 'leaseDurationSeconds' | 'renewTime'
  >
}

export interface Event
  extends Some<
    CoreV1Event,
    | 'reason'
    | 'message'
    | 'source'
    | 'reportingComponent'
    | 'firstTimestamp'
    | 'lastTimestamp'
    | 'eventTime'
    | 'count'
  > {
  readonly metadata: ObjectMeta
  readonly involvedObject: Some<
    CoreV1Event['involvedObject'],
    'kind' | 'namespace' | 'name' | 'uid'
  >
}

export interface Namespace {
  readonly metadata: ObjectMeta
}

/**
 * What was true of a cluster at one moment. Plain data: it can be saved, replayed, compared and attached to a bug report.
 * A list that could not be read is empty and named in `unreadable`; one that was never asked for is undefined.
 */
export interface Snapshot {
  /** RFC 3339. All ages and deadlines are judged against it: no pure room looks at a clock. */
  readonly takenAt: string
  /** `v1.33.2`, from `/version`. */
  readonly serverVersion?: string
  readonly daemonSets: readonly DaemonSet[]
  readonly nodes: readonly Node[]
  /** Pods of every namespace that was read, not of DaemonSets only: what blocks a drain is among them. */
  readonly pods: readonly Pod[]
  readonly controllerRevisions?: readonly ControllerRevision[]
  readonly namespaces?: readonly Namespace[]
  readonly podDisruptionBudgets?: readonly PodDisruptionBudget[]
  readonly leases?: readonly Lease[]
  readonly events?: readonly Event[]
  readonly featureGates?: FeatureGates
  /** OpenShift's Scheduler `cluster`, `spec.defaultNodeSelector`; undefined elsewhere or where it was not read. */
  readonly defaultNodeSelector?: string
  readonly unreadable: readonly Unreadable[]
}

export interface FeatureGates {
  readonly TaintTolerationComparisonOperators?: boolean
}

/** A list that was asked for and not had, e.g. `{ resource: 'nodes', reason: '403: … cannot list resource "nodes"' }`. */
export interface Unreadable {
  readonly resource: string
  readonly reason: string
}
/** Its presence proves `kubectl apply`; its value is the whole manifest, environment included, and is never kept. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
