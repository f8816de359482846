import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import {
  isAvailable,
  isReadyNode,
  isTerminal,
  isTerminating,
} from '../../daemonset/object-state.ts'
import { isRollingUpdate, rollingUpdateLimits } from '../../daemonset/rollout.ts'
import type { Pod } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { listed, type Words, words } from '../../words/words.ts'
import { controllerManager } from '../facts/controller-manager.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { currentTemplateTest, podState } from '../facts/pod-facts.ts'
import { failureOf } from '../facts/pod-platform.ts'
import type { Cache } from '../facts/snapshot-index.ts'

/** Whether the current rollout proceeds, and what stops it. */
export interface RolloutState {
  /**
   * `going-on`: it proceeds. `blocked`: unavailable pods use up the limit. `stalled`: nothing holds
   * it, and the controller does not act. `none-desired`: no node should run the pod, and the limit
   * is a percentage of nothing. `surge-hangs`: an old controller tries to surge on the misscheduled
   * node and never deletes the pod there.
   */
  readonly state: 'going-on' | 'blocked' | 'stalled' | 'none-desired' | 'surge-hangs'
  /** maxSurge or maxUnavailable, in pods. */
  readonly limit: number
  /** Pods of the current template that are not available, on misscheduled nodes too. */
  readonly unavailable: readonly Pod[]
  /** Pods that use up the limit and do not become available or go away soon. */
  readonly stuck: readonly Pod[]
  /** Pods of older templates that it has not deleted yet, on misscheduled nodes too. */
  readonly left: readonly Pod[]
  /** When the newest pods of the current template were created, in milliseconds; newest first. */
  readonly created: readonly number[]
  readonly updated: number | undefined
  readonly desired: number
}

const STATES: Cache<RolloutState> = {}

/**
 * The state of the rollout, judging by the strategy, the pods, the controller's Lease and the server
 * version.
 */
export function rolloutState(facts: DaemonSetFacts): RolloutState {
  const id = `${facts.namespace}/${facts.name}`
  return facts.index.cached(STATES, id, () => examine(facts))
}

function examine(facts: DaemonSetFacts): RolloutState {
  const { daemonSet, recount, revisions } = facts
  const desired = recount.count.desiredNumberScheduled
  const { maxUnavailable, maxSurge } = rollingUpdateLimits(daemonSet, desired)
  const limit = maxSurge > 0 ? maxSurge : maxUnavailable
  const isCurrent = currentTemplateTest(daemonSet, revisions, recount.claimed)
  const current = recount.claimed.filter((pod) => isCurrent(pod) === true && !isTerminal(pod))
  const unavailable = current.filter((pod) => !available(facts, pod))
  const left = recount.claimed.filter(
    (pod) => isCurrent(pod) === false && !isTerminal(pod) && !isTerminating(pod),
  )
  const stuck = [
    ...unavailable.filter((pod) => !isStarting(facts, pod)),
    ...left.filter((pod) => isOnDeadNode(facts, pod)),
    ...recount.claimed.filter((pod) => isCurrent(pod) === false && isHanging(facts, pod)),
  ]
  const created = current
    .flatMap(({ metadata }) => milliseconds(metadata.creationTimestamp) ?? [])
    .sort((a, b) => b - a)
  const rollout = {
    limit,
    unavailable,
    stuck,
    left,
    created,
    updated: daemonSet.status?.updatedNumberScheduled,
    desired,
  }
  return { ...rollout, state: stateOf(facts, maxSurge > 0, rollout) }
}

function stateOf(
  facts: DaemonSetFacts,
  surges: boolean,
  rollout: Omit<RolloutState, 'state'>,
): RolloutState['state'] {
  const { daemonSet, recount, index } = facts
  if (surges && hangsWithSurge(index.snapshot.serverVersion)) return 'surge-hangs'
  const maxUnavailable = daemonSet.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1
  const isPercentOfNothing =
    isRollingUpdate(daemonSet) &&
    recount.count.desiredNumberScheduled === 0 &&
    typeof maxUnavailable === 'string'
  if (isPercentOfNothing && !surges) return 'none-desired'
  if (controllerManager(index).state === 'stale') return 'stalled'
  if (rollout.stuck.length >= rollout.limit && !hasSurplus(facts, surges)) return 'blocked'
  return isMoving(facts, rollout) ? 'going-on' : 'stalled'
}

