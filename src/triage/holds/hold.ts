import type { Words } from '../../words/words.ts'
import type { Misscheduling, NodeFacts } from '../facts/facts.ts'
import type { Need } from '../facts/needs.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

/** Why a pod that the controller deletes is still there. */
export interface Hold {
  /** As docs/causes names it: `K4`. */
  readonly id: string
  /** One line for the table of causes. */
  readonly title: string
  readonly fits: (misscheduling: Misscheduling) => boolean
  /** The rest of "The pods are still there: …" and of "…, but …"; `they` are the pods. */
  readonly because: string
  /** A few words for a table row. */
  readonly short: string
  readonly evidence: (misscheduling: Misscheduling) => Words
  /** What happens if nobody does anything: one or two sentences. */
  readonly ifIgnored: (held: HeldPods) => Words
  /** What to do now, in order of preference. */
  readonly drafts: (held: HeldPods) => readonly (RemedyDraft | undefined)[]
  /** What it rests on besides the pods. */
  readonly needs?: readonly Need[]
}

/** The pods of one finding, all with the same hold. */
export interface HeldPods {
  readonly misschedulings: readonly [Misscheduling, ...Misscheduling[]]
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
}
