import type { DaemonSet, Snapshot } from './objects.ts'

/**
 * What a reading of the cluster is for. It has two stages, so that its cost follows the trouble and
 * not the cluster: who is wrong, then why.
 */
export interface Question {
  /**
   * Of all DaemonSets, those whose pods and ControllerRevisions the first stage reads. Nodes,
   * namespaces and DaemonSets are always read.
   */
  readonly daemonSets: (all: readonly DaemonSet[]) => readonly DaemonSet[]
  /** What the second stage reads, now that the first has shown who is wrong. */
  readonly details: (who: Snapshot) => Details
}

/** What the second stage reads besides the Leases of `kube-system`. */
export interface Details {
  /**
   * Nodes of which all pods, the Lease and the Events are read, and the PodDisruptionBudgets that
   * these pods may have.
   */
  readonly nodes: readonly string[]
  /** Namespaces in which Events of DaemonSets and pods are read. */
  readonly eventsIn: readonly string[]
  /** More pods. */
  readonly pods: readonly PodSelection[]
}

/** Pods of a namespace, or of all, with a `labelSelector` such as `app=descheduler`, or all. */
export interface PodSelection {
  readonly namespace?: string
  readonly labels?: string
}
