import { code, type Words, words } from '../../words/words.ts'
import type { Case } from '../facts/case.ts'
import type { Misscheduling } from '../facts/facts.ts'
import type { HeldBy } from '../holds/hold.ts'
import { holdOf } from '../holds/index.ts'
import { infrastructureNote } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedies.ts'
import { reasonText } from '../taints/reason-text.ts'
import type { CauseReport, Found } from './cause.ts'

/** What a placement cause knows of its own; why the pods are still there comes from what holds them. */
export interface PlacementAccount {
  /** After "X should not be on a and b:". */
  readonly summary: Words
  /** One sentence. */
  readonly why: Words
  readonly evidence: readonly Words[]
  /** Before those of the hold. */
  readonly first?: readonly (RemedyDraft | undefined)[]
  /** After those of the hold. */
  readonly after: readonly (RemedyDraft | undefined)[]
}

/** Whether this reason is the one that makes the controller delete the pod on a node of class P, or another of the same rank. */
export function deletes({ node, reason }: Misscheduling): boolean {
  if (!node.controllerDeletes) return false
  return reason.type !== 'UntoleratedTaint' || reason.effect === 'NoExecute'
}

export function accountOf<E>(found: Found<E>, placement: PlacementAccount): CauseReport {
  const hold = holdOf(found.heldBy)
  const held = { misschedulings: found.cases, nodes: found.nodes, pods: found.pods }
  const pillar = infrastructureNote(found.facts)
  return {
    summary: words`${code(found.facts.name)} ${placement.summary}; its pods are still there: ${hold.because}.`,
    why: words`${placement.why} The controller deletes such pods within seconds; these stay: ${hold.because}.`,
    perNode: perNode(found),
    evidence: [
      ...placement.evidence,
      ...found.cases.slice(0, 3).map((one) => hold.evidence(one)),
      ...otherReasons(found),
    ],
    drafts: [
      ...(placement.first ?? []),
      ...hold
        .drafts(held)
        .map((offer) => (offer?.kind === 'delete-pod' && pillar.length > 0 ? undefined : offer)),
      ...placement.after,
    ],
  }
}

function perNode<E>({ nodes, cases, heldBy: by }: Found<E>): CauseReport['perNode'] {
  return nodes.map((node) => {
    const one = cases.find((other) => other.node === node) ?? cases[0]
    return { node: node.name, reason: words`${reasonText(one.reason)}; ${SHORT[by ?? 'K5']}` }
  })
}

const SHORT: Readonly<Record<HeldBy, string>> = {
  K1: 'pod is stopping',
  K2: 'kubelet does not answer',
  K3: 'kubelet does not finish',
  K4: 'held by a finalizer',
  K5: 'not deleted',
  K6: 'made again and again',
}

// Where the selector fails the taints are beside the point for the controller, but they are there when the selector is mended.
function otherReasons<E>({ cases }: Found<E>): readonly Words[] {
  const lines = cases.slice(0, 3).flatMap(({ node, reason }: Case<E>) => {
    const others = node.verdict.reasons.filter((other) => other !== reason)
    return others.map((other) => words`on ${code(node.name)} there is also ${reasonText(other)}`)
  })
  return lines.slice(0, 4)
}
