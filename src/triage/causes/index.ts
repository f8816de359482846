import type { PodCause } from '../findings/pod-cause.ts'
import type { AbsenceCause, StatusCause } from '../findings/status-cause.ts'
import { adoptedPod } from './o1-adopted-pod.ts'
import { overlappingSelectors } from './o2-overlapping-selectors.ts'
import { olderThanOwner } from './o3-older-than-owner.ts'
import { placementChanged } from './p1-placement-changed.ts'
import { labelChanged } from './p2-label-changed.ts'
import { invalidAffinity } from './p3-invalid-affinity.ts'
import { templateNodeName } from './p4-template-node-name.ts'
import { untoleratedNoExecute } from './p5-untolerated-noexecute.ts'
import { namespaceSelectorFails } from './p6-namespace-selector.ts'
import { recountMissed } from './s1-recount-missed.ts'
import { controllerNotWorking } from './s2-controller-not-working.ts'
import { statusFrozen } from './s3-status-frozen.ts'
import { metricLags } from './s4-metric-lags.ts'
import { otherCluster } from './s5-other-cluster.ts'
import { statusTooLow } from './s6-status-too-low.ts'
import { nodeNotReady } from './t1-node-not-ready.ts'
import { networkUnavailable } from './t2-network-unavailable.ts'
import { taintAddedLater } from './t3-taint-added-later.ts'
import { nodeGoingAway } from './t4-node-going-away.ts'
import { startUpTaint } from './t5-start-up-taint.ts'
import { boundBeforeTaint } from './t6-bound-before-taint.ts'
import { lostTolerationOnDelete } from './t7-lost-toleration.ts'
import { lostTolerationRollout } from './t8-lost-toleration-rollout.ts'
import { toleratedByPodOnly } from './t9-tolerated-by-pod-only.ts'
import { unboundPod } from './t10-unbound-pod.ts'
import { virtualNode } from './t11-virtual-node.ts'
import { comparisonOperator } from './t12-comparison-operator.ts'
import { unknownCause } from './unknown.ts'

/**
 * Every cause, in order of precedence: the first that fits names the finding, and a DaemonSet's
 * first finding names its incident. Findings about pods come before those about the status.
 */
export const CAUSES: readonly (PodCause | StatusCause | AbsenceCause)[] = [
  otherCluster,
  statusFrozen,
  adoptedPod,
  overlappingSelectors,
  olderThanOwner,
  invalidAffinity,
  templateNodeName,
  placementChanged,
  labelChanged,
  untoleratedNoExecute,
  namespaceSelectorFails,
  nodeGoingAway,
  nodeNotReady,
  networkUnavailable,
  startUpTaint,
  virtualNode,
  comparisonOperator,
  unboundPod,
  lostTolerationOnDelete,
  lostTolerationRollout,
  toleratedByPodOnly,
  boundBeforeTaint,
  taintAddedLater,
  unknownCause,
  controllerNotWorking,
  metricLags,
  recountMissed,
  statusTooLow,
]

/** The cause with this id. */
export function causeById(id: string): (typeof CAUSES)[number] | undefined {
  return CAUSES.find((cause) => cause.id === id)
}
