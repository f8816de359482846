import type { Node, Taint } from '../../kubernetes/objects.ts'
import { code, type Words, words } from '../../words/words.ts'
import type { Cache, SnapshotIndex } from '../facts/snapshot-index.ts'
import { tellingValue } from './taint-value.ts'

/** How many nodes have a taint, inside and outside a node pool. */
export interface Spread {
  /** The pool label and its value, if the node has one of the known labels. */
  readonly pool: { readonly label: string; readonly name: string } | undefined
  /**
   * Nodes of the pool (without a pool: of the cluster) with the same key, telling value and effect.
   */
  readonly tainted: readonly Node[]
  /** Number of nodes of the pool, or of the cluster. */
  readonly total: number
  /** Nodes outside the pool, with and without the taint. */
  readonly outside: { readonly tainted: number; readonly clean: readonly Node[] }
}

/** Counts the nodes with this taint, once for all nodes of a pool. */
export function spreadOf(index: SnapshotIndex, node: Node, taint: Taint): Spread {
  const pool = poolOf(node)
  const id = JSON.stringify([
    pool?.label,
    pool?.name,
    taint.key,
    tellingValue(index, taint),
    taint.effect,
  ])
  return index.cached(SPREADS, id, () => measure(index, pool, taint))
}

/** "3 of 3 nodes in pool `gpu` have it, and none elsewhere". */
export function spreadWords({ pool, tainted, total, outside }: Spread): Words {
  const where = pool ? words`nodes in pool ${code(pool.name)}` : ['nodes in the cluster']
  const others = pool
    ? `, ${outside.tainted === 0 ? 'and none elsewhere' : `and ${outside.tainted} elsewhere`}`
    : ''
  if (pool && total === 1) return words`the only node in pool ${code(pool.name)} has it${others}`
  return words`${tainted.length} of ${total} ${where} ${tainted.length === 1 ? 'has' : 'have'} it${others}`
}

const SPREADS: Cache<Spread> = {}

const POOL_LABELS = [
  'karpenter.sh/nodepool',
  'eks.amazonaws.com/nodegroup',
  'alpha.eksctl.io/nodegroup-name',
  'cloud.google.com/gke-nodepool',
  'kubernetes.azure.com/agentpool',
  'agentpool',
  'kops.k8s.io/instancegroup',
  'worker.gardener.cloud/pool',
  'node.deckhouse.io/group',
  'doks.digitalocean.com/node-pool',
  'k8s.scaleway.com/pool-name',
  'lke.linode.com/pool-id',
  'node-group',
  'nodegroup',
  'node-pool',
  'nodepool',
  'pool',
] as const

function poolOf(node: Node): Spread['pool'] {
  const labels = node.metadata.labels ?? {}
  for (const label of POOL_LABELS) {
    const name = labels[label]
    if (name) return { label, name }
  }
  return undefined
}

function measure(index: SnapshotIndex, pool: Spread['pool'], taint: Taint): Spread {
  const inside: Node[] = []
  const others: Node[] = []
  for (const node of index.snapshot.nodes)
    (!pool || node.metadata.labels?.[pool.label] === pool.name ? inside : others).push(node)
  const value = tellingValue(index, taint)
  const has = ({ spec }: Node) =>
    (spec?.taints ?? []).some(
      (other) =>
        other.key === taint.key &&
        other.effect === taint.effect &&
        tellingValue(index, other) === value,
    )
  return {
    pool,
    tainted: inside.filter(has),
    total: inside.length,
    outside: { tainted: others.filter(has).length, clean: others.filter((node) => !has(node)) },
  }
}
