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

/** What is counted of nodes, by their place in a list of this size. */
export interface CountedNodes {
  readonly size: number
  readonly shouldRun: (index: number) => boolean
  /** The first in the controller's order: of several pods on one node only it is looked at for readiness. */
  readonly firstPod: (index: number) => Pod | undefined
}

/** Adds up nodes as the controller does for `status`. A node that should not run the pod is outside every count but its own. */
export function count(
  { size, shouldRun, firstPod }: CountedNodes,
  minReadySeconds: number,
  now: string,
): Count {
  let [desired, current, misscheduled, ready, available] = [0, 0, 0, 0, 0]
  for (let index = 0; index < size; index++) {
    const first = firstPod(index)
    if (!shouldRun(index)) {
      if (first) misscheduled++
      continue
    }
    desired++
    if (!first) continue
    current++
    if (!isReady(first)) continue
    ready++
    if (isAvailable(first, minReadySeconds, now)) available++
  }
  return {
    desiredNumberScheduled: desired,
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    numberReady: ready,
    numberAvailable: available,
    numberUnavailable: desired - available,
  }
}
