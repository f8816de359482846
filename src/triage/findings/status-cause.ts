import type { Words } from '../../words/words.ts'
import type { Context, DaemonSetFacts } from '../facts/facts.ts'
import type { SnapshotIndex } from '../facts/snapshot-index.ts'
import type { Cause } from './cause.ts'
import type { Finding } from './finding.ts'
import { type CauseReport, reported, withRemedies } from './report.ts'

/** A cause of a wrong number: what `status` says is not what our own count says. */
export interface StatusCause extends Cause {
  readonly about: 'status'
  /**
   * If it applies, no other cause is looked for: the rest of what the cluster shows means nothing
   * then.
   */
  readonly standsAlone?: boolean
  /**
   * If status and count differ: what could not be read, so that this cause can be neither found nor
   * excluded.
   */
  readonly undecided?: (facts: DaemonSetFacts) => readonly Words[]
  readonly finding: (facts: DaemonSetFacts) => Finding | undefined
}

/** A cause for which there is no DaemonSet to look at. */
export interface AbsenceCause extends Cause {
  readonly about: 'no-daemonset'
  readonly finding: (subject: Subject, index: SnapshotIndex, context: Context) => Finding
}

/** The DaemonSet that a diagnosis is asked for; there may be none of that name. */
export interface Subject {
  readonly namespace: string
  readonly name: string
}

/** What a status cause's own file says of it. `E` is its evidence. */
interface StatusCauseDefinition<E> extends Omit<StatusCause, 'about' | 'finding'> {
  /** The evidence that this cause applies; undefined if it does not. */
  readonly diagnose: (facts: DaemonSetFacts) => E | undefined
  /** The incident that it belongs to; without it, or undefined, the DaemonSet's own. */
  readonly root?: (evidence: E) => string | undefined
  readonly variant?: (evidence: E) => string | null
  readonly explain: (facts: DaemonSetFacts, evidence: E) => CauseReport
}

/** A cause of a wrong status, from what its own file says. */
export function defineStatusCause<E>(definition: StatusCauseDefinition<E>): StatusCause {
  const { id, cause } = definition
  return {
    ...definition,
    about: 'status',
    finding(facts) {
      const evidence = definition.diagnose(facts)
      if (evidence === undefined) return undefined
      const report = definition.explain(facts, evidence)
      const drafts = report.drafts.filter((draft) => draft !== undefined)
      const pods = facts.nodes.flatMap(({ verdict }) => verdict.pods)
      const proposed = {
        id,
        about: 'status' as const,
        heldBy: null,
        cause,
        variant: definition.variant?.(evidence) ?? null,
        key: null,
        nodes: facts.nodes.map(({ name }) => name),
        pods,
        ...reported(report),
        proposal: { drafts, pods, explained: [] },
        limits: [],
        root: definition.root?.(evidence) ?? `${facts.namespace}/${facts.name}`,
      }
      return withRemedies(facts, [proposed])[0]
    },
  }
}

/** What status says; undefined if there is no status to compare with. */
export function statusCount({ daemonSet }: Pick<DaemonSetFacts, 'daemonSet'>): number | undefined {
  return daemonSet.status?.numberMisscheduled
}
