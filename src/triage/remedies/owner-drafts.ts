import { undoesPatches } from '../../ownership/ownership.ts'
import { listed, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { tolerationsOf } from './drafts.ts'
import type { RemedyDraft } from './remedy.ts'
import { tolerationDraft } from './tolerate-draft.ts'

/**
 * The drafts as the DaemonSet's owner allows them. A component that takes no tolerations gets none:
 * only its provider can change it. Where the owner writes the placement, its own setting chooses
 * the nodes. A toleration that an owner undoes at once is a mere choice now.
 * One that it overwrites later gets its lasting half.
 */
export function draftsForOwner(
  facts: DaemonSetFacts,
  proposed: readonly RemedyDraft[],
): readonly RemedyDraft[] {
  const drafts = proposed.flatMap((draft) => withOwnPlacement(facts, draft))
  if (facts.owner.takesNone)
    return drafts.flatMap((draft) => {
      if (draft.kind !== 'tolerate' || draft.tempting) return draft
      return draft.horizon === 'now' ? [] : askProvider(facts, draft)
    })
  if (undoesPatches(facts.owner))
    return drafts.map((draft) => (isPatch(draft) ? { ...draft, choice: true } : draft))
  const patch = drafts.find(
    ({ kind, horizon, tempting, choice, answer }) =>
      kind === 'tolerate' && horizon === 'now' && !tempting && !choice && !answer,
  )
  const isLasting = drafts.some(
    ({ kind, horizon, tempting }) => kind === 'tolerate' && horizon === 'for-good' && !tempting,
  )
  if (!patch || isLasting || facts.owner.onPatch === 'none') return drafts
  const lasting = tolerationDraft(facts, tolerationsOf(patch), {
    horizon: 'for-good',
    title: patch.title,
    why: words`${facts.owner.revert} So it has to be there too.`,
  })
  const start = drafts.findIndex(({ horizon }) => horizon === 'for-good')
  return start < 0
    ? [...drafts, lasting]
    : [...drafts.slice(0, start), lasting, ...drafts.slice(start)]
}

/** Why the draft is right, and that it does not last if the owner undoes it. */
export function whyForOwner({ owner }: DaemonSetFacts, draft: RemedyDraft): Words {
  if (!isPatch(draft) || !undoesPatches(owner)) return draft.why
  return draft.why.length > 0
    ? words`${draft.why} But a patch does not last. ${owner.revert}`
    : words`A patch does not last. ${owner.revert}`
}

function isPatch({ kind, horizon, tempting }: RemedyDraft): boolean {
  return kind === 'tolerate' && horizon === 'now' && !tempting
}

/** Empty: the owner's setting is for good, so it is no answer for now. */
function withOwnPlacement(
  { owner: { placement } }: DaemonSetFacts,
  draft: RemedyDraft,
): readonly RemedyDraft[] {
  if (!placement || !draft.placement) return [draft]
  if (draft.horizon === 'now') return []
  const { kind, horizon, choice, answer, tempting } = draft
  return [
    {
      kind,
      horizon,
      title: [placement.title],
      why: [placement.why],
      ...(choice && { choice }),
      ...(answer && { answer }),
      ...(tempting && { tempting }),
    },
  ]
}

function askProvider({ owner }: DaemonSetFacts, draft: RemedyDraft): RemedyDraft {
  const { choice, answer } = draft
  return {
    kind: 'upgrade',
    horizon: 'for-good',
    title: words`Ask the provider to tolerate ${keysOf(draft)}`,
    why: [owner.fix],
    ...(choice && { choice }),
    ...(answer && { answer }),
  }
}

function keysOf(draft: RemedyDraft): Words {
  const keys = [...new Set(tolerationsOf(draft).map(({ key = '' }) => key))]
  return keys.length > 0 ? listed(keys) : draft.title
}
