import { code, type Words, words } from '../../words/words.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { holdOn } from '../holds/index.ts'
import { infrastructureNote } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { reasonWords } from '../taints/reason-words.ts'
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
  const isInfrastructure = infrastructureNote(facts).length > 0
  return {
    isOpen: report.isOpen ?? false,
    ifIgnored: hold.ifIgnored({ misschedulings: cases, nodes, pods }),
    summary: words`${code(facts.name)} ${report.summary}; its pods are still there: ${hold.because}.`,
    why: words`${report.why} The controller deletes such pods within seconds; these are still there: ${hold.because}.`,
    perNode: nodes.map((node) => {
      const { reason } = cases.find((other) => other.node === node) ?? cases[0]
      return { node: node.name, reason: words`${reasonWords(reason)}; ${hold.short}` }
    }),
    evidence: [
      ...report.evidence,
      ...cases.slice(0, 3).map((one) => hold.evidence(one)),
      ...otherReasons(cases),
    ],
    drafts: [
      ...(report.first ?? []),
      ...hold
        .drafts({ misschedulings: cases, nodes, pods })
        .filter((draft) => draft?.kind !== 'delete-pod' || !isInfrastructure),
      ...report.after,
    ],
  }
}

// While the selector fails, the controller does not look at taints; they matter once it is fixed.
function otherReasons(cases: readonly Misscheduling[]): readonly Words[] {
  const lines = cases.slice(0, 3).flatMap(({ node, reason }) => {
    const others = node.verdict.reasons.filter((other) => other !== reason)
    return others.map((other) => words`another reason on ${code(node.name)}: ${reasonWords(other)}`)
  })
  return lines.slice(0, 4)
}
