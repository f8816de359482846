import type {
  Condition,
  ControllerRevision,
  DaemonSet,
  DaemonSetStatus,
  Event,
  Lease,
  Namespace,
  Node,
  Pod,
  PodDisruptionBudget,
  Taint,
} from '../objects.ts'
import {
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
} from '../projection.ts'
import { failingContainers } from './container-status.ts'
import { ownedMetadata, placedMetadata, plainMetadata, templateMetadata } from './metadata.ts'
import { labelSelector, podSpec } from './pod-spec.ts'

const taint = object<Taint>({
  key: required(text),
  value: text,
  effect: required(text),
  timeAdded: text,
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
  metadata: required(ownedMetadata),
  spec: required(
    object({
      // An absent selector matches no pod, `{}` matches all.
      selector: (value) => labelSelector(value) ?? null,
      template: required(template),
      updateStrategy: object({
        type: text,
        rollingUpdate: object({
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
  spec: object({
    taints: list(taint),
    unschedulable: flag,
    providerID: text,
  }),
  status: object({
    conditions: list(condition),
    allocatable: quantityMap,
    nodeInfo: object({ kubeletVersion: text }),
  }),
})

const pod = object<Pod>({
  metadata: required(placedMetadata),
  spec: podSpec,
  status: object({
    phase: text,
    conditions: list(condition),
    reason: text,
    initContainerStatuses: failingContainers,
    containerStatuses: failingContainers,
  }),
})

const controllerRevision = object<ControllerRevision>({
  metadata: required(plainMetadata),
  revision: number,
  data: object({
    spec: object({ template }),
  }),
})

const namespace = object<Namespace>({ metadata: required(plainMetadata) })

const podDisruptionBudget = object<PodDisruptionBudget>({
  metadata: required(plainMetadata),
  spec: object({
    selector: labelSelector,
    minAvailable: intOrString,
    maxUnavailable: intOrString,
  }),
  status: object({
    disruptionsAllowed: number,
    currentHealthy: number,
    desiredHealthy: number,
  }),
})

const lease = object<Lease>({
  metadata: required(plainMetadata),
  spec: object({
    holderIdentity: text,
    leaseDurationSeconds: number,
    renewTime: text,
  }),
})

const event = object<Event>({
  metadata: required(plainMetadata),
  involvedObject: required(object({ kind: text, namespace: text, name: text, uid: text })),
  reason: text,
  message: text,
  source: object({ component: text, host: text }),
  reportingComponent: text,
  firstTimestamp: text,
  lastTimestamp: text,
  eventTime: text,
  count: number,
})

/**
 * A DaemonSet with all its managedFields entries. Throws ShapeError, as do the projections below.
 */
export const reduceDaemonSet = required(daemonSet)
/** A Node. */
export const reduceNode = required(node)
/** A Pod without environment, arguments and secrets. */
export const reducePod = required(pod)
/** A Namespace. */
export const reduceNamespace = required(namespace)
/** A PodDisruptionBudget of policy/v1. */
export const reducePodDisruptionBudget = required(podDisruptionBudget)
/** A Lease of a kubelet or of a control-plane component. */
export const reduceLease = required(lease)

/**
 * A ControllerRevision of a DaemonSet; undefined for one of a StatefulSet. One without a controller
 * is kept, since its DaemonSet may have been deleted with --cascade=orphan.
 */
export const reduceControllerRevision: Projection<ControllerRevision> = (value) => {
  const revision = controllerRevision(value)
  const owner = revision?.metadata.ownerReferences?.find((reference) => reference.controller)
  return owner === undefined || owner.kind === 'DaemonSet' ? revision : undefined
}

/** An Event of core/v1 or events.k8s.io in core/v1's form. A series fills in empty older fields. */
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
