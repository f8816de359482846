import type {
  Condition,
  Container,
  ControllerRevision,
  DaemonSet,
  DaemonSetStatus,
  Event,
  LabelSelector,
  Lease,
  Namespace,
  Node,
  NodeAffinity,
  NodeSelectorTerm,
  ObjectMeta,
  OwnerReference,
  Pod,
  PodDisruptionBudget,
  PodSpec,
  SelectorRequirement,
  Taint,
  Toleration,
  Volume,
} from '../objects.ts'
import {
  type Fields,
  flag,
  intOrString,
  list,
  number,
  object,
  type Projection,
  quantityMap,
  record,
  required,
  text,
  textMap,
} from '../project.ts'
import { knownAnnotations } from './annotations.ts'
import { managers, placementManagers } from './managed-fields.ts'

const ownerReference = object<OwnerReference>({
  apiVersion: text,
  kind: required(text),
  name: required(text),
  uid: text,
  controller: flag,
})

const metadataFields: Fields<ObjectMeta> = {
  name: required(text),
  namespace: text,
  uid: text,
  generateName: text,
  generation: number,
  resourceVersion: text,
  creationTimestamp: text,
  deletionTimestamp: text,
  deletionGracePeriodSeconds: number,
  labels: textMap,
  annotations: knownAnnotations,
  finalizers: list(text),
  ownerReferences: list(ownerReference),
  managedFields: () => undefined,
}

/** Without managedFields: nobody asks who wrote a Lease. */
const plainMetadata = object<ObjectMeta>(metadataFields)
const placedMetadata = object<ObjectMeta>({ ...metadataFields, managedFields: placementManagers })
const managedMetadata = object<ObjectMeta>({ ...metadataFields, managedFields: managers })
const templateMetadata = object<Partial<ObjectMeta>>({ ...metadataFields, name: text })

const taint = object<Taint>({
  key: required(text),
  value: text,
  effect: required(text),
  timeAdded: text,
})

const toleration = object<Toleration>({
  key: text,
  operator: text,
  value: text,
  effect: text,
  tolerationSeconds: number,
})

const requirement = object<SelectorRequirement>({
  key: required(text),
  operator: required(text),
  values: list(text),
})

const labelSelector = object<LabelSelector>({
  matchLabels: textMap,
  matchExpressions: list(requirement),
})

/** A null term is an empty one, which matches nothing; dropping it would do the same, but not keep the positions. */
const selectorTerm: Projection<NodeSelectorTerm> = (value) => termFields(value ?? {})
const termFields = object<NodeSelectorTerm>({
  matchExpressions: list(requirement),
  matchFields: list(requirement),
})

const nodeAffinity = object<NodeAffinity>({
  requiredDuringSchedulingIgnoredDuringExecution: object<{
    readonly nodeSelectorTerms?: readonly NodeSelectorTerm[]
  }>({
    nodeSelectorTerms: list(selectorTerm),
  }),
})

const container = object<Container>({
  name: text,
  image: text,
  resources: object<NonNullable<Container['resources']>>({ requests: quantityMap }),
})

const hostVolume = object<Volume>({
  name: text,
  hostPath: object<NonNullable<Volume['hostPath']>>({ path: text }),
})

const podSpec = object<PodSpec>({
  nodeName: text,
  nodeSelector: textMap,
  affinity: object<NonNullable<PodSpec['affinity']>>({ nodeAffinity }),
  tolerations: list(toleration),
  hostNetwork: flag,
  priorityClassName: text,
  terminationGracePeriodSeconds: number,
  containers: list(container),
  // Of the volumes only those of the host are read: they show what a pod serves.
  volumes: (value) => {
    const host = list(hostVolume)(value)?.filter((volume) => volume.hostPath !== undefined)
    return host?.length ? host : undefined
  },
})

const condition = object<Condition>({
  type: required(text),
  status: required(text),
  reason: text,
  message: text,
  lastTransitionTime: text,
  lastHeartbeatTime: text,
})

const template = object<DaemonSet['spec']['template']>({
  metadata: templateMetadata,
  spec: podSpec,
})

const daemonSetStatus = object<DaemonSetStatus>({
  observedGeneration: number,
  desiredNumberScheduled: number,
  currentNumberScheduled: number,
  numberMisscheduled: number,
  numberReady: number,
  numberAvailable: number,
  numberUnavailable: number,
  updatedNumberScheduled: number,
})

