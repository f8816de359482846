import type { Taint } from '../../kubernetes/objects.ts'
import { joined, sentence, type Words } from '../../words/words.ts'
import type { DaemonSetFacts, Misscheduling, NodeFacts } from '../facts/facts.ts'

/** Something that shows whether a DaemonSet belongs on tainted nodes. */
export interface Clue {
  readonly side: 'for' | 'against'
  /**
   * 3: what the pods do there, or what the template asks of the machine. 2: what templates say of
   * this taint or pool. 1: a general sign.
   */
  readonly weight: 1 | 2 | 3
  /** A clause without a final period; "it" is the DaemonSet. */
  readonly words: Words
}

/** Pods of one DaemonSet under one taint. */
export interface TaintedPods {
  readonly facts: DaemonSetFacts
  readonly taint: Taint
  readonly nodes: readonly NodeFacts[]
  readonly cases: readonly Pick<Misscheduling, 'node' | 'pod'>[]
}

/** The clues as sentences. */
export function clueSentences(clues: readonly Clue[]): Words {
  return joined(clues.map(({ words }) => sentence(words)))
}
