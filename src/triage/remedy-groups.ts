import { plain } from '../words/words.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Remedy, RemedyKind } from './remedies/remedy.ts'

/** A remedy of one finding, with the diagnosis it belongs to. */
export interface DiagnosedRemedy {
  readonly diagnosis: Diagnosis
  readonly remedy: Remedy
  /** Nodes of its finding. */
  readonly nodes: readonly string[]
}

/** Equal remedies of one or more DaemonSets. */
export type RemedyGroup = readonly [DiagnosedRemedy, ...DiagnosedRemedy[]]

/**
 * The remedies in groups of equal ones, in the given order. `several`: they are of more than one
 * DaemonSet.
 */
export function groupsOf(
  diagnosed: readonly DiagnosedRemedy[],
  several: boolean,
): readonly RemedyGroup[] {
  const groups = new Map<string, [DiagnosedRemedy, ...DiagnosedRemedy[]]>()
  for (const one of diagnosed) {
    const id = identity(one.remedy, several)
    const group = groups.get(id)
    if (group) group.push(one)
    else groups.set(id, [one])
  }
  return absorbed([...groups.values()])
}

// Waiting is the same whatever the reason, unless something is done meanwhile or it is the answer
// to a question. Repairs of nodes are one job. Other remedies for one DaemonSet are the same if their
// titles are; the titles of tolerations, deletions and recounts name what differs.
function identity(remedy: Remedy, several: boolean): string {
  const { kind, horizon, tempting, recommended, answer, title } = remedy
  if (remedy.repair) return JSON.stringify([kind, horizon, recommended])
  if (kind === 'none') return JSON.stringify([kind, horizon, tempting])
  if (kind === 'wait' && remedy.commands === undefined && answer === undefined)
    return JSON.stringify([kind, horizon, tempting, several && recommended])
  return JSON.stringify([
    kind,
    horizon,
    tempting,
    recommended,
    answer,
    several ? what(remedy) : plain(title),
  ])
}

function what(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'tolerate':
      return [...tolerated([remedy])].sort().join(' ') || plain(remedy.title)
    case 'delete-pod':
    case 'recount':
      return ''
    default:
      return plain(remedy.title)
  }
}

/** Remedies that are about nodes: one for more nodes includes one for some of them. */
const ABOUT_NODES: ReadonlySet<RemedyKind> = new Set([
  'fix-node',
  'unblock-drain',
  'remove-taint',
  'register-with-taints',
])

/** Puts a group about nodes into one about the same nodes and more, which then leads. */
function absorbed(groups: readonly RemedyGroup[]): readonly RemedyGroup[] {
  const kept: RemedyGroup[] = []
  for (const group of groups) {
    const index = kept.findIndex((other) => isComparable(group, other))
    const other = kept[index]
    if (!other) kept.push(group)
    else kept[index] = includes(other, group) ? [...other, ...group] : [...group, ...other]
  }
  return kept
}

function isComparable(one: RemedyGroup, other: RemedyGroup): boolean {
  const [{ remedy: a }, { remedy: b }] = [one[0], other[0]]
  return (
    ABOUT_NODES.has(a.kind) &&
    a.kind === b.kind &&
    a.horizon === b.horizon &&
    a.tempting === b.tempting &&
    a.recommended === b.recommended &&
    taintOf(a) === taintOf(b) &&
    (includes(one, other) || includes(other, one))
  )
}

/** The taint that it removes; undefined for remedies of other kinds. */
function taintOf({ change }: Remedy): string | undefined {
  return change?.kind === 'remove-taint' ? `${change.key}:${change.effect}` : undefined
}

function includes([{ nodes }]: RemedyGroup, [other]: RemedyGroup): boolean {
  return other.nodes.every((node) => nodes.includes(node))
}

/** The group without remedies about nodes that its first one is about too. */
export function needed(group: RemedyGroup): readonly DiagnosedRemedy[] {
  const [first] = group
  return ABOUT_NODES.has(first.remedy.kind)
    ? group.filter((one) => one === first || !includes([first], [one]))
    : group
}

/** The taint keys that the remedies tolerate, each once. */
export function tolerated(remedies: readonly Remedy[]): readonly string[] {
  const keys = remedies.flatMap(({ change }) =>
    change?.kind === 'tolerate' ? change.tolerations.map(({ key }) => key ?? '') : [],
  )
  return [...new Set(keys)]
}
