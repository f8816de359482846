/**
 * The Kubernetes API's own JSON form, reduced to the fields that anything here reads.
 * Times are RFC 3339 strings, as `kubectl -o json` prints them. Absent and `null` mean the same.
 */

export interface OwnerReference {
  readonly apiVersion?: string
  readonly kind: string
  readonly name: string
  readonly uid?: string
  readonly controller?: boolean
}

export interface ManagedFieldsEntry {
  readonly manager?: string
  readonly operation?: string
  readonly time?: string
  readonly subresource?: string
  readonly fieldsV1?: Readonly<Record<string, unknown>>
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly generateName?: string
  readonly generation?: number
  readonly resourceVersion?: string
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  /** Seconds. `deletionTimestamp` already includes them: the request came this long before it. */
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly ManagedFieldsEntry[]
}

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
  readonly timeAdded?: string
}

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

export interface SelectorRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly SelectorRequirement[]
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly SelectorRequirement[]
  readonly matchFields?: readonly SelectorRequirement[]
}

export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: {
    readonly nodeSelectorTerms?: readonly NodeSelectorTerm[]
  }
}

export interface Container {
  readonly name?: string
  readonly image?: string
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
}

export interface Volume {
  readonly name?: string
  readonly hostPath?: { readonly path?: string }
}

export interface PodSpec {
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly affinity?: { readonly nodeAffinity?: NodeAffinity }
  readonly tolerations?: readonly Toleration[]
  readonly hostNetwork?: boolean
  readonly priorityClassName?: string
  readonly terminationGracePeriodSeconds?: number
  readonly containers?: readonly Container[]
  readonly volumes?: readonly Volume[]
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
  readonly lastHeartbeatTime?: string
}

export interface Pod {
  readonly metadata: ObjectMeta
  readonly spec?: PodSpec
  readonly status?: {
    readonly phase?: string
    readonly conditions?: readonly Condition[]
    readonly reason?: string
  }
}

export interface Node {
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly taints?: readonly Taint[]
    readonly unschedulable?: boolean
    readonly providerID?: string
  }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly allocatable?: Readonly<Record<string, string>>
    readonly nodeInfo?: { readonly kubeletVersion?: string }
  }
}

export interface DaemonSetStatus {
  readonly observedGeneration?: number
  readonly desiredNumberScheduled?: number
  readonly currentNumberScheduled?: number
  readonly numberMisscheduled?: number
  readonly numberReady?: number
  readonly numberAvailable?: number
  readonly numberUnavailable?: number
  readonly updatedNumberScheduled?: number
}

export interface DaemonSet {
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly selector: LabelSelector | null
    readonly template: { readonly metadata?: Partial<ObjectMeta>; readonly spec?: PodSpec }
    readonly updateStrategy?: {
      readonly type?: string
      readonly rollingUpdate?: {
        readonly maxUnavailable?: number | string
        readonly maxSurge?: number | string
      }
    }
    /** Seconds a pod must be Ready before it counts as available. */
    readonly minReadySeconds?: number
  }
  readonly status?: DaemonSetStatus
}

export interface ControllerRevision {
  readonly metadata: ObjectMeta
  readonly revision?: number
  /** What the DaemonSet controller keeps: `{ spec: { template: … } }`. */
  readonly data?: { readonly spec?: { readonly template?: DaemonSet['spec']['template'] } }
}

export interface PodDisruptionBudget {
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly selector?: LabelSelector
    readonly minAvailable?: number | string
    readonly maxUnavailable?: number | string
  }
  readonly status?: {
    readonly disruptionsAllowed?: number
    readonly currentHealthy?: number
    readonly desiredHealthy?: number
  }
}

export interface Lease {
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly renewTime?: string
  }
}

/** core/v1 Event, whose own `lastTimestamp` may be null where only `eventTime` is set. */
export interface Event {
  readonly metadata: ObjectMeta
  readonly involvedObject: {
    readonly kind?: string
    readonly namespace?: string
    readonly name?: string
    readonly uid?: string
  }
  readonly reason?: string
  readonly message?: string
  readonly source?: { readonly component?: string; readonly host?: string }
  readonly reportingComponent?: string
  readonly firstTimestamp?: string
  readonly lastTimestamp?: string
  readonly eventTime?: string
  readonly count?: number
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
