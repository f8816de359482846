import type { Context } from '../facts/context.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import type { SnapshotIndex } from '../facts/snapshot-index.ts'
import { remedies } from '../remedies/remedies.ts'
import type { Cause, CauseReport, PodCause } from './cause.ts'
import type { Finding } from './finding.ts'

/** A cause of the number itself: what `status` says is not what is. */
export interface StatusCause extends Cause {
  readonly of: 'number'
  readonly finding: (facts: DaemonSetFacts) => Finding | undefined
}

/** A cause for which there is no DaemonSet to look at. */
export interface AbsenceCause extends Cause {
  readonly of: 'absence'
  readonly finding: (subject: Subject, index: SnapshotIndex, context: Context) => Finding
}

export interface Subject {
  readonly namespace: string
  readonly name: string
}

export type AnyCause = PodCause | StatusCause | AbsenceCause

interface Definition<E> extends Cause {
  readonly diagnose: (facts: DaemonSetFacts) => E | undefined
  /** The incident that it belongs to where that is not the DaemonSet's own. */
  readonly root?: string
  readonly variant?: (evidence: E) => string | null
  readonly explain: (facts: DaemonSetFacts, evidence: E) => CauseReport
}

export function defineStatusCause<E>(definition: Definition<E>): StatusCause {
  const { id, cause, title, headline, diagnose, explain } = definition
  return {
    of: 'number',
    id,
    cause,
    title,
    headline,
    finding(facts) {
      const evidence = diagnose(facts)
      if (evidence === undefined) return undefined
      const account = explain(facts, evidence)
      return {
        id,
        heldBy: null,
        cause,
        variant: definition.variant?.(evidence) ?? null,
        key: null,
        nodes: facts.nodes.map(({ name }) => name),
        pods: facts.nodes.flatMap(({ verdict }) => verdict.pods),
        summary: account.summary,
        why: account.why,
        perNode: account.perNode ?? [],
        evidence: account.evidence,
        remedies: remedies(
          facts,
          account.drafts.filter((offer) => offer !== undefined),
        ),
        root: definition.root ?? `${facts.namespace}/${facts.name}`,
      }
    },
  }
}

/** What status says, or undefined where there is no status to compare with. */
export function statusCount({ daemonSet }: Pick<DaemonSetFacts, 'daemonSet'>): number | undefined {
  return daemonSet.status?.numberMisscheduled
}

/** Whether the controller has seen the current spec; undefined where the object does not say. */
export function hasSeenSpec({ daemonSet }: Pick<DaemonSetFacts, 'daemonSet'>): boolean | undefined {
  const { generation } = daemonSet.metadata
  const observed = daemonSet.status?.observedGeneration
  return generation === undefined || observed === undefined ? undefined : observed >= generation
}
