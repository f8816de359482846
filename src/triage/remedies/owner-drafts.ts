import type { Toleration } from '../../kubernetes/objects.ts'
import { listed, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import type { RemedyDraft } from './remedy.ts'
import { lastingToleration } from './tolerate-draft.ts'

/**
 * The drafts as the DaemonSet's owner allows them. A component that takes no tolerations gets none:
 * only its provider can change it. A toleration that an owner overwrites later gets its lasting half.
 */
export function draftsForOwner(
  facts: DaemonSetFacts,
  drafts: readonly RemedyDraft[],
): readonly RemedyDraft[] {
  if (facts.owner.takesNone)
    return drafts.flatMap((draft) => {
      if (draft.kind !== 'tolerate' || draft.tempting) return draft
      return draft.horizon === 'now' ? [] : askProvider(facts, draft)
    })
  const patch = drafts.find(
    ({ kind, horizon, tempting, choice, answer }) =>
      kind === 'tolerate' && horizon === 'now' && !tempting && !choice && !answer,
  )
  const isLasting = drafts.some(
    ({ kind, horizon, tempting }) => kind === 'tolerate' && horizon === 'for-good' && !tempting,
  )
  if (!patch || isLasting || facts.owner.onPatch === 'none') return drafts
  const lasting = lastingToleration(
    facts,
    patch,
    words`${facts.owner.revert} So it has to be there too.`,
  )
  const start = drafts.findIndex(({ horizon }) => horizon === 'for-good')
  return start < 0
    ? [...drafts, lasting]
    : [...drafts.slice(0, start), lasting, ...drafts.slice(start)]
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

function keysOf({ change, title }: RemedyDraft): Words {
  const tolerations: readonly Toleration[] = change?.kind === 'tolerate' ? change.tolerations : []
  const keys = [...new Set(tolerations.map(({ key = '' }) => key))]
  return keys.length > 0 ? listed(keys) : title
}