// With maxSurge, available pods go from misscheduled nodes while more are available than desired,
// whatever uses up the limit.
function hasSurplus(facts: DaemonSetFacts, surges: boolean): boolean {
  const { recount } = facts
  const nodes = new Set(
    recount.claimed
      .filter((pod) => !isTerminating(pod) && available(facts, pod))
      .map(targetNodeName),
  )
  return surges && nodes.size > recount.count.desiredNumberScheduled
}

/** Whether nothing keeps pods from being available but that they have just been created. */
export function isOnlyStarting(facts: DaemonSetFacts): boolean {
  const waiting = facts.recount.claimed.filter(
    (pod) => !isTerminal(pod) && !isTerminating(pod) && !available(facts, pod),
  )
  return waiting.length > 0 && waiting.every((pod) => isStarting(facts, pod))
}

function available({ daemonSet, index }: DaemonSetFacts, pod: Pod): boolean {
  return isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, index.world.lists.now)
}

/** A pod that starts takes no longer than this and its minReadySeconds. */
const STARTING_MS = 10 * 60_000

/** Whether a pod is not available only because it is new: nothing shows that it fails. */
function isStarting(facts: DaemonSetFacts, pod: Pod): boolean {
  const created = milliseconds(pod.metadata.creationTimestamp)
  const { daemonSet, index } = facts
  const allowed = STARTING_MS + (daemonSet.spec.minReadySeconds ?? 0) * 1000
  if (created === undefined || isOnDeadNode(facts, pod)) return false
  const age = index.now - created
  const state = podState(pod, index.now)
  return state === 'unbound'
    ? age < SCHEDULING_MS
    : state === 'live' && age < allowed && failureOf(pod) === undefined
}

/** The scheduler binds a pod within this time, if it can. */
const SCHEDULING_MS = 60_000

function isOnDeadNode({ index }: DaemonSetFacts, pod: Pod): boolean {
  const node = index.node(targetNodeName(pod) ?? '')
  return node !== undefined && !isReadyNode(node)
}

/** Whether the pod was deleted and does not go away. */
function isHanging(facts: DaemonSetFacts, pod: Pod): boolean {
  const state = podState(pod, facts.index.now)
  return (
    !isTerminal(pod) && (state === 'overdue' || (state === 'in-grace' && isOnDeadNode(facts, pod)))
  )
}

/** If nothing holds it, the controller takes the next step within seconds of the last one. */
const NEXT_STEP_MS = 3 * 60_000

/** Whether something shows that it is between two steps, or no time of a step was read. */
function isMoving(
  facts: DaemonSetFacts,
  { unavailable, created, updated, desired }: Omit<RolloutState, 'state'>,
): boolean {
  const { recount, revisions, index } = facts
  if (
    unavailable.some((pod) => isStarting(facts, pod)) ||
    recount.claimed.some((pod) => podState(pod, index.now) === 'in-grace')
  )
    return true
  const began = milliseconds(revisions[0]?.metadata.creationTimestamp)
  const [last = began] = created
  const isUnknown = last === undefined || (created.length === 0 && (updated ?? 0) > 0)
  return isUnknown ? (updated ?? 0) < desired : index.now - last < NEXT_STEP_MS
}

/** How far the rollout is, for one line of evidence. */
export function rolloutEvidence({ updated, desired, limit, unavailable }: RolloutState): Words {
  const pods = unavailable.map(
    ({ metadata, spec }) => `${metadata.name}${spec?.nodeName ? ` on ${spec.nodeName}` : ''}`,
  )
  return words`rollout: ${updated === undefined ? 'an unknown number' : updated} of ${desired} updated, at most ${limit} may be unavailable${pods.length > 0 ? words`; not available: ${listed(pods)}` : ''}`
}

// https://github.com/kubernetes/kubernetes/pull/119317 (1.29); judging by their dates, backported
// to 1.28.3 and 1.27.7.
function hangsWithSurge(serverVersion: string | undefined): boolean {
  const version = /^v?1\.(\d+)\.(\d+)/.exec(serverVersion ?? '')
  const [minor = Number.POSITIVE_INFINITY, patch = 0] = (version?.slice(1) ?? []).map(Number)
  return minor < 27 || (minor === 27 && patch < 7) || (minor === 28 && patch < 3)
}
