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
  /** What else tells findings with this hold apart. */
  readonly split?: (misscheduling: Misscheduling) => string
  /** The rest of "The pods are still there: …"; `it` or `they` are the pods. */
  readonly because: (isOne: boolean, held: HeldPods) => string
  /** For a headline: that the pods are still there and why, now and once it is over. Clauses. */
  readonly clause: (held: HeldSubject) => { readonly now: Words; readonly past: Words }
  /** A few words for a table row. */
  readonly short: (misscheduling: Misscheduling) => string
  /** After the node's name; it begins with "pod". */
  readonly evidence: (misscheduling: Misscheduling) => Words
  /** What happens if nobody does anything: one or two sentences. */
  readonly ifIgnored: (held: HeldPods) => Words
  /** What to do now, in order of preference. */
  readonly drafts: (held: HeldPods) => readonly (RemedyDraft | undefined)[]
  /** What it rests on besides the pods. */
  readonly needs?: readonly Need[]
}

/** What a clause about held pods is about. */
export interface HeldSubject {
  /** "its pod", "pods of `agent`". */
  readonly pods: Words
  readonly isOne: boolean
  readonly nodes: readonly string[]
  /** Whether none of the nodes is Ready. */
  readonly isDown: boolean
}

/** The pods of one finding, all with the same hold. */
export interface HeldPods {
  readonly misschedulings: readonly [Misscheduling, ...Misscheduling[]]
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
}
