import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import type { Recount } from '../../daemonset/recount.ts'
import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import type { DaemonSetFacts, Misscheduling, NodeFacts } from '../facts/facts.ts'
import type { Cache } from '../facts/snapshot-index.ts'
import { taintedBy } from './taint-history.ts'
import { type Spread, spreadOf } from './taint-spread.ts'

/** How a pod was bound to a node before the node had its taint. */
export interface EarlyBinding {
  readonly taint: Taint
  /**
   * `re-registered`: the pod is older than the Node object. `born-untainted`: it was bound after
   * the node joined and before the taint was added.
   */
  readonly state: 're-registered' | 'born-untainted'
  readonly spread: Spread
  /** How many nodes with the same taint have no pod of the DaemonSet. */
  readonly without: number
}

/** A taint list last written within this time after the node joined was written for the joining. */
const SETTLED_MS = 10 * 60_000

/** undefined: nothing shows that the pod was there before the taint in the race of joining. */
export function earlyBinding(misscheduling: Misscheduling, taint: Taint): EarlyBinding | undefined {
  const { facts, node, pod } = misscheduling
  const joined = milliseconds(node.node.metadata.creationTimestamp)
  const bound = pod.bound ?? pod.created
  if (joined === undefined || bound === undefined || pod.state === 'unbound') return undefined
  const spread = spreadOf(facts.index, node.node, taint)
  const without = peersWithout(facts, spread)
  if (Math.min(bound, pod.created ?? bound) < joined)
    return isAddedLater(node, taint, joined)
      ? undefined
      : { taint, state: 're-registered', spread, without }
  return isBornUntainted(misscheduling, { taint, spread, without, joined, bound })
    ? { taint, state: 'born-untainted', spread, without }
    : undefined
}

function isBornUntainted(
  { node }: Misscheduling,
  {
    taint,
    spread,
    without,
    joined,
    bound,
  }: Omit<EarlyBinding, 'state'> & { readonly joined: number; readonly bound: number },
): boolean {
  if (bound - joined > JOINING_MS) return false
  const tainted = taintedBy(node, taint)
  const isByHand = /^kubectl/.test(node.taintsWritten?.manager ?? '')
  // Peers with the taint and without the pod show that such nodes should have the taint. If other
  // nodes lack it, it was just added.
  if (tainted !== undefined && tainted.at >= bound && tainted.at - joined <= SETTLED_MS)
    return without > 0 || (spread.total === 1 && !isByHand)
  return (
    !isAddedLater(node, taint, joined) && without > 0 && without >= (spread.tainted.length - 1) / 2
  )
}

/**
 * Whether the taint was added after the node had settled. A later write by a person shows it; one by
 * a controller may have changed another taint of the list.
 */
function isAddedLater(node: NodeFacts, taint: Taint, joined: number): boolean {
  const tainted = taintedBy(node, taint)
  const isByHand = /^kubectl/.test(node.taintsWritten?.manager ?? '')
  return tainted !== undefined && tainted.at - joined > SETTLED_MS && (tainted.exact || isByHand)
}

/** How many nodes with the taint have no pod of the DaemonSet. */
function peersWithout(facts: DaemonSetFacts, { tainted }: Spread): number {
  if (tainted.length < 2) return 0
  // Every pod of a DaemonSet on a tainted pool asks the same.
  const known = facts.index.cached(PEERS, `${facts.namespace}/${facts.name}`, () => new Map())
  const count = known.get(tainted) ?? countWithout(facts.recount, tainted)
  known.set(tainted, count)
  return count
}

const PEERS: Cache<Map<readonly Node[], number>> = {}

function countWithout({ claimed }: Recount, tainted: readonly Node[]): number {
  const taken = new Set(claimed.map(targetNodeName))
  return tainted.filter(({ metadata }) => !taken.has(metadata.name)).length
}

/** A pod that is bound later than this after its node joined was not bound in the race of joining. */
export const JOINING_MS = 2 * 60_000
