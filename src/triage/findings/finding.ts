import type { Change } from '../../daemonset/predict.ts'
import type { Count, NodeVerdict } from '../../daemonset/recount.ts'
import type { DaemonSetStatus } from '../../kubernetes/objects.ts'
import type { Owner } from '../../ownership/ownership.ts'
import type { Words } from '../../words/words.ts'

/** The closed list of answers (docs/architecture.md); each cause ranks the ones that its facts call for. */
export type RemedyKind =
  | 'mend-node'
  | 'repair-controller'
  | 'unblock-drain'
  | 'unblock-rollout'
  | 'restore-label'
  | 'wait'
  | 'tolerate'
  | 'change-placement'
  | 'delete-pod'
  | 'remove-finalizer'
  | 'separate-owners'
  | 'remove-taint'
  | 'register-with-taints'
  | 'upgrade'
  | 'recount'
  | 'none'

export interface Prediction {
  readonly numberMisscheduled: number
  readonly desiredNumberScheduled: number
  /** Pods that the roll-out of a changed template replaces; 0 where the template stays or the strategy is OnDelete. */
  readonly podsRestarted: number
}

export interface Remedy {
  readonly kind: RemedyKind
  /** `now` ends or bridges this incident; `for-good` keeps it from coming back. */
  readonly horizon: 'now' | 'for-good'
  /** At most one for each horizon of a finding. */
  readonly recommended: boolean
  /** true: it looks right and is wrong here. false, not recommended: a fair choice that somebody else may have to make. */
  readonly tempting: boolean
  /** The answer as an imperative, e.g. `Wait until the nodes are gone`. */
  readonly title: Words
  /** One or two sentences: why it is right, or, where not recommended, why the tempting answer is wrong. */
  readonly why: Words
  /** What the trial shows beside the count: nodes that newly get a pod, a roll-out that stops half-way. Sentences. */
  readonly consequences?: Words
  /** How fast the roll-out restarts pods, after their number: `1 at a time`. */
  readonly pace?: string
  /** What to type, where typing is the answer. */
  readonly commands?: readonly string[]
  /** YAML to copy into the owner's values or resource, where that is the lasting fix. */
  readonly snippet?: string
  /** The change that was simulated, and that a button would make. */
  readonly change?: Change
  /** null: nothing to simulate (a node is mended, a controller repaired). */
  readonly predict: Prediction | null
}

/** Ids of docs/causes: T (only NoSchedule fails), P (the controller deletes), O (ownership), S (the number itself), and `unknown`. */
export type CauseId = `${'T' | 'P' | 'O' | 'S'}${number}` | 'unknown'
export type HeldBy = `K${1 | 2 | 3 | 4 | 5 | 6}`

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
