import type { Words } from '../../words/words.ts'
import type { Case, Cases } from '../facts/case.ts'
import type { Misscheduling } from '../facts/facts.ts'
import type { HeldBy } from '../holds/hold.ts'
import { draftsForTerminatingPods } from '../holds/terminating-pods.ts'
import { type RemedyDraft, remedies } from '../remedies/remedies.ts'
import type { CauseId, Finding } from './finding.ts'

/** What an incident's headline is made of. */
export interface HeadlineFacts {
  readonly nodes: readonly string[]
  /** "`agent`", or "4 DaemonSets". */
  readonly who: Words
  /** Whether `who` is more than one. */
  readonly many: boolean
  readonly key: string | null
  readonly variant: string | null
  readonly heldBy: HeldBy | null
}

/** What docs and machines call a cause, and how it is told in one line. */
export interface Cause {
  readonly id: CauseId
  /** A word for machines and metrics. */
  readonly cause: string
  /** One line for the table of causes. */
  readonly title: string
  readonly headline: (scene: HeadlineFacts) => Words
}

/**
 * A cause of a wrong pod. `of` says what it explains, so that two causes on one node are told apart from two names for one thing: `pod` (how the pod came
 * to be the DaemonSet's), `taint` (a taint whose key speaks for itself), `history` (how a pod and a taint came together), `placement` (why the controller deletes it).
 */
export interface PodCause extends Cause {
  readonly of: 'pod' | 'taint' | 'history' | 'placement'
  readonly holds: (misscheduling: Misscheduling) => boolean
  /** All findings of this cause, one for each key and variant. */
  readonly findings: (misschedulings: readonly Misscheduling[]) => readonly Finding[]
}

/** The cases of one finding. */
export interface Found<E> extends Cases<E> {
  readonly key: string | null
  readonly variant: string | null
  readonly heldBy: HeldBy | null
}

/** What a cause says of its cases. */
export interface CauseReport {
  readonly summary: Words
  readonly why: Words
  readonly evidence: readonly Words[]
  readonly drafts: readonly (RemedyDraft | undefined)[]
  readonly perNode?: Finding['perNode']
}

interface Definition<E> extends Cause {
  readonly of: PodCause['of']
  /** What shows that this cause holds; undefined: it does not. */
  readonly diagnose: (misscheduling: Misscheduling) => E | undefined
  /** What it hangs on, e.g. the taint key. null: on the DaemonSet. */
  readonly key: (misscheduling: Misscheduling, evidence: E) => string | null
  readonly variant?: (misscheduling: Misscheduling, evidence: E) => string | null
  /** The state of the node decides, not that of the pods: it ends with the node's state whatever becomes of them. */
  readonly ofNode?: boolean
  /** Its variants, the most urgent first. */
  readonly urgency?: readonly string[]
  readonly heldBy?: (misscheduling: Misscheduling) => HeldBy | null
  /** Whether the root is on the DaemonSet's own side: then it is an incident of its own. */
  readonly own?: boolean
  readonly explain: (found: Found<E>) => CauseReport
}

/** Turns a cause's own knowledge into the form that the diagnosis goes through. */
export function defineCause<E>(definition: Definition<E>): PodCause {
  const { id, cause, title, headline, of, diagnose } = definition
  return {
    id,
    cause,
    title,
    headline,
    of,
    holds: (misscheduling) => diagnose(misscheduling) !== undefined,
    findings: (misschedulings) =>
      sorted(definition, misschedulings).map((found) => finding(definition, found)),
  }
}

function sorted<E>(
  definition: Definition<E>,
  misschedulings: readonly Misscheduling[],
): readonly Found<E>[] {
  const groups = new Map<
    string,
    { -readonly [K in keyof Found<E>]: Found<E>[K] } & { cases: [Case<E>, ...Case<E>[]] }
  >()
  for (const misscheduling of misschedulings) {
    const evidence = definition.diagnose(misscheduling)
    if (evidence === undefined) continue
    const key = definition.key(misscheduling, evidence)
    const variant = definition.variant?.(misscheduling, evidence) ?? null
    const heldBy = definition.heldBy?.(misscheduling) ?? null
    const one = { ...misscheduling, evidence }
    const id = JSON.stringify([key, variant, heldBy])
    const group = groups.get(id)
    if (group) group.cases.push(one)
    else
      groups.set(id, {
        facts: misscheduling.facts,
        cases: [one],
        nodes: [],
        pods: [],
        key,
        variant,
        heldBy,
      })
  }
  const place = ({ variant }: Pick<Found<E>, 'variant'>) =>
    definition.urgency?.indexOf(variant ?? '') ?? 0
  const ordered = [...groups.values()].sort((a, b) => place(a) - place(b))
  return ordered.map((group) => ({
    ...group,
    nodes: [...new Set(group.cases.map(({ node }) => node))],
    pods: [...new Set(group.cases.map(({ pod }) => pod))],
  }))
}

function finding<E>(
  { id, cause, own, of, ofNode, explain }: Definition<E>,
  found: Found<E>,
): Finding {
  const { facts, nodes, pods, key, variant, heldBy } = found
  const account = explain(found)
  const departing =
    of === 'placement' || ofNode
      ? []
      : draftsForTerminatingPods({ misschedulings: found.cases, nodes, pods })
  return {
    id,
    heldBy,
    cause,
    variant,
    key,
    nodes: nodes.map(({ name }) => name),
    pods: pods.map(({ name }) => name),
    summary: account.summary,
    why: account.why,
    perNode: account.perNode ?? [],
    evidence: account.evidence,
    remedies: remedies(
      facts,
      [...departing, ...account.drafts].filter((offer) => offer !== undefined),
    ),
    root: own || key === null ? `${facts.namespace}/${facts.name}` : `${id} ${key}`,
  }
}
