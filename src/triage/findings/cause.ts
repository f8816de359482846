import type { Words } from '../../words/words.ts'
import type { Hold } from '../holds/hold.ts'
import type { FindingSubject, Presence } from './finding.ts'

/**
 * What every cause says about itself. Whatever reads findings asks here and never reads meaning
 * into an id.
 */
export interface Cause {
  /** As docs/causes names it: `T4`. The letter only groups the pages. */
  readonly id: string
  /** The cause for machines and metrics, e.g. `node-not-ready`. */
  readonly cause: string
  /** One line for the table of causes. */
  readonly title: string
  readonly about: FindingSubject
  /** One line for the incident, at most 90 characters for names of usual length. */
  readonly headline: (incident: HeadlineFacts) => Words
  /** What it was, once it is over: a clause, "3 nodes were being scaled down". */
  readonly past: (incident: HeadlineFacts) => Words
  /** The variants of which only the number or the alert is wrong: pods and nodes are right. */
  readonly isFalseAlarm?: (variant: string | null) => boolean
  /** It ends with the state of the node, whatever becomes of the pods. */
  readonly endsWithNode?: boolean
}

/** What an incident's headline is made of. */
export interface HeadlineFacts {
  readonly nodes: readonly string[]
  /** "`agent`", or "4 DaemonSets". */
  readonly who: Words
  /** Whether `who` is more than one. */
  readonly many: boolean
  /** `Finding.key`, with the value if that belongs to the root: `dedicated=gpu`. */
  readonly key: string | null
  /** Findings of the same kind with other keys, if the headline is about one DaemonSet. */
  readonly others: readonly Pick<HeadlineFacts, 'nodes' | 'key'>[]
  readonly variant: string | null
  readonly presence: Presence
  /** Why pods that the controller deletes are still there. */
  readonly hold: Hold | null
  /** `Finding.isOpen`. */
  readonly isOpen: boolean
}

/** The nodes and keys of all findings of the kind. */
export function together({ nodes, key, others }: HeadlineFacts): {
  readonly nodes: readonly string[]
  readonly keys: readonly string[]
} {
  const all = [{ nodes, key }, ...others]
  return {
    nodes: [...new Set(all.flatMap((one) => one.nodes))],
    keys: [...new Set(all.flatMap((one) => one.key ?? []))],
  }
}
