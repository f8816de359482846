import type { DaemonSet, Node, Taint, Toleration } from '../kubernetes/objects.ts'
import { matchesToleration } from './tolerations.ts'

/** A change to the world or to the template, tried before it is offered. Nodes and pods go by name, the pods in the DaemonSet's namespace. */
export type Change =
  /** Adds tolerations to the template's own. */
  | { readonly kind: 'tolerate'; readonly tolerations: readonly Toleration[] }
  | { readonly kind: 'delete-pods'; readonly pods: readonly string[] }
  /** Puts the taint on; it takes the place of one with the same key and effect, as `kubectl taint --overwrite` does. */
  | { readonly kind: 'taint'; readonly nodes: readonly string[]; readonly taint: Taint }
  /** Takes off the taints of this key, of one effect or of all. */
  | {
      readonly kind: 'remove-taint'
      readonly nodes: readonly string[]
      readonly key: string
      readonly effect?: string
    }
  | { readonly kind: 'delete-node'; readonly nodes: readonly string[] }
  /** Touches the DaemonSet, so that the controller counts again. */
  | { readonly kind: 'recount' }

/** The DaemonSet after the change: the same object where its template stays as it is. */
export function changedDaemonSet(daemonSet: DaemonSet, change: Change): DaemonSet {
  if (change.kind !== 'tolerate') return daemonSet
  const { template } = daemonSet.spec
  const own = template.spec?.tolerations ?? []
  const added = change.tolerations.filter(
    (toleration) => !own.some((other) => equalTolerations(toleration, other)),
  )
  if (added.length === 0) return daemonSet
  const spec = { ...template.spec, tolerations: [...own, ...added] }
  return { ...daemonSet, spec: { ...daemonSet.spec, template: { ...template, spec } } }
}

/** The nodes with their taints after the change, each in its place; the same array where they stay, and the same one again for an equal change. */
export function changedNodes(nodes: readonly Node[], change: Change): readonly Node[] {
  if (change.kind !== 'taint' && change.kind !== 'remove-taint') return nodes
  const known = cache.get(nodes) ?? new Map<string, readonly Node[]>()
  cache.set(nodes, known)
  const id = JSON.stringify(change)
  const names = new Set(change.nodes)
  const changed =
    known.get(id) ??
    nodes.map((node) => (names.has(node.metadata.name) ? withTaints(node, change) : node))
  known.set(id, changed)
  return changed
}

// One change to a node pool is tried on every DaemonSet, and a list of nodes is costly to look through.
const cache = new WeakMap<readonly Node[], Map<string, readonly Node[]>>()

function withTaints(node: Node, change: Extract<Change, { kind: 'taint' | 'remove-taint' }>): Node {
  const taints = node.spec?.taints ?? []
  if (change.kind === 'remove-taint') {
    const { key, effect } = change
    const kept = taints.filter(
      (taint) => taint.key !== key || (effect !== undefined && taint.effect !== effect),
    )
    return { ...node, spec: { ...node.spec, taints: kept } }
  }
  const { taint } = change
  const others = taints.filter(({ key, effect }) => key !== taint.key || effect !== taint.effect)
  return { ...node, spec: { ...node.spec, taints: [...others, taint] } }
}

function equalTolerations(one: Toleration, other: Toleration): boolean {
  return matchesToleration(one, other) && one.tolerationSeconds === other.tolerationSeconds
}
