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

/** What is counted of one node. */
export interface CountedNode {
  readonly shouldRun: boolean
  /** In the controller's order: only the first is looked at for readiness. */
  readonly pods: readonly Pod[]
}

/** Adds up nodes as the controller does for `status`. A node that should not run the pod is outside every count but its own. */
export function count(nodes: Iterable<CountedNode>, minReadySeconds: number, now: string): Count {
  let [desired, current, misscheduled, ready, available] = [0, 0, 0, 0, 0]
  for (const { shouldRun, pods } of nodes) {
    const [first] = pods
    if (!shouldRun) {
      if (first) misscheduled++
      continue
    }
    desired++
    if (!first) continue
    current++
    if (isReady(first)) ready++
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
