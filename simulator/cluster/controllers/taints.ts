import type { Node, Taint } from '../../../src/kubernetes/objects.ts'
import { recordWrite } from '../managed-fields.ts'
import type { ObjectStore } from '../object-store.ts'

/**
 * Adds a taint to the node, or replaces the one with the same key and effect. `manager`: the
 * client, for managedFields.
 */
export function taintNode(store: ObjectStore, name: string, taint: Taint, manager: string): void {
  changeTaints(store, name, manager, (taints) => [
    ...taints.filter(({ key, effect }) => key !== taint.key || effect !== taint.effect),
    taint,
  ])
}

/** Removes all taints with this key from the node. */
export function untaintNode(store: ObjectStore, name: string, key: string, manager: string): void {
  changeTaints(store, name, manager, (taints) => taints.filter((taint) => taint.key !== key))
}

/** Rewrites the taint list of a node. */
export function changeTaints(
  store: ObjectStore,
  name: string,
  manager: string,
  change: (taints: readonly Taint[]) => readonly Taint[],
): void {
  store.change('nodes', undefined, name, (node) =>
    withTaints(node, change(node.spec?.taints ?? []), manager, new Date().toISOString()),
  )
}

/** A copy of the node with these taints, written by `manager` at `time` (RFC 3339). */
export function withTaints(
  node: Node,
  taints: readonly Taint[],
  manager: string,
  time: string,
): Node {
  const { taints: _, ...spec } = node.spec ?? {}
  const metadata = recordWrite(node.metadata, {
    manager,
    apiVersion: 'v1',
    paths: [['spec', 'taints']],
    time,
  })
  return { ...node, metadata, spec: { ...spec, ...(taints.length > 0 && { taints }) } }
}
