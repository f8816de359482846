import { isReadyNode } from '../../daemonset/object-state.ts'
import type { Taint } from '../../kubernetes/objects.ts'
import { explainedNodes } from '../drain/consequences.ts'
import type { Case, Cases, Misscheduling, NodeFacts } from '../facts/facts.ts'
import type { Need } from '../facts/needs.ts'
import { reportsNotReady } from '../facts/readiness.ts'
import { type Ending, endingOf, endingUrgency, later } from '../holds/ending.ts'
import type { Hold } from '../holds/hold.ts'
import { draftsForTerminatingPods } from '../holds/terminating-pods.ts'
import { tellingValue, valueOfCustom } from '../taints/taint-value.ts'
import type { Cause } from './cause.ts'
import { withDescheduler } from './descheduler-note.ts'
import { withEnding, withRollout, withStates } from './ending-report.ts'
import { presenceOf } from './presence.ts'
import { type CauseReport, type ProposedFinding, reported } from './report.ts'
import { rootOn } from './root.ts'

/** A cause of misscheduled pods. */
export interface PodCause extends Cause {
  readonly about: 'pods'
  readonly explains: Explained
  readonly fits: (misscheduling: Misscheduling) => boolean
  /** All findings of this cause, one for each key, variant and hold. */
  readonly findings: (misschedulings: readonly Misscheduling[]) => readonly ProposedFinding[]
}

/**
 * The part of a misscheduling that a cause explains; a pod gets one cause for each part. `pod`: how
 * it came to belong to the DaemonSet. `taint`: a taint whose key says enough. `placement`: why the
 * controller deletes the pod. `history`: how pod and taint came together, if nothing else explains
 * it.
 */
export type Explained = 'pod' | 'taint' | 'placement' | 'history'

/** The pods of one finding, with the evidence of its cause. */
export interface CaseGroup<E> extends Cases<E> {
  readonly key: string | null
  /** The taint's value, if it belongs to the root. */
  readonly value: string | undefined
  readonly variant: string | null
  readonly hold: Hold | null
  /** How the pods go on their own; undefined if they stay, or if nothing shows it. */
  readonly ending: Ending | undefined
}

/**
 * What a cause's own file says of it; `defineCause` adds the rest. `E` is the cause's evidence for
 * one pod.
 */
export interface PodCauseDefinition<E> extends Omit<Cause, 'about'> {
  readonly explains: Explained
  /** The evidence that this cause applies; undefined if it does not. */
  readonly diagnose: (misscheduling: Misscheduling) => E | undefined
  /** What it depends on, e.g. the taint key. null: the DaemonSet itself. */
  readonly key: (misscheduling: Misscheduling, evidence: E) => string | null
  /**
   * The taint it depends on, if the value matters: it tells findings apart, and roots too where each
   * cluster chooses the values.
   */
  readonly taint?: (misscheduling: Misscheduling, evidence: E) => Taint
  readonly variant?: (misscheduling: Misscheduling, evidence: E) => string | null
  /** What else tells findings apart although they share a key, e.g. the taint's purpose. */
  readonly split?: (misscheduling: Misscheduling, evidence: E) => string
  /** Its variants, the most urgent first. */
  readonly variantsByUrgency?: readonly string[]
  /** Why the pods are still there, if the controller deletes them. */
  readonly hold?: (misscheduling: Misscheduling) => Hold
  /** Each DaemonSet gets an incident of its own, although the cause has a key. */
  readonly ownIncident?: boolean
  /** What the verdict rests on besides nodes and pods. */
  readonly needs?: readonly Need[] | ((group: CaseGroup<E>) => readonly Need[])
  readonly explain: (group: CaseGroup<E>) => CauseReport
}

/**
 * A cause of misscheduled pods, from what its own file says. For pods that the controller deletes
 * use `definePlacementCause`.
 */
export function defineCause<E>(definition: PodCauseDefinition<E>): PodCause {
  return {
    ...definition,
    about: 'pods',
    fits: (misscheduling) => definition.diagnose(misscheduling) !== undefined,
    findings: (misschedulings) =>
      caseGroups(definition, misschedulings).map((group) => finding(definition, group)),
  }
}

/**
 * The most urgent variant first, then pods that somebody has to act on, otherwise in the order of
 * the snapshot. Pods that go on their own are told apart from those that stay.
 */
