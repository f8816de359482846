import { undoesPatches } from '../ownership/ownership.ts'
import { code, joined, plain, type Words, words } from '../words/words.ts'
import type { Diagnosis } from './diagnosis.ts'

/** Places shown for several DaemonSets with different owners. */
const mostPlaces = 2

/**
 * Where a toleration must be added so that it lasts, for the DaemonSets whose owner undoes or
 * overwrites a patch: `In the values of Helm release datadog, at agents.tolerations.` Empty if
 * there is no such owner.
 */
export function lastingPlace(diagnoses: readonly Diagnosis[]): Words {
  const owned = diagnoses.filter(({ exists, owner }) => exists && owner.onPatch !== 'none')
  const places = new Map<string, { readonly place: Words; readonly names: Set<string> }>()
  for (const { name, owner } of owned) {
    const place = placeIn(owner)
    const known = places.get(plain(place)) ?? { place, names: new Set<string>() }
    known.names.add(name)
    places.set(plain(place), known)
  }
  const all = [...places.values()]
  const [only] = all
  if (only && all.length === 1) return only.place
  const shown = all
    .slice(0, mostPlaces)
    .map(({ place, names }) => words`${namesOf([...names])}: ${place}`)
  const more = all.length - shown.length
  return joined([...shown, more > 0 ? [`${more} more in Show fix.`] : []])
}

function namesOf(names: readonly string[]): Words {
  const [first = '', ...others] = names
  return others.length === 0 ? [code(first)] : words`${code(first)} and ${others.length} more`
}

/**
 * Where it goes, and until when a patch lasts if the owner overwrites it later. What is advised now
 * says it of an owner that undoes patches.
 */
function placeIn(owner: Diagnosis['owner']): Words {
  return owner.onPatch === 'overwrites' && !undoesPatches(owner)
    ? words`${withPath(owner)} A patch does not last: ${asClause(owner.revert)}`
    : withPath(owner)
}

function asClause(sentence: string): string {
  return sentence.replace(/^The /, 'the ')
}

function withPath({ fix, path }: Diagnosis['owner']): Words {
  const at = path === undefined ? -1 : fix.indexOf(path)
  if (path === undefined || at < 0) return [fix]
  return words`${fix.slice(0, at)}${code(path)}${fix.slice(at + path.length)}`
}
