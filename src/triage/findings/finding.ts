import type { Words } from '../../words/words.ts'
import type { HeldBy } from '../holds/hold.ts'
import type { Remedy } from '../remedies/remedy.ts'

/** Ids of docs/causes: T (only NoSchedule fails), P (the controller deletes), O (ownership), S (the number itself), and `unknown`. */
export type CauseId = `${'T' | 'P' | 'O' | 'S'}${number}` | 'unknown'

export interface Finding {
  readonly id: CauseId
  /** Class P only: why the pod is still there. */
  readonly heldBy: HeldBy | null
  /** A word for machines and metrics, e.g. `node-not-ready`. */
  readonly cause: string
  /** The state that a cause may have, e.g. `draining`, `blocked`, `left-over`. */
  readonly variant: string | null
  /** What it hangs on: the taint key or the label key; null for causes of the DaemonSet itself. */
  readonly key: string | null
  readonly nodes: readonly string[]
  readonly pods: readonly string[]
  readonly summary: Words
  /** At most two sentences: the mechanism behind it. */
  readonly why: Words
  /** Per node, what is wrong there. */
  readonly perNode: readonly { readonly node: string; readonly reason: Words }[]
  /** Each line follows from an object that was read. */
  readonly evidence: readonly Words[]
  /** Recommended ones first, then the tempting ones with why they are wrong. */
  readonly remedies: readonly Remedy[]
  /** What makes two DaemonSets one incident: `T4 ToBeDeletedByClusterAutoscaler` on the node's side, `datadog/agent` on its own. */
  readonly root: string
}
