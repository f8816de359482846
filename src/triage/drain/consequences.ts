import type { Reason } from '../../daemonset/decide.ts'
import { isReadyNode } from '../../daemonset/object-state.ts'
import type { Node } from '../../kubernetes/objects.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import { reportsNotReady } from '../facts/readiness.ts'
import type { Cache, SnapshotIndex } from '../facts/snapshot-index.ts'
import { knownTaint } from '../taints/taints.ts'
import { type Drain, drainOf, isKnownOff } from './drain.ts'
import { type Leaving, leavingByTaint, leavingOf } from './leaving.ts'

/** A node that is being removed, and how far the removal is. */
export interface Removal {
  readonly leaving: Leaving
  readonly drain: Drain
}

/**
 * The removal that explains why the node is not Ready. undefined: the node is Ready, nothing shows
 * that it is leaving, or the removal was given up.
 */
export function removalOf(index: SnapshotIndex, node: Node): Removal | undefined {
  if (isReadyNode(node)) return undefined
  return index.cached(REMOVALS, node.metadata.name, () => ({ found: examine(index, node) })).found
}

/** Whether the pod should have stopped by now, and only a kubelet that is not Ready could say so. */
export function isHeldByKubelet({ state }: Pick<PodFacts, 'state'>, { node }: NodeFacts): boolean {
  return state === 'overdue' && !isReadyNode(node)
}

/**
 * Whether a failing reason only follows from another cause on the node, which then tells its whole
 * story. That a node is not Ready follows from its removal, from a machine that is known to be off,
 * and is what holds a pod that was deleted.
 */
export function isConsequence(
  { index }: Pick<DaemonSetFacts, 'index'>,
  node: NodeFacts,
  reason: Reason,
): boolean {
  if (reason.type !== 'UntoleratedTaint' || !reportsNotReady(reason.key)) return false
  if (isReadyNode(node.node)) return false
  if (node.controllerDeletes && node.pods.some((pod) => isHeldByKubelet(pod, node))) return true
  return node.verdict.reasons.some((other) => explains(index, node.node, other))
}

/** The nodes whose NotReady state ends with another cause, whatever becomes of this DaemonSet. */
export function explainedNodes(
  facts: Pick<DaemonSetFacts, 'index'>,
  nodes: readonly NodeFacts[],
): readonly NodeFacts[] {
  return nodes.filter(
    (node) =>
      removalOf(facts.index, node.node) !== undefined ||
      node.verdict.reasons.some((reason) => isConsequence(facts, node, reason)),
  )
}

const REMOVALS: Cache<{ readonly found: Removal | undefined }> = {}

function examine(index: SnapshotIndex, node: Node): Removal | undefined {
  const leaving = leavingOf(node)
  if (!leaving) return undefined
  const drain = drainOf(index, node, leaving)
  return drain.state === 'left-over' ? undefined : { leaving, drain }
}

/** Whether this reason is one whose cause says that the node is leaving, or that it is off. */
function explains(index: SnapshotIndex, node: Node, reason: Reason): boolean {
  if (reason.type !== 'UntoleratedTaint') return false
  const { key, value, effect, timeAdded } = reason
  const known = knownTaint(key)
  if (known.class !== 'going-away')
    return isKnownOff(node) && key === 'node.kubernetes.io/out-of-service'
  const taint = { key, effect, ...(value && { value }), ...(timeAdded && { timeAdded }) }
  return drainOf(index, node, leavingByTaint(node, taint)).state !== 'left-over'
}
