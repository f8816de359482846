import type { DaemonSet, Node, Taint, Toleration } from '../kubernetes/objects.ts'
import { matchesToleration } from './tolerations.ts'

/**
 * A change to nodes, pods or the template whose effect `predict` computes. Pods are names in the
 * DaemonSet's namespace.
 */
export type Change =
  /** Adds tolerations to those of the template. */
  | { readonly kind: 'tolerate'; readonly tolerations: readonly Toleration[] }
  /** Replaces the tolerations of the template. */
  | { readonly kind: 'set-tolerations'; readonly tolerations: readonly Toleration[] }
  | { readonly kind: 'delete-pods'; readonly pods: readonly string[] }
  /** Replaces a taint with the same key and effect, like `kubectl taint --overwrite`. */
  | { readonly kind: 'taint'; readonly nodes: readonly string[]; readonly taint: Taint }
  /** Removes the taints with this key, of one effect or, without `effect`, of all. */
  | {
      readonly kind: 'remove-taint'
      readonly nodes: readonly string[]
      readonly key: string
      readonly effect?: string
    }
  | { readonly kind: 'delete-node'; readonly nodes: readonly string[] }
  /** Updates an annotation of the DaemonSet, so the controller recounts. */
  | { readonly kind: 'recount' }

/** A change to the taints of nodes. */
export type TaintChange = Extract<Change, { kind: 'taint' | 'remove-taint' }>

/** The DaemonSet after the change; the same object if the template does not change. */
export function changedDaemonSet(daemonSet: DaemonSet, change: Change): DaemonSet {
  if (change.kind === 'set-tolerations') return withTolerations(daemonSet, change.tolerations)
  if (change.kind !== 'tolerate') return daemonSet
  const own = daemonSet.spec.template.spec?.tolerations ?? []
  const added = change.tolerations.filter(
    (toleration) => !own.some((other) => equalTolerations(toleration, other)),
  )
  return added.length === 0 ? daemonSet : withTolerations(daemonSet, [...own, ...added])
}

function withTolerations(daemonSet: DaemonSet, tolerations: readonly Toleration[]): DaemonSet {
  const { template } = daemonSet.spec
  const spec = { ...template.spec, tolerations }
  return { ...daemonSet, spec: { ...daemonSet.spec, template: { ...template, spec } } }
}

/** Whether the change replaces nodes. Deleted nodes stay in the list; `predict` handles them. */
export function changesNodes(change: Change): change is TaintChange {
  return change.kind === 'taint' || change.kind === 'remove-taint'
}

/** The nodes with the changed taints, in the same order. */
export function changedNodes(nodes: readonly Node[], change: TaintChange): readonly Node[] {
  const names = new Set(change.nodes)
  return nodes.map((node) => (names.has(node.metadata.name) ? withTaints(node, change) : node))
}

function withTaints(node: Node, change: TaintChange): Node {
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
