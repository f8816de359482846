import type { Change } from '../../daemonset/change.ts'
import type { SelectorRequirement } from '../../kubernetes/objects.ts'
import type { Words } from '../../words/words.ts'

/** All kinds of remedies (docs/architecture.md). */
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

/** The counts after a change, as `predict` computes them. */
export interface PredictedCounts {
  readonly numberMisscheduled: number
  readonly desiredNumberScheduled: number
  /**
   * Pods that the rollout of a changed template replaces; 0 under OnDelete or if the template does
   * not change.
   */
  readonly podsRestarted: number
}

/** A remedy as a cause proposes it, before it is simulated. */
export interface RemedyDraft {
  readonly kind: RemedyKind
  readonly horizon: 'now' | 'for-good'
  /** An imperative without a final period. */
  readonly title: Words
  /** Sentences. */
  readonly why: Words
  /** It looks right and is wrong here. */
  readonly tempting?: boolean
  /** It may be right, but the facts do not decide, so it must not be recommended. */
  readonly choice?: boolean
  /** Waiting that only bridges the time: the alert does not end until somebody makes a change. */
  readonly bridges?: true
  /**
   * Which answer to "Does it belong on these nodes?" it carries out, if nothing shows the answer.
   * For its horizon nothing is recommended then.
   */
  readonly answer?: Answer
  readonly commands?: readonly string[]
  readonly snippet?: string
  /** Where the snippet goes, if that is not where the tolerations go. A sentence. */
  readonly place?: Words
  /** What the snippet requires of nodes. */
  readonly placement?: Placement
  readonly change?: Change
  /** It repairs nodes: the nodes, so that several repairs become one. */
  readonly repair?: NodeRepair
}

/** Nodes that are not Ready, which somebody has to repair. Several are one job. */
export interface NodeRepair {
  readonly nodes: readonly {
    readonly name: string
    /** Its kubelet does not respond: only such a node may be gone for good. */
    readonly silent: boolean
  }[]
  /** Sentences on what a repair does besides; empty if nothing. */
  readonly effect: Words
}

/** Requirements on nodes, in addition to those of the template. */
export interface Placement {
  readonly selector?: Readonly<Record<string, string>>
  readonly requirements?: readonly SelectorRequirement[]
}

/** An answer to "Does it belong on these nodes?". */
export type Answer = 'yes' | 'no'

/** A remedy, simulated and ranked among the others of its finding. */
export interface Remedy {
  readonly kind: RemedyKind
  /** `now` resolves or bridges this incident; `for-good` prevents the next one. */
  readonly horizon: 'now' | 'for-good'
  /** At most one per horizon of a finding. */
  readonly recommended: boolean
  /**
   * true: it looks right and is wrong here. false, but not recommended: it may be right, and a
   * person has to decide.
   */
  readonly tempting: boolean
  /** Which answer to "Does it belong on these nodes?" it carries out; nothing shows which is true. */
  readonly answer?: Answer
  /** Waiting that only bridges the time: the alert does not end until somebody makes a change. */
  readonly bridges?: true
  /** An imperative without a final period, e.g. `Wait until the nodes are gone`. */
  readonly title: Words
  /** One or two sentences: why it is right or, if tempting, why it is wrong. */
  readonly why: Words
  /**
   * Sentences on what the simulation shows besides the count: nodes that get a pod, a rollout that
   * stops early.
   */
  readonly consequences?: Words
  /** How fast the rollout restarts pods, after their number: `1 at a time`. */
  readonly pace?: string
  readonly commands?: readonly string[]
  /** YAML to copy into the owner's values or resource. */
  readonly snippet?: string
  /** Where the snippet goes, if that is not where the tolerations go. A sentence. */
  readonly place?: Words
  /** The simulated change, which a button can make. */
  readonly change?: Change
  /** The nodes that it repairs. */
  readonly repair?: NodeRepair
  /** null: there is nothing to simulate (e.g. a node is repaired). */
  readonly predict: PredictedCounts | null
}
