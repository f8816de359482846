import type { Pod } from '../kubernetes/objects.ts'
import { isAvailable, isReady } from './pod-state.ts'

/** The counts of `status`, recomputed. Unit: nodes. */
export interface Count {
  readonly desiredNumberScheduled: number
  readonly currentNumberScheduled: number
  readonly numberMisscheduled: number
  readonly numberReady: number
  readonly numberAvailable: number
  readonly numberUnavailable: number
}

/**
 * Adds up nodes as the controller does for `status`. A node that should not run the pod is outside every count but its own;
 * of several pods on one node only the first is looked at for readiness. `pods` holds each node's, in the controller's order.
 */
export function count(
  pods: readonly (readonly Pod[])[],
  shouldRun: (index: number) => boolean,
  minReadySeconds: number,
  now: string,
): Count {
  let [desired, current, misscheduled, ready, available] = [0, 0, 0, 0, 0]
  pods.forEach(([first], index) => {
    if (!shouldRun(index)) {
      if (first) misscheduled++
      return
    }
    desired++
    if (!first) return
    current++
    if (isReady(first)) ready++
    if (isAvailable(first, minReadySeconds, now)) available++
  })
  return {
    desiredNumberScheduled: desired,
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    numberReady: ready,
    numberAvailable: available,
    numberUnavailable: desired - available,
  }
}
