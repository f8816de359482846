import type * as api from '@kubernetes/client-node'

/*
 * Kubernetes objects in JSON, reduced to the fields that are read. Names, types and documentation
 * of fields come from the generated classes of client-node, of which no code is loaded or bundled.
 */

/** A generated type as JSON: read-only, with times as RFC 3339 strings. */
type Json<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Json<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Json<T[K]> }
      : T
/** Fields that may be absent. */
type Some<T, K extends keyof T> = Json<Partial<Pick<T, K>>>
/** Fields that the API always sets. */
type Always<T, K extends keyof T> = Json<Required<Pick<T, K>>>

/** The object that owns another. */
export interface OwnerReference
  extends Always<api.V1OwnerReference, 'kind' | 'name'>,
    Some<api.V1OwnerReference, 'apiVersion' | 'uid' | 'controller'> {}

/** Who wrote which fields, and when. */
export interface ManagedFieldsEntry
  extends Some<api.V1ManagedFieldsEntry, 'manager' | 'operation' | 'time' | 'subresource'> {
  /** A tree such as `{ 'f:spec': { 'f:taints': {} } }`. Only what concerns placement is kept. */
  readonly fieldsV1?: Readonly<Record<string, unknown>>
}

/** Metadata. `deletionTimestamp` includes the grace period: the request came that much earlier. */
export interface ObjectMeta
  extends Always<api.V1ObjectMeta, 'name'>,
    Some<
      api.V1ObjectMeta,
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

/** A node's taint. */
export type Taint = Json<api.V1Taint>
/** A pod's toleration. An absent operator means Equal; an absent key with Exists, every taint. */
export type Toleration = Json<api.V1Toleration>
/** `{}` matches everything. */
export type LabelSelector = Json<api.V1LabelSelector>
/** One expression of a selector, also of a node selector, where Gt and Lt exist. */
export type SelectorRequirement = NonNullable<LabelSelector['matchExpressions']>[number]
/** All of its expressions must match. An empty term matches nothing. */
export type NodeSelectorTerm = Json<api.V1NodeSelectorTerm>

/** Required node affinity: one of the terms must match. */
export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: {
    readonly nodeSelectorTerms?: readonly NodeSelectorTerm[]
  }
}

/** A container without its environment, arguments and mounts. */
export interface Container extends Some<api.V1Container, 'name' | 'image'> {
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
}

/** A hostPath volume; others are not kept. */
export interface Volume extends Some<api.V1Volume, 'name'> {
  readonly hostPath?: { readonly path?: string }
}

/** A pod's spec, or a template's. */
export interface PodSpec
  extends Some<
    api.V1PodSpec,
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

/** A condition of a node or, without a heartbeat, of a pod. */
export type Condition = Json<api.V1NodeCondition>

interface ContainerState {
  readonly waiting?: Some<api.V1ContainerStateWaiting, 'reason' | 'message'>
  readonly terminated?: Some<api.V1ContainerStateTerminated, 'reason' | 'message' | 'exitCode'>
}

/**
 * A container that waits for something or cannot run on its node. A message is kept only if it says
 * that the image is for another operating system or architecture, and then only that phrase.
 */
export interface ContainerStatus
  extends Some<api.V1ContainerStatus, 'name' | 'ready' | 'restartCount'> {
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

/** A pod. */
export interface Pod {
  readonly metadata: ObjectMeta
  readonly spec?: PodSpec
  readonly status?: Some<api.V1PodStatus, 'phase' | 'reason'> & {
    readonly conditions?: readonly Condition[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

/** A node. */
export interface Node {
  readonly metadata: ObjectMeta
  readonly spec?: Some<api.V1NodeSpec, 'taints' | 'unschedulable' | 'providerID'>
  readonly status?: Some<api.V1NodeStatus, 'conditions' | 'allocatable'> & {
    readonly nodeInfo?: { readonly kubeletVersion?: string }
  }
}

/** The controller's last count. Absent numbers are 0. */
export interface DaemonSetStatus
  extends Partial<Json<Omit<api.V1DaemonSetStatus, 'collisionCount' | 'conditions'>>> {}

/** A DaemonSet. */
export interface DaemonSet {
  readonly metadata: ObjectMeta
  readonly spec: Some<api.V1DaemonSetSpec, 'updateStrategy' | 'minReadySeconds'> & {
    /** null: absent, which matches no pod. */
    readonly selector: LabelSelector | null
    readonly template: { readonly metadata?: Partial<ObjectMeta>; readonly spec?: PodSpec }
  }
  readonly status?: DaemonSetStatus
}

/** An earlier or the present template of a DaemonSet. */
export interface ControllerRevision extends Some<api.V1ControllerRevision, 'revision'> {
  readonly metadata: ObjectMeta
  /** The patch that restores it. */
  readonly data?: { readonly spec?: { readonly template?: DaemonSet['spec']['template'] } }
}

/** A budget that may stop an eviction. */
export interface PodDisruptionBudget {
  readonly metadata: ObjectMeta
  readonly spec?: Some<
    api.V1PodDisruptionBudgetSpec,
    'selector' | 'minAvailable' | 'maxUnavailable'
  >
  readonly status?: Some<
    api.V1PodDisruptionBudgetStatus,
    'disruptionsAllowed' | 'currentHealthy' | 'desiredHealthy'
  >
}

/** The heartbeat of a kubelet or of a control-plane component. */
export interface Lease {
  readonly metadata: ObjectMeta
  readonly spec?: Some<api.V1LeaseSpec, 'holderIdentity' | 'leaseDurationSeconds' | 'renewTime'>
}

/** An event in core/v1's form. `lastTimestamp` may be absent if `eventTime` is set. */
export interface Event
  extends Some<
    api.CoreV1Event,
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
  readonly involvedObject: Some<api.V1ObjectReference, 'kind' | 'namespace' | 'name' | 'uid'>
}

/** A namespace. Its annotations may hold a node selector. */
export interface Namespace {
  readonly metadata: ObjectMeta
}

/**
 * A cluster at one moment, as plain data that can be saved, replayed and attached to a bug report.
 * A list that could not be read is empty and named in `unreadable`; one that was not requested is
 * undefined.
 */
export interface Snapshot {
  /** RFC 3339. Ages and deadlines are relative to it. */
  readonly takenAt: string
  /** `v1.33.2`, from `/version`. */
  readonly serverVersion?: string
  readonly daemonSets: readonly DaemonSet[]
  readonly nodes: readonly Node[]
  /**
   * Those of the DaemonSets in question, and all on nodes where one is misscheduled: others may
   * block a drain.
   */
  readonly pods: readonly Pod[]
  readonly controllerRevisions?: readonly ControllerRevision[]
  readonly namespaces?: readonly Namespace[]
  readonly podDisruptionBudgets?: readonly PodDisruptionBudget[]
  readonly leases?: readonly Lease[]
  readonly events?: readonly Event[]
  readonly featureGates?: FeatureGates
  /** Of OpenShift's Scheduler `cluster`. undefined: not OpenShift, or not readable. */
  readonly defaultNodeSelector?: string
  readonly unreadable: readonly Unreadable[]
}

/** Feature gates that change a count. Absent: unknown, and the default of the version counts. */
export interface FeatureGates {
  readonly TaintTolerationComparisonOperators?: boolean
}

/**
 * A list that could not be read: `{ resource: 'nodes', reason: '403 Forbidden: nodes is forbidden:
 * …' }`.
 */
export interface Unreadable {
  readonly resource: string
  readonly reason: string
}

/**
 * Annotation of `kubectl apply`. Its value is the whole manifest with its environment, and is not
 * kept.
 */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