const daemonSet = object<DaemonSet>({
  metadata: required(managedMetadata),
  spec: required(
    object<DaemonSet['spec']>({
      // Absent and `{}` differ: the first matches no pod, the second all.
      selector: (value) => labelSelector(value) ?? null,
      template: required(template),
      updateStrategy: object<NonNullable<DaemonSet['spec']['updateStrategy']>>({
        type: text,
        rollingUpdate: object<
          NonNullable<NonNullable<DaemonSet['spec']['updateStrategy']>['rollingUpdate']>
        >({
          maxUnavailable: intOrString,
          maxSurge: intOrString,
        }),
      }),
      minReadySeconds: number,
    }),
  ),
  status: daemonSetStatus,
})

const node = object<Node>({
  metadata: required(placedMetadata),
  spec: object<NonNullable<Node['spec']>>({
    taints: list(taint),
    unschedulable: flag,
    providerID: text,
  }),
  status: object<NonNullable<Node['status']>>({
    conditions: list(condition),
    allocatable: quantityMap,
    nodeInfo: object<{ readonly kubeletVersion?: string }>({ kubeletVersion: text }),
  }),
})

const pod = object<Pod>({
  metadata: required(placedMetadata),
  spec: podSpec,
  status: object<NonNullable<Pod['status']>>({
    phase: text,
    conditions: list(condition),
    reason: text,
  }),
})

const controllerRevision = object<ControllerRevision>({
  metadata: required(plainMetadata),
  revision: number,
  data: object<NonNullable<ControllerRevision['data']>>({
    spec: object<NonNullable<NonNullable<ControllerRevision['data']>['spec']>>({ template }),
  }),
})

const namespace = object<Namespace>({ metadata: required(plainMetadata) })

const podDisruptionBudget = object<PodDisruptionBudget>({
  metadata: required(plainMetadata),
  spec: object<NonNullable<PodDisruptionBudget['spec']>>({
    selector: labelSelector,
    minAvailable: intOrString,
    maxUnavailable: intOrString,
  }),
  status: object<NonNullable<PodDisruptionBudget['status']>>({
    disruptionsAllowed: number,
    currentHealthy: number,
    desiredHealthy: number,
  }),
})

const lease = object<Lease>({
  metadata: required(plainMetadata),
  spec: object<NonNullable<Lease['spec']>>({
    holderIdentity: text,
    leaseDurationSeconds: number,
    renewTime: text,
  }),
})

const event = object<Event>({
  metadata: required(plainMetadata),
  involvedObject: required(
    object<Event['involvedObject']>({ kind: text, namespace: text, name: text, uid: text }),
  ),
  reason: text,
  message: text,
  source: object<NonNullable<Event['source']>>({ component: text, host: text }),
  reportingComponent: text,
  firstTimestamp: text,
  lastTimestamp: text,
  eventTime: text,
  count: number,
})

/** `apps/v1`. These keep all managers: who else writes the object is asked of DaemonSets alone. */
export const reduceDaemonSet = required(daemonSet)
export const reduceNode = required(node)
export const reducePod = required(pod)
export const reduceNamespace = required(namespace)
export const reducePodDisruptionBudget = required(podDisruptionBudget)
export const reduceLease = required(lease)

/** undefined: another controller's, such as a StatefulSet's. One without a controller is kept: a DaemonSet may have left it behind. */
export const reduceControllerRevision: Projection<ControllerRevision> = (value) => {
  const revision = controllerRevision(value)
  const owner = revision?.metadata.ownerReferences?.find((reference) => reference.controller)
  return owner === undefined || owner.kind === 'DaemonSet' ? revision : undefined
}

/** core/v1's form of either API's event; what a series adds stands where the older fields are empty. */
export const reduceEvent: Projection<Event> = (value) => {
  const raw = record(value)
  const series = raw.series === undefined || raw.series === null ? {} : record(raw.series)
  return event({
    ...raw,
    involvedObject: raw.involvedObject ?? raw.regarding,
    message: raw.message ?? raw.note,
    source: raw.source ?? raw.deprecatedSource,
    reportingComponent: raw.reportingComponent || raw.reportingController,
    firstTimestamp: raw.firstTimestamp ?? raw.deprecatedFirstTimestamp,
    lastTimestamp: raw.lastTimestamp ?? raw.deprecatedLastTimestamp ?? series.lastObservedTime,
    count: raw.count ?? raw.deprecatedCount ?? series.count,
  })
}