function caseGroups<E>(
  definition: PodCauseDefinition<E>,
  misschedulings: readonly Misscheduling[],
): readonly CaseGroup<E>[] {
  const groups = new Map<
    string,
    Omit<CaseGroup<E>, 'nodes' | 'pods' | 'ending'> & {
      readonly cases: [Case<E>, ...Case<E>[]]
      ending: Ending | undefined
    }
  >()
  for (const misscheduling of misschedulings) {
    const evidence = definition.diagnose(misscheduling)
    if (evidence === undefined) continue
    const { facts } = misscheduling
    const key = definition.key(misscheduling, evidence)
    const variant = definition.variant?.(misscheduling, evidence) ?? null
    const hold = definition.hold?.(misscheduling) ?? null
    const ending = definition.endsWithNode ? undefined : endingOf(facts, misscheduling.node)
    const one = { ...misscheduling, evidence }
    const taint = definition.taint?.(misscheduling, evidence)
    const id = JSON.stringify([
      ...[key, variant, hold?.id, hold?.split?.(misscheduling), ending?.kind],
      taint && tellingValue(facts.index, taint),
      definition.split?.(misscheduling, evidence),
    ])
    const group = groups.get(id)
    if (group) {
      group.cases.push(one)
      group.ending = later(group.ending, ending)
    } else {
      const value = (taint && valueOfCustom(facts.index, taint)) || undefined
      groups.set(id, { facts, cases: [one], key, value, variant, hold, ending })
    }
  }
  const urgency = ({ variant }: Pick<CaseGroup<E>, 'variant'>) =>
    definition.variantsByUrgency?.indexOf(variant ?? '') ?? 0
  const ordered = [...groups.values()].sort(
    (a, b) => urgency(a) - urgency(b) || endingUrgency(a.ending) - endingUrgency(b.ending),
  )
  return ordered.map((group) => ({
    ...group,
    nodes: [...new Set(group.cases.map(({ node }) => node))],
    pods: [...new Set(group.cases.map(({ pod }) => pod))],
  }))
}

function finding<E>(definition: PodCauseDefinition<E>, group: CaseGroup<E>): ProposedFinding {
  const { id, cause, ownIncident } = definition
  const { facts, nodes, pods, key, value, variant, hold } = group
  const report = reportOf(definition, group)
  return {
    id,
    about: 'pods',
    heldBy: hold?.id ?? null,
    cause,
    variant,
    key,
    ...(value !== undefined && { value }),
    nodes: nodes.map(({ name }) => name),
    pods: pods.map(({ name }) => name),
    presence: presenceOf(facts, nodes),
    ...reported(report),
    proposal: {
      drafts: report.drafts.filter((draft) => draft !== undefined),
      pods: pods.map(({ name }) => name),
      explained: healedNodes(group),
    },
    limits: [...needsOf(definition, group), ...(hold?.needs ?? [])].flatMap((need) =>
      [need(group)].filter((limit) => limit !== undefined),
    ),
    root: ownIncident || key === null ? `${facts.namespace}/${facts.name}` : rootOn(id, key, value),
  }
}

/**
 * The nodes whose NotReady state ends whatever becomes of the DaemonSet. For a finding of another
 * matter these are all that are not Ready: a node is repaired or goes away.
 */
function healedNodes<E>({ facts, nodes, key }: CaseGroup<E>): readonly NodeFacts[] {
  return key !== null && reportsNotReady(key)
    ? explainedNodes(facts, nodes)
    : nodes.filter(({ node }) => !isReadyNode(node))
}

/** What the cause reports, and what becomes of pods that are on their way out. */
function reportOf<E>(definition: PodCauseDefinition<E>, group: CaseGroup<E>): CauseReport {
  const { explains, endsWithNode } = definition
  const { ending, nodes, pods, cases } = group
  const report = withDescheduler(definition.explain(group), cases, explains === 'history')
  if (endsWithNode) return withStates(report, group)
  if (ending) return withEnding(report, group, ending)
  // A placement cause asks its hold itself.
  if (explains === 'placement') return report
  const first = draftsForTerminatingPods({ misschedulings: cases, nodes, pods })
  return withRollout({ ...report, drafts: [...first, ...report.drafts] }, group)
}

function needsOf<E>({ needs = [] }: PodCauseDefinition<E>, group: CaseGroup<E>): readonly Need[] {
  return typeof needs === 'function' ? needs(group) : needs
}
