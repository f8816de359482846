import type { Node } from '../kubernetes/objects.ts'
import type { Placement } from './decide.ts'
import { keepsPodsAway } from './tolerations.ts'

/** Nodes sorted into classes that a placement cannot tell apart, so that one decision serves all nodes of a class. */
export interface NodeShapes {
  /** The class of each node, by its place in the list. */
  readonly of: Uint32Array
  /** One node of each class. */
  readonly samples: readonly Node[]
}

// A list of nodes is looked at by many DaemonSets, most of which use the same few labels.
const cache = new WeakMap<readonly Node[], Map<string, NodeShapes>>()

/** The classes of these nodes for this placement: by taints, by the labels it looks at, and by name where it looks at that. */
export function nodeShapes(nodes: readonly Node[], placement: Placement): NodeShapes {
  const keys = labelKeys(placement)
  const byName = looksAtName(placement)
  const id = `${byName ? 'name' : ''}\n${keys.join('\n')}`
  const known = cache.get(nodes) ?? new Map<string, NodeShapes>()
  cache.set(nodes, known)
  const shapes = known.get(id) ?? sort(nodes, keys, byName)
  known.set(id, shapes)
  return shapes
}

function sort(nodes: readonly Node[], keys: readonly string[], byName: boolean): NodeShapes {
  const of = new Uint32Array(nodes.length)
  const samples: Node[] = []
  const ids = new Map<string, number>()
  nodes.forEach((node, index) => {
    const shape = describe(node, keys, byName)
    let id = ids.get(shape)
    if (id === undefined) {
      id = samples.push(node) - 1
      ids.set(shape, id)
    }
    of[index] = id
  })
  return { of, samples }
}

// The time of a taint is part of it, since reasons repeat it.
function describe(node: Node, keys: readonly string[], byName: boolean): string {
  const labels = node.metadata.labels ?? {}
  let text = byName ? node.metadata.name : ''
  for (const taint of node.spec?.taints ?? []) {
    if (keepsPodsAway(taint))
      text += `\n${taint.key}=${taint.value ?? ''}:${taint.effect}@${taint.timeAdded ?? ''}`
  }
  for (const key of keys) text += Object.hasOwn(labels, key) ? `\n=${labels[key]}` : '\n!'
  return text
}

function labelKeys({ nodeSelector, terms, namespaceSelector }: Placement): readonly string[] {
  const keys = new Set(nodeSelector.map(([key]) => key))
  for (const term of terms ?? []) for (const { key } of term.matchExpressions ?? []) keys.add(key)
  for (const { key } of namespaceSelector?.requirements ?? []) keys.add(key)
  return [...keys].sort()
}

function looksAtName({ nodeName, terms }: Placement): boolean {
  return nodeName !== '' || (terms ?? []).some((term) => (term.matchFields ?? []).length > 0)
}
