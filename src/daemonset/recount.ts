import type { DaemonSet, FeatureGates, Namespace, Node, Pod } from '../kubernetes/objects.ts'
import type { Reason } from './decide.ts'

/** The counts of `status`, recomputed. Unit: nodes. */
export interface Count {
  readonly desiredNumberScheduled: number
  readonly currentNumberScheduled: number
  readonly numberMisscheduled: number
  readonly numberReady: number
  readonly numberAvailable: number
  readonly numberUnavailable: number
}

export interface NodeVerdict {
  readonly name: string
  readonly shouldRun: boolean
  readonly shouldContinueRunning: boolean
  readonly misscheduled: boolean
  /** Names of the counted pods, in the controller's order. */
  readonly pods: readonly string[]
  readonly reasons: readonly Reason[]
}

export interface World {
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly namespaces?: readonly Namespace[]
  readonly defaultNodeSelector?: string
  readonly featureGates?: FeatureGates
  /** RFC 3339, for minReadySeconds. */
  readonly now: string
}

export interface Recount {
  readonly count: Count
  /** Every node of the world, in its order. */
  readonly nodes: readonly NodeVerdict[]
  /** Pods that the controller claims, on whatever node. */
  readonly claimed: readonly Pod[]
  /** Names of the pods that it would delete in its next sync (no surge, back-off idle). */
  readonly controllerDeletes: readonly string[]
  /** false: the controller writes no status now (deleting, `selector: {}`); the numbers are then the bare formula. */
  readonly statusWritten: boolean
}

export declare function recount(daemonSet: DaemonSet, world: World): Recount
