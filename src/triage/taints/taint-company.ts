import { controllerRef } from '../../daemonset/claims.ts'
import { effectiveTolerations, toleratesTaint } from '../../daemonset/tolerations.ts'
import type { Node, Taint } from '../../kubernetes/objects.ts'
import { code, listed, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { namespaceOf } from '../facts/snapshot-index.ts'

/** What the other DaemonSets on the node make of the taint: that all others tolerate it says something of this one. */
export function neighbours(
  { index, namespace, name }: DaemonSetFacts,
  node: string,
  taint: Taint,
): Words | undefined {
  const seen = new Set<string>([`${namespace}/${name}`])
  const tolerant: string[] = []
  const others: string[] = []
  for (const pod of index.podsOn(node)) {
    const owner = controllerRef(pod)
    const id = `${namespaceOf(pod)}/${owner?.name}`
    if (owner?.kind !== 'DaemonSet' || seen.has(id)) continue
    seen.add(id)
    const daemonSet = index
      .daemonSetsIn(namespaceOf(pod))
      .find(({ metadata }) => metadata.name === owner.name)
    if (!daemonSet) continue
    const tolerates = effectiveTolerations(daemonSet.spec.template.spec).some((toleration) =>
      toleratesTaint(toleration, taint),
    )
    if (tolerates) tolerant.push(id)
    else others.push(id)
  }
  if (tolerant.length + others.length === 0) return undefined
  if (others.length === 0)
    return words`the other DaemonSets on ${code(node)} tolerate it: ${listed(tolerant)}`
  if (tolerant.length === 0)
    return words`the other DaemonSets on ${code(node)} do not tolerate it either: ${listed(others)}`
  return words`of the other DaemonSets on ${code(node)}, ${listed(tolerant)} tolerate it, ${listed(others)} do not`
}

/** Who may put a taint back on this node, as its labels and annotations tell. */
export function taintKeeper({ metadata }: Node): Words | undefined {
  const pool = metadata.labels?.['karpenter.sh/nodepool']
  if (pool)
    return words`the node comes from Karpenter's NodePool ${code(pool)}: see whether the taint is among its taints or startupTaints`
  const machine = metadata.annotations?.['cluster.x-k8s.io/machine']
  return machine
    ? words`the node is Cluster API's machine ${code(machine)}: a taint of the machine comes back when it is taken off the node`
    : undefined
}
