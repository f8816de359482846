import type { Words } from '../../words/words.ts'
import type { NodeFacts, Suspect } from '../facts/facts.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import type { HeldBy } from '../findings/finding.ts'
import type { Offer } from '../remedies/remedies.ts'

/** Why a pod that the controller deletes is still there. One file in `causes/` each. */
export interface Hold {
  readonly id: HeldBy
  /** One line for the table of causes. */
  readonly title: string
  readonly holds: (suspect: Suspect) => boolean
  /** After "and its pods are still there: …". */
  readonly because: string
  readonly evidence: (suspect: Suspect) => Words
  /** What to do now, in order of preference. */
  readonly offers: (found: HeldPods) => readonly (Offer | undefined)[]
}

/** The pods of one finding, all held by the same. */
export interface HeldPods {
  readonly suspects: readonly [Suspect, ...Suspect[]]
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
}
