import { isBound, isTerminal, isTerminating } from '../../daemonset/pod-state.ts'
import type { Pod } from '../../kubernetes/objects.ts'
import { milliseconds } from './time.ts'

/**
 * Where a pod stands on its way out. `in-grace`: asked to stop, with time left; `overdue`: its time is up and it is still there;
 * `unbound`: waits for the scheduler; `terminal`: has ended and nobody has deleted it.
 */
export type PodState = 'live' | 'in-grace' | 'overdue' | 'terminal' | 'unbound'

/** A claimed pod on a node where it should not be. Times are milliseconds. */
export interface PodFacts {
  readonly pod: Pod
  readonly name: string
  readonly state: PodState
  readonly created: number | undefined
  /** When the scheduler placed it: condition PodScheduled. */
  readonly bound: number | undefined
  /** Its `controller-revision-hash`. */
  readonly hash: string | undefined
  /** Whether it was made from the current template; undefined where that cannot be told. */
  readonly current: boolean | undefined
}

/** `deletionTimestamp` already holds the grace period: it is the moment by which the kubelet should be done. */
export function podState(pod: Pod, now: number): PodState {
  if (isTerminating(pod))
    return now < Date.parse(pod.metadata.deletionTimestamp ?? '') ? 'in-grace' : 'overdue'
  if (isTerminal(pod)) return 'terminal'
  return isBound(pod) ? 'live' : 'unbound'
}

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
    hash: pod.metadata.labels?.['controller-revision-hash'],
    current: isCurrent(pod),
  }
}
