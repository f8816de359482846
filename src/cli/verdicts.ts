import { type NodeVerdict, recount } from '../daemonset/recount.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import { indexOf } from '../triage/facts/snapshot-index.ts'

/** The nodes to print of a diagnosis: the wrong ones that it holds, or every node. */
export function verdictsOf(
  snapshot: Snapshot,
  { namespace, name, nodes }: Diagnosis,
  which: 'wrong' | 'all',
): readonly NodeVerdict[] {
  const index = indexOf(snapshot)
  const daemonSet =
    which === 'all'
      ? index.daemonSetsIn(namespace).find((one) => one.metadata.name === name)
      : undefined
  return daemonSet ? recount(daemonSet, index.world).nodes : nodes
}
