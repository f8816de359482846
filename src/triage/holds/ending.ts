import { isReadyNode } from '../../daemonset/object-state.ts'
import { isRollingUpdate } from '../../daemonset/rollout.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { controllerManager } from '../facts/controller-manager.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import { rolloutState } from '../remedies/rollout-state.ts'

/**
 * How the pods go from a node that should not run them, without anybody's help. `ended`: they have
 * ended, and the controller deletes them. `overdue`: it should have done so by now. `stopping`:
 * they are in their grace period, until `at`. `rollout`: a rollout under way deletes them; `at` is
 * an estimate of its end. The controller creates none there in their place.
 */
export type Ending =
  | { readonly kind: 'ended' | 'overdue' }
  | { readonly kind: 'stopping'; readonly at: string }
  | { readonly kind: 'rollout'; readonly estimate: Estimate | undefined }

/** When a rollout should end, and the numbers that this rests on. */
export interface Estimate {
  /** RFC 3339. */
  readonly at: string
  /** Pods of older templates left, on all nodes. */
  readonly left: number
  /** The newest pods of the current template, and the time in which they were created. */
  readonly created: number
  readonly inMs: number
}

/**
 * How the pods on this node go on their own; undefined if one of them stays, or if nothing shows
 * that it goes. For a pod that the controller deletes because of its placement, see the holds.
 */
export function endingOf(facts: DaemonSetFacts, node: NodeFacts): Ending | undefined {
  if (node.controllerDeletes || node.pods.length === 0) return undefined
  const states = new Set(node.pods.map(({ state }) => state))
  if (states.has('overdue')) return undefined
  const isReady = isReadyNode(node.node)
  if (states.has('live') || states.has('unbound'))
    return isReady && isRolledOut(facts, node) ? rollout(facts) : undefined
  if (states.has('in-grace')) return isReady ? stopping(node) : undefined
  return { kind: isOverdue(facts, node) ? 'overdue' : 'ended' }
}

/** The later of two endings of one kind. */
export function later(one: Ending | undefined, other: Ending | undefined): Ending | undefined {
  return one?.kind === 'stopping' && other?.kind === 'stopping' && other.at > one.at ? other : one
}

/** For sorting: what a person has to act on soonest comes first. */
export function endingUrgency(ending: Ending | undefined): number {
  return URGENCY.indexOf(ending?.kind)
}

const URGENCY: readonly (Ending['kind'] | undefined)[] = [
  'rollout',
  undefined,
  'overdue',
  'stopping',
  'ended',
]

function stopping({ pods }: NodeFacts): Ending {
  const ends = pods.flatMap(({ pod }) => pod.metadata.deletionTimestamp ?? []).sort()
  return { kind: 'stopping', at: ends.at(-1) ?? '' }
}

function isRolledOut(facts: DaemonSetFacts, { pods }: NodeFacts): boolean {
  return (
    isRollingUpdate(facts.daemonSet) &&
    pods.every(({ state, current }) => current === false || state !== 'live') &&
    pods.every(({ state, current }) => current === false || state !== 'unbound') &&
    rolloutState(facts).state === 'going-on'
  )
}

function rollout(facts: DaemonSetFacts): Ending {
  return { kind: 'rollout', estimate: estimateOf(facts) }
}

/** The pace of the last few pods says more than that of a rollout that was once stuck. */
const MOST_STEPS = 10

function estimateOf(facts: DaemonSetFacts): Estimate | undefined {
  const { left, created } = rolloutState(facts)
  const steps = created.slice(0, MOST_STEPS)
  const [newest, oldest] = [steps[0], steps.at(-1)]
  if (newest === undefined || oldest === undefined || newest === oldest) return undefined
  // The first of them was created before the time that is measured.
  const each = (newest - oldest) / (steps.length - 1)
  const end = facts.index.now + left.length * each
  return {
    at: rfc3339(Math.ceil(end / MINUTE_MS) * MINUTE_MS),
    left: left.length,
    created: steps.length,
    inMs: newest - oldest,
  }
}

const MINUTE_MS = 60_000

// The controller waits at most 15 min between two failed pods on one node.
const BACK_OFF_MS = 16 * MINUTE_MS

function isOverdue({ index }: DaemonSetFacts, { pods }: NodeFacts): boolean {
  if (controllerManager(index).state === 'stale') return true
  const ends = pods.map(endedAt)
  return ends.every((end) => end !== undefined && index.now - end > BACK_OFF_MS)
}

/** Its conditions change when it ends: Ready, and DisruptionTarget if it was evicted. */
function endedAt({ pod: { status } }: PodFacts): number | undefined {
  const times = (status?.conditions ?? []).flatMap(
    ({ lastTransitionTime }) => milliseconds(lastTransitionTime) ?? [],
  )
  return times.length > 0 ? Math.max(...times) : undefined
}
