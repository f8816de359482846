import type { Count, NodeVerdict } from '../daemonset/recount.ts'
import type { DaemonSetStatus } from '../kubernetes/objects.ts'
import type { Owner } from '../ownership/ownership.ts'
import type { Words } from '../words/words.ts'
import type { Finding } from './findings/finding.ts'
/** Everything known about one DaemonSet at one moment. Plain data; it is stored with the incident. */
export interface Diagnosis {
  readonly namespace: string
  readonly name: string
  /** RFC 3339, the snapshot's. */
  readonly at: string
  /** false: there is no such DaemonSet. */
  readonly exists: boolean
  readonly uid?: string
  readonly status: DaemonSetStatus | null
  readonly recount: Count
  /** Misscheduled nodes, and those that lack their pod. */
  readonly nodes: readonly NodeVerdict[]
  readonly controllerDeletes: readonly string[]
  readonly findings: readonly Finding[]
  readonly owner: Owner
  /** What could not be read and what therefore stays open, in words. */
  readonly limits: readonly Words[]
}

/** DaemonSets with one root cause. */
export interface IncidentGroup {
  readonly root: string
  readonly daemonSets: readonly string[]
  readonly nodes: readonly string[]
  readonly headline: Words
}
