import { toleratesTaint } from '../../daemonset/tolerations.ts'
import type { FeatureGates, Taint, Toleration } from '../../kubernetes/objects.ts'
import type { Cache, SnapshotIndex } from '../facts/snapshot-index.ts'
import { knownTaint } from './taints.ts'

/**
 * What tells taints of one key apart: the value. Empty for a value that says nothing about the
 * taint: a time, an ID that no other node has, and a number if most nodes with the key have one of
 * their own.
 */
export function tellingValue(index: SnapshotIndex, { key, value = '' }: Taint): string {
  if (value === '' || TIME.test(value)) return ''
  const counts = index.cached(VALUES, key, () => countValues(index, key))
  if (isId(index, value)) return (counts.get(value) ?? 0) > 1 ? value : ''
  return NUMBER.test(value) && isCounter(counts) ? '' : value
}

/**
 * The value as part of what an incident is about: only a key whose values each cluster chooses has
 * one, e.g. `dedicated=gpu`. A key of Kubernetes or of a known tool means the same with every value.
 */
export function valueOfCustom(index: SnapshotIndex, taint: Taint): string {
  return knownTaint(taint.key).custom ? tellingValue(index, taint) : ''
}

/** `key=value`, without a value that says nothing about the taint. */
export function tellingName(index: SnapshotIndex, taint: Taint): string {
  const value = tellingValue(index, taint)
  return value === '' ? taint.key : `${taint.key}=${value}`
}

/** `key=value:Effect`, as kubectl writes it, without a value that says nothing about the taint. */
export function tellingText(index: SnapshotIndex, taint: Taint): string {
  return `${tellingName(index, taint)}:${taint.effect}`
}

/** Tolerations that let a pod stay on a node with this taint, as narrow as the taint allows. */
export function tolerationsFor(
  index: SnapshotIndex,
  taint: Taint,
  gates?: FeatureGates,
): readonly Toleration[] {
  const known = knownTaint(taint.key).tolerations ?? []
  if (known.some((toleration) => toleratesTaint(toleration, taint, gates))) return known
  // Without the value it would tolerate every pool reserved with this key.
  const value = tellingValue(index, taint)
  if (value !== '') return [{ key: taint.key, operator: 'Equal', value, effect: taint.effect }]
  return [{ key: taint.key, operator: 'Exists', effect: taint.effect }]
}

/** How many nodes have each value of one key. */
type Counts = ReadonlyMap<string, number>

const VALUES: Cache<Counts> = {}

function countValues({ snapshot }: SnapshotIndex, key: string): Counts {
  const counts = new Map<string, number>()
  for (const { spec } of snapshot.nodes) {
    const values = (spec?.taints ?? []).flatMap((taint) =>
      taint.key === key ? [taint.value ?? ''] : [],
    )
    for (const value of new Set(values)) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}

/** Whether most nodes have a number of their own. One node alone does not show it. */
function isCounter(counts: Counts): boolean {
  const numbers = [...counts].filter(([value]) => NUMBER.test(value))
  const nodes = numbers.reduce((sum, [, count]) => sum + count, 0)
  const unique = numbers.filter(([, count]) => count === 1).length
  return nodes > 1 && unique * 2 > nodes
}

function isId(index: SnapshotIndex, value: string): boolean {
  return ID.test(value) || index.node(value) !== undefined
}

/**
 * Unix time in seconds, milliseconds or less, or a date with or without a time. A value has no
 * colons, so people write RFC 3339 with dots or hyphens.
 */
const TIME = /^(\d{9,19}|20\d\d-?[01]\d-?[0-3]\d([T _.-].*)?)$/i

const NUMBER = /^\d+([._-]\d+)*$/

/** A number of five digits or more, also after a word; a UUID, a hash, a cloud's instance. */
const ID =
  /^([a-z]+[-_.])*(\d{5,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,})$/i
