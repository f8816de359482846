import type { DaemonSet } from '../kubernetes/objects.ts'
import type { DaemonSetName } from './arguments.ts'

/** Says that there is no such DaemonSet, and names the nearest ones, three at most. */
export function notFound(wanted: DaemonSetName, daemonSets: readonly DaemonSet[]): string {
  const nearest = daemonSets
    .map(({ metadata: { namespace = 'default', name } }) => ({ namespace, name }))
    .map((one) => ({ name: `${one.namespace}/${one.name}`, distance: distanceOf(wanted, one) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name)
  const known =
    nearest.length > 0 ? `The nearest: ${nearest.join(', ')}` : 'There are no DaemonSets at all'
  return `DaemonSet ${wanted.namespace}/${wanted.name} was not found. ${known}.`
}

/** A name that contains the other is near; the same name in another namespace is nearest. */
function distanceOf(wanted: DaemonSetName, other: DaemonSetName): number {
  const contains = other.name.includes(wanted.name) || wanted.name.includes(other.name)
  const byName = wanted.name === other.name ? 0 : edits(wanted.name, other.name)
  const byNamespace = edits(wanted.namespace, other.namespace)
  return (contains ? Math.min(1, byName) : byName) + Math.min(1, byNamespace) / 2
}

/** The number of letters to insert, delete or replace (Levenshtein). */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let at = 1; at <= from.length; at++) {
    const next = [at]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (from[at - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
