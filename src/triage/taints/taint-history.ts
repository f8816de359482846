import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import type { NodeFacts } from '../facts/facts.ts'
import { taintTime } from './taints.ts'

/** What can be said of when a taint came, and by whom. */
export function taintHistory({ node, taintsWritten }: NodeFacts, taint: Taint): Words {
  const said = taintTime(taint)
  const writer =
    taintsWritten &&
    words`the taint list was last written by ${code(taintsWritten.manager)}${writtenAt(taintsWritten.time)}`
  if (said)
    return words`put on at ${time(said.at)} (${said.from === 'value' ? "the taint's own value" : 'its timeAdded'})${writer ? words`; ${writer}` : ''}`
  if (writer) return words`${writer}; this taint is as old or older`
  return node.metadata.managedFields === undefined
    ? [
        'who put it on, and when, cannot be told: managedFields are missing (kubectl shows them with --show-managed-fields)',
      ]
    : ['who put it on, and when, cannot be told: no managedFields entry holds the taints']
}

/** The latest moment at which the taint can have come, in milliseconds, and whether it is the very moment. */
export function taintedBy(
  { taintsWritten }: NodeFacts,
  taint: Taint,
): { readonly at: number; readonly exact: boolean } | undefined {
  const said = milliseconds(taintTime(taint)?.at)
  if (said !== undefined) return { at: said, exact: true }
  const written = milliseconds(taintsWritten?.time)
  return written === undefined ? undefined : { at: written, exact: false }
}

function writtenAt(at: string | undefined): Words {
  return at ? words` at ${time(at)}` : []
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
