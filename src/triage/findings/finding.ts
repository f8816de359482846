import type { Words } from '../../words/words.ts'
import type { Ending } from '../holds/ending.ts'
import type { Remedy } from '../remedies/remedy.ts'

/**
 * What is wrong with one DaemonSet, and what to do about it. Plain data; it is stored with the
 * incident.
 */
export interface Finding {
  /** The cause, as docs/causes names it: `T4`. */
  readonly id: string
  readonly about: FindingSubject
  /**
   * The hold (`K4`): why the pod that the controller deletes is still there. null: the controller
   * does not delete it.
   */
  readonly heldBy: string | null
  /** The cause for machines and metrics, e.g. `node-not-ready`. */
  readonly cause: string
  /** The state that a cause may have, e.g. `draining`, `blocked`, `left-over`. */
  readonly variant: string | null
  /** The taint key or label key it depends on; null for causes of the DaemonSet itself. */
  readonly key: string | null
  /** The value of that taint, if it belongs to the root. */
  readonly value?: string
  readonly nodes: readonly string[]
  readonly pods: readonly string[]
  /** undefined: the finding is not about pods. */
  readonly presence?: Presence
  /**
   * Other causes fit too, because what would exclude them could not be read, or is in another
   * cluster.
   */
  readonly isOpen?: boolean
  readonly summary: Words
  /** What happens if nobody does anything: one or two sentences. */
  readonly ifIgnored: Words
  /** At most two sentences: how it comes about. */
  readonly why: Words
  /** For each node, what is wrong there. */
  readonly perNode: readonly { readonly node: string; readonly reason: Words }[]
  /** Each line follows from an object that was read. */
  readonly evidence: readonly Words[]
  /** Recommended ones first, then the tempting ones with why they are wrong. */
  readonly remedies: readonly Remedy[]
  /** What the verdict rests on and could not be read, and what is unknown without it. */
  readonly limits: readonly Words[]
  /**
   * DaemonSets with equal roots share an incident: `T4 ToBeDeletedByClusterAutoscaler` or
   * `T3 dedicated=gpu` for a cause on the node, `S1 node-7` for counts that one node left out of
   * date, `datadog/agent` for a cause of the DaemonSet.
   */
  readonly root: string
}

/**
 * Whether the pods of a finding still run. `failing`: none of them can. `unknown`: their nodes are
 * not Ready. The others say how they go on their own (`Ending`).
 */
export type Presence = 'running' | 'failing' | 'unknown' | Ending['kind']

/**
 * What a cause is about. `pods`: pods on nodes. `status`: the number in the DaemonSet's status,
 * which comes and goes with the controller's count while the pods stay as they are. `no-daemonset`:
 * there is no such DaemonSet in this cluster.
 */
export type FindingSubject = 'pods' | 'status' | 'no-daemonset'
