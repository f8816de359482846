import { isBound, isTerminal, isTerminating } from '../../daemonset/object-state.ts'
import type { ControllerRevision, DaemonSet, Pod } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'

/**
 * `in-grace`: terminating, with time left. `overdue`: terminating, and its grace period is over.
 * `unbound`: not scheduled yet. `terminal`: finished (Failed or Succeeded), but not deleted.
 * `live`: none of these.
 */
export type PodState = 'live' | 'in-grace' | 'overdue' | 'terminal' | 'unbound'

/** A state after "the pod is" or in a list. */
export const POD_STATES: Readonly<Record<PodState, string>> = {
  live: 'running',
  'in-grace': 'stopping, in its grace period',
  overdue: 'past its grace period',
  terminal: 'terminated',
  unbound: 'not scheduled',
}

/** A claimed pod on a misscheduled node. Times are milliseconds since 1970. */
export interface PodFacts {
  readonly pod: Pod
  readonly name: string
  readonly state: PodState
  readonly created: number | undefined
  /** When the scheduler bound it: condition PodScheduled. */
  readonly bound: number | undefined
  /** Its `controller-revision-hash`. */
  readonly hash: string | undefined
  /** Whether it was created from the current template; undefined if that is unknown. */
  readonly current: boolean | undefined
}

/**
 * The state at `now` (milliseconds). `deletionTimestamp` includes the grace period: the kubelet
 * should be done by then.
 */
export function podState(pod: Pod, now: number): PodState {
  if (isTerminating(pod))
    return now < Date.parse(pod.metadata.deletionTimestamp ?? '') ? 'in-grace' : 'overdue'
  if (isTerminal(pod)) return 'terminal'
  return isBound(pod) ? 'live' : 'unbound'
}

/**
 * The facts about one pod at `now` (milliseconds). `isCurrent` comes from `currentTemplateTest`.
 */
export function podFacts(
  pod: Pod,
  now: number,
  isCurrent: (pod: Pod) => boolean | undefined,
): PodFacts {
  const scheduled = pod.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'True',
  )
  return {
    pod,
    name: pod.metadata.name,
    state: podState(pod, now),
    created: milliseconds(pod.metadata.creationTimestamp),
    bound: milliseconds(scheduled?.lastTransitionTime),
    hash: hashOf(pod),
    current: isCurrent(pod),
  }
}

/**
 * A test for whether a pod was created from the current template: by its hash, otherwise by its
 * template generation, otherwise by comparison with the youngest pod's hash. It returns undefined
 * if that is unknown.
 */
export function currentTemplateTest(
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[],
  pods: readonly Pod[],
): (pod: Pod) => boolean | undefined {
  const hash = revisions[0]?.metadata.labels?.['controller-revision-hash']
  if (hash) return (pod) => hashOf(pod) === hash
  const generation = daemonSet.metadata.annotations?.['deprecated.daemonset.template.generation']
  if (generation && pods.some((pod) => pod.metadata.labels?.['pod-template-generation'])) {
    return (pod) => pod.metadata.labels?.['pod-template-generation'] === generation
  }
  // Pods with equal hashes may all be old. Only a pod that differs from a younger one is known to
  // be old.
  if (new Set(pods.map(hashOf).filter((one) => one !== undefined)).size < 2) return () => undefined
  const youngest = pods.reduce<Pod | undefined>(
    (best, pod) => (best && createdAt(best) >= createdAt(pod) ? best : pod),
    undefined,
  )
  return (pod) => (youngest && hashOf(pod) !== hashOf(youngest) ? false : undefined)
}

function hashOf(pod: Pod): string | undefined {
  return pod.metadata.labels?.['controller-revision-hash']
}

function createdAt(pod: Pod): number {
  return Date.parse(pod.metadata.creationTimestamp ?? '') || 0
}
