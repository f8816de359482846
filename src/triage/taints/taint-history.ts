import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import type { NodeFacts } from '../facts/facts.ts'
import { knownTaint, taintTime } from './taints.ts'

/** What is known about when a taint was added, and by whom. */
export function taintHistory({ node, taintsWritten }: NodeFacts, taint: Taint): Words {
  const added = taintTime(taint)
  const writer =
    taintsWritten &&
    words`the taint list was last changed by ${code(taintsWritten.manager)}${writtenAt(taintsWritten.time)}`
  if (added)
    return words`added at ${time(added.at)} (${added.from === 'value' ? "the taint's value" : 'timeAdded'})${writer ? words`; ${writer}` : ''}`
  if (taintsWritten?.time)
    return words`tainted at ${time(taintsWritten.time)} or earlier: ${code(taintsWritten.manager)} last changed the taint list then`
  if (writer) return words`${writer}, at an unknown time`
  return node.metadata.managedFields === undefined
    ? [
        'it is unknown who added it, and when: managedFields are missing (kubectl needs --show-managed-fields)',
      ]
    : ['it is unknown who added it, and when: no managedFields entry includes the taints']
}

/**
 * The latest time at which the taint can have been added, in milliseconds since 1970. `exact`: it
 * was added at that time.
 */
export function taintedBy(
  { taintsWritten }: NodeFacts,
  taint: Taint,
): { readonly at: number; readonly exact: boolean } | undefined {
  const added = milliseconds(taintTime(taint)?.at)
  if (added !== undefined) return { at: added, exact: true }
  const written = milliseconds(taintsWritten?.time)
  return written === undefined ? undefined : { at: written, exact: false }
}

/**
 * Whether the last change of the taint list was of another taint: the node lifecycle controller
 * writes only the taints of node conditions.
 */
export function isOfAnotherTaint({ taintsWritten }: NodeFacts, { key }: Taint): boolean {
  return (
    taintsWritten?.manager === 'kube-controller-manager' &&
    knownTaint(key).class !== 'node-condition'
  )
}

/** What may add a removed taint to this node again, judging by its labels and annotations. */
export function taintManager({ metadata }: Node): Words | undefined {
  const pool = metadata.labels?.['karpenter.sh/nodepool']
  if (pool)
    return words`Karpenter's NodePool ${code(pool)} manages the node: check whether its taints or startupTaints include this one`
  const machine = metadata.annotations?.['cluster.x-k8s.io/machine']
  return machine
    ? words`Cluster API's Machine ${code(machine)} manages the node: if its taints include this one, it comes back after you remove it`
    : undefined
}

function writtenAt(at: string | undefined): Words {
  return at ? words` at ${time(at)}` : []
}
