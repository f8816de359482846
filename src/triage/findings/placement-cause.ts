import { code, type Words, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { holdOn } from '../holds/index.ts'
import { infrastructureNote } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { reasonWords } from '../taints/reason-words.ts'
import { type HeadlineFacts, together } from './cause.ts'
import { type CaseGroup, defineCause, type PodCause, type PodCauseDefinition } from './pod-cause.ts'
import type { CauseReport } from './report.ts'

/** What a placement cause knows itself; why the pods are still there comes from their hold. */
export interface PlacementReport {
  /** After the DaemonSet's name, up to "; its pods are still there: …". */
  readonly summary: Words
  /** One sentence. */
  readonly why: Words
  /** `Finding.isOpen`. */
  readonly isOpen?: boolean
  readonly evidence: readonly Words[]
  /** Drafts before those of the hold. */
  readonly first?: readonly (RemedyDraft | undefined)[]
  /** Drafts after those of the hold. */
  readonly after: readonly (RemedyDraft | undefined)[]
}

interface PlacementDefinition<E>
  extends Omit<PodCauseDefinition<E>, 'explains' | 'hold' | 'explain'> {
  readonly explain: (group: CaseGroup<E>) => PlacementReport
}

/**
 * A cause for which the controller deletes the pod. Its `diagnose` sees only reasons that make the
 * controller do so.
 */
export function definePlacementCause<E>(definition: PlacementDefinition<E>): PodCause {
  return defineCause<E>({
    ...definition,
    explains: 'placement',
    hold: holdOn,
    diagnose: (misscheduling) =>
      causesDeletion(misscheduling) ? definition.diagnose(misscheduling) : undefined,
    explain: (group) => withHold(group, definition.explain(group)),
  })
}

/**
 * "its pod is stopping": why the pods are still there, for a headline. `pods`: instead of "its pod"
 * or "their pods".
 */
export function held(incident: HeadlineFacts, pods?: Words): { now: Words; past: Words } {
  const { hold, many, presence } = incident
  const { nodes } = together(incident)
  const isOne = nodes.length === 1 && !many
  const subject = pods ?? [`${many ? 'their' : 'its'} ${isOne ? 'pod' : 'pods'}`]
  return (
    hold?.clause({ pods: subject, isOne, nodes, isDown: presence === 'unknown' }) ?? {
      now: words`${subject} ${isOne ? 'is' : 'are'} still there`,
      past: words`${subject} ${isOne ? 'was' : 'were'} still there`,
    }
  )
}

/**
 * Whether this reason is the one that makes the controller delete the pod, or another of the same
 * rank.
 */
function causesDeletion({ node, reason }: Misscheduling): boolean {
  if (!node.controllerDeletes) return false
  return reason.type !== 'UntoleratedTaint' || reason.effect === 'NoExecute'
}

function withHold<E>(group: CaseGroup<E>, report: PlacementReport): CauseReport {
  const { facts, nodes, pods, cases } = group
  const hold = group.hold ?? holdOn(cases[0])
  const isOne = pods.length === 1
  const heldPods = { misschedulings: cases, nodes, pods }
  const because = hold.because(isOne, heldPods)
  const isInfrastructure = infrastructureNote(facts).length > 0
  return {
    isOpen: report.isOpen ?? false,
    ifIgnored: hold.ifIgnored(heldPods),
    summary: words`${code(facts.name)} ${report.summary}; ${isOne ? 'its pod is' : 'its pods are'} still there: ${because}.`,
    why: words`${report.why} The controller deletes such ${isOne ? 'a pod within seconds; this one is' : 'pods within seconds; these are'} still there: ${because}.`,
    perNode: nodes.map((node) => {
      const one = cases.find((other) => other.node === node) ?? cases[0]
      return { node: node.name, reason: words`${reasonWords(one.reason)}; ${hold.short(one)}` }
    }),
    evidence: [
      ...report.evidence,
      ...cases.slice(0, 3).map((one) => words`${code(one.node.name)}: ${hold.evidence(one)}`),
      ...otherReasons(cases),
    ],
    drafts: [
      ...(report.first ?? []),
      ...hold.drafts(heldPods).filter((draft) => draft?.kind !== 'delete-pod' || !isInfrastructure),
      ...report.after,
    ],
  }
}

// While the selector fails, the controller does not look at taints; they matter once it is fixed.
function otherReasons(cases: readonly Misscheduling[]): readonly Words[] {
  const lines = cases.slice(0, 3).flatMap(({ node, reason }) => {
    const others = node.verdict.reasons.filter((other) => other !== reason)
    return others.map((other) => words`${code(node.name)}: another reason is ${reasonWords(other)}`)
  })
  return lines.slice(0, 4)
}
