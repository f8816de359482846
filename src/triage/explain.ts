import type { Diagnosis, Remedy } from './finding.ts'
import type { Words } from './words.ts'

/** One answer, worded: what to do, why, and what the simulation says of it. */
export interface Advice {
  readonly remedy: Remedy
  /** The answer as an imperative, e.g. `Wait: the node is being removed`. */
  readonly title: Words
  /** `misscheduled 3 → 0, desired 26 → 29, 29 pods restart`; undefined where nothing is simulated. */
  readonly simulated?: string
  /** The DaemonSets it is for, `namespace/name`. */
  readonly daemonSets: readonly string[]
}

/** What a person is told of one incident. Not drawn yet: the terminal and Slack show the same. */
export interface Explanation {
  /** One line that is understood half asleep. */
  readonly headline: Words
  /** At most two sentences. */
  readonly why: Words
  readonly table: { readonly header: readonly [string, string]; readonly rows: readonly (readonly [Words, Words])[]; /** Rows left out. */ readonly more: number }
  readonly now: readonly Advice[]
  readonly forGood: readonly Advice[]
  /** Tempting answers, and why not. */
  readonly notThis: readonly Advice[]
  readonly evidence: readonly Words[]
  /** What could not be read or decided. */
  readonly limits: readonly Words[]
}

export declare function explain(diagnoses: readonly Diagnosis[]): Explanation
