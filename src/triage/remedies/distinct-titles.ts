import { code, listed, plain, plural, type Words, words } from '../../words/words.ts'
import { podsOf, tolerationsOf } from './drafts.ts'
import type { RankedDraft } from './rank.ts'
import type { RemedyDraft } from './remedy.ts'
import { tolerationTitle } from './tolerate-draft.ts'

type Drafts = readonly RankedDraft[]

/**
 * The drafts of one DaemonSet's findings with titles that tell different changes apart: deletions
 * name their pods, removals of one key from different nodes name the nodes, and tolerations of
 * different values of one key name the values. Where one effect of a taint is to be tolerated and
 * another one is not, they name the effects.
 */
export function withDistinctTitles(findings: readonly Drafts[]): readonly Drafts[] {
  const drafts = findings.flat().map(({ draft }) => draft)
  const deletions = drafts.filter(({ change }) => change?.kind === 'delete-pods')
  const areSeveral = new Set(deletions.map((draft) => podsOf(draft).join(' '))).size > 1
  const keys = keysWithValues(drafts)
  const effects = keysWithRivals(drafts)
  const removed = keysOfSeveralRemovals(drafts)
  const titled = (draft: RemedyDraft): RemedyDraft => {
    if (areSeveral && draft.change?.kind === 'delete-pods')
      return { ...draft, title: podTitle(podsOf(draft)) }
    if (draft.change?.kind === 'remove-taint' && removed.has(draft.change.key))
      return {
        ...draft,
        title: words`Remove the taint ${code(draft.change.key)} from ${listed(draft.change.nodes, 2)}`,
      }
    const tolerations = tolerationsOf(draft)
    const isByKey = plain(draft.title) === plain(tolerationTitle(tolerations))
    return isByKey && tolerations.some(({ key = '' }) => keys.has(key) || effects.has(key))
      ? { ...draft, title: tolerationTitle(tolerations, keys, effects) }
      : draft
  }
  return findings.map((all) => all.map((one) => ({ ...one, draft: titled(one.draft) })))
}

function podTitle(pods: readonly string[]): Words {
  return words`Delete ${plural(pods.length, 'pod', 'pods')} ${listed(pods, 2)}`
}

/** Keys that the drafts remove from different nodes. */
function keysOfSeveralRemovals(drafts: readonly RemedyDraft[]): ReadonlySet<string> {
  const nodes = new Map<string, Set<string>>()
  for (const { change } of drafts) {
    if (change?.kind !== 'remove-taint') continue
    const names = change.nodes.join(' ')
    nodes.set(change.key, (nodes.get(change.key) ?? new Set()).add(names))
  }
  return new Set([...nodes].filter(([, all]) => all.size > 1).map(([key]) => key))
}

/** Keys that the drafts tolerate with several values. */
function keysWithValues(drafts: readonly RemedyDraft[]): ReadonlySet<string> {
  const values = new Map<string, Set<string>>()
  for (const { key = '', value = '' } of drafts.flatMap(tolerationsOf))
    values.set(key, (values.get(key) ?? new Set()).add(value))
  return new Set([...values].filter(([, all]) => all.size > 1).map(([key]) => key))
}

/** Keys of which one draft tolerates only one effect, and another warns only against another one. */
function keysWithRivals(drafts: readonly RemedyDraft[]): ReadonlySet<string> {
  const wanted = drafts.filter(({ tempting }) => !tempting).map(tolerationsOf)
  const wrong = drafts.filter(({ tempting }) => tempting).flatMap(tolerationsOf)
  return new Set(
    wrong.flatMap(({ key = '', value, effect }) => {
      const same = wanted
        .map((all) => all.filter((one) => one.key === key && one.value === value))
        .filter((all) => all.length > 0)
      return same.some((all) => all.every((one) => one.effect !== effect)) ? [key] : []
    }),
  )
}
