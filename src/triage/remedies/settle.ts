import { undoesPatches } from '../../ownership/ownership.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { podsOf, tolerationsOf } from './drafts.ts'
import { type Proposal, type RankedDraft, withPreferred } from './rank.ts'
import type { Answer } from './remedy.ts'

type Drafts = readonly RankedDraft[]

/**
 * The drafts of one DaemonSet's findings after what one finding prefers has decided what another
 * leaves open. A toleration is for the whole DaemonSet and a pod is deleted once, so a question
 * whether pods belong under a taint is answered where another finding tolerates that taint anyway,
 * or deletes these pods anyway. A toleration for pods that another finding deletes is a mere choice.
 * A toleration that another finding needs is not wrong on nodes where the same taint passes.
 */
export function settled(
  facts: DaemonSetFacts,
  proposals: readonly Pick<Proposal, 'pods'>[],
  findings: readonly Drafts[],
): readonly Drafts[] {
  const preferred = findings.flat().filter((one) => one.preferred)
  const tolerated = new Set(preferred.flatMap(({ draft }) => tolerationsOf(draft)).map(text))
  const deleted = new Set(preferred.flatMap(({ draft }) => podsOf(draft)))
  return findings.map((drafts, index) => {
    const pods = proposals[index]?.pods ?? []
    const isDeleted = pods.length > 0 && pods.every((pod) => deleted.has(pod))
    const covered = coveredBy(drafts, tolerated)
    if (covered) return withPreferred(facts, withCover(facts, drafts, covered))
    const answer = answerOf(drafts, tolerated, isDeleted)
    if (answer) return withPreferred(facts, answered(drafts, answer))
    const prefers = (kind: string) => drafts.some((one) => one.preferred && one.draft.kind === kind)
    return isDeleted && prefers('tolerate') && !prefers('delete-pod')
      ? withPreferred(facts, drafts.map(asChoice))
      : drafts
  })
}

/** The warning against a toleration that another finding prefers all the same. */
function coveredBy(drafts: Drafts, tolerated: ReadonlySet<string>): RankedDraft | undefined {
  const own = new Set(drafts.filter((one) => one.preferred).flatMap(partsOf))
  return drafts.find((one) => {
    const parts = one.draft.tempting ? partsOf(one) : []
    return parts.length > 0 && parts.every((part) => tolerated.has(part) && !own.has(part))
  })
}

function partsOf({ draft }: RankedDraft): readonly string[] {
  return tolerationsOf(draft).map(text)
}

/** The toleration in place of the warning against it; it ends the misscheduling here too. */
function withCover({ owner }: DaemonSetFacts, drafts: Drafts, covered: RankedDraft): Drafts {
  const { tempting: _, ...draft } = covered.draft
  const isPatch = draft.horizon === 'now' && undoesPatches(owner)
  return [
    { ...covered, draft: { ...draft, why: [], ...(isPatch && { choice: true }) } },
    ...drafts.filter((one) => one !== covered && one.draft.kind !== 'none'),
  ]
}

/** The answer that other findings give to the question of this one; undefined: it is open, or none. */
function answerOf(
  drafts: Drafts,
  tolerated: ReadonlySet<string>,
  isDeleted: boolean,
): Answer | undefined {
  const open = drafts.filter(({ draft }) => draft.answer)
  if (open.length === 0) return undefined
  const wanted = open.flatMap(({ draft }) => (draft.answer === 'yes' ? tolerationsOf(draft) : []))
  if (wanted.length > 0 && wanted.every((one) => tolerated.has(text(one)))) return 'yes'
  return isDeleted ? 'no' : undefined
}

function answered(drafts: Drafts, given: Answer): Drafts {
  return drafts.map((one) => {
    const { answer, ...draft } = one.draft
    if (!answer) return one
    return { ...one, draft: answer === given ? draft : { ...draft, choice: true } }
  })
}

function asChoice(one: RankedDraft): RankedDraft {
  return one.draft.kind === 'tolerate' && !one.draft.tempting
    ? { ...one, draft: { ...one.draft, choice: true } }
    : one
}

function text(toleration: ReturnType<typeof tolerationsOf>[number]): string {
  return JSON.stringify(toleration)
}
