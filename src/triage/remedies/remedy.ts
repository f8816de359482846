import type { Change } from '../../daemonset/change.ts'
import type { Words } from '../../words/words.ts'
/** The closed list of answers (docs/architecture.md); each cause ranks the ones that its facts call for. */
export type RemedyKind =
  | 'fix-node'
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
export interface PredictedCounts {
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
  readonly predict: PredictedCounts | null
}
