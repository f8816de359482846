import type { Words } from '../../words/words.ts'
import type { Misscheduling, NodeFacts } from '../facts/facts.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import type { RemedyDraft } from '../remedies/remedies.ts'

/** Why a pod that the controller deletes is still there. One file in `causes/` each. */
export interface Hold {
  readonly id: HeldBy
  /** One line for the table of causes. */
  readonly title: string
  readonly holds: (misscheduling: Misscheduling) => boolean
  /** After "and its pods are still there: …". */
  readonly because: string
  readonly evidence: (misscheduling: Misscheduling) => Words
  /** What to do now, in order of preference. */
  readonly drafts: (found: HeldPods) => readonly (RemedyDraft | undefined)[]
}

/** The pods of one finding, all held by the same. */
export interface HeldPods {
  readonly misschedulings: readonly [Misscheduling, ...Misscheduling[]]
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
}
export type HeldBy = `K${1 | 2 | 3 | 4 | 5 | 6}`
