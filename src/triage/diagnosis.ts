import type { Count, NodeVerdict } from '../daemonset/recount.ts'
import type { DaemonSetStatus } from '../kubernetes/objects.ts'
import type { Owner } from '../ownership/ownership.ts'
import type { Words } from '../words/words.ts'
import type { Finding } from './findings/finding.ts'

/**
 * Everything known about one DaemonSet at one moment. Plain data; it is stored with the incident.
 */
export interface Diagnosis {
  readonly namespace: string
  readonly name: string
  /** RFC 3339: when the snapshot was taken. */
  readonly at: string
  /** false: the snapshot has no such DaemonSet. */
  readonly exists: boolean
  readonly uid?: string
  readonly status: DaemonSetStatus | null
  readonly recount: Count
  /** Misscheduled nodes, and nodes that should have a pod and have none. */
  readonly nodes: readonly NodeVerdict[]
  /** Names of the pods that the controller's next sync deletes. */
  readonly controllerDeletes: readonly string[]
  readonly findings: readonly Finding[]
  readonly owner: Owner
  /** Other pods on the node need its pods (network, volumes, devices), so no deletion is offered. */
  readonly isNeeded?: true
  /** What could not be read, and what is unknown without it. */
  readonly limits: readonly Words[]
}
