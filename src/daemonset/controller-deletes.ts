import type { DaemonSet, Pod } from '../kubernetes/objects.ts'
import { isAvailable, isBound, isReady, isTerminal, isTerminating } from './object-state.ts'
import { allowsSurge } from './rollout.ts'

interface Rules {
  /**
   * `controller-revision-hash` of the current template. undefined: unknown, so surplus pods stay
   * under maxSurge.
   */
  readonly hash: string | undefined
  /** RFC 3339. */
  readonly now: string
}

/**
 * The pods on one node that the controller's next sync deletes, unless it is backing off. Never
 * pods that are terminating already. Of several failed pods it deletes one, in no order: this is
 * the oldest.
 */
export function deletesOnNode(
  daemonSet: DaemonSet,
  pods: readonly Pod[],
  shouldContinueRunning: boolean,
  rules: Rules,
): readonly Pod[] {
  const [only] = pods
  // Most nodes: one running pod that may stay.
  if (pods.length === 1 && only && shouldContinueRunning && !isTerminal(only)) return NONE
  const live = pods.filter((pod) => !isTerminating(pod))
  if (!shouldContinueRunning) return live
  const failed = live.filter(({ status }) => status?.phase === 'Failed')
  const succeeded = live.filter(({ status }) => status?.phase === 'Succeeded')
  const running = live.filter((pod) => !failed.includes(pod) && !succeeded.includes(pod))
  // The back-off is per node, so one sync deletes at most one failed pod there.
  return [...failed.slice(0, 1), ...succeeded, ...surplus(daemonSet, running, rules)]
}

const NONE: readonly Pod[] = []

/**
 * Unbound pods pinned to a node that does not exist, also those that are terminating already: the
 * controller does not look, and the second request changes nothing. Bound ones are left to the pod
 * garbage collector.
 */
export function deletesWithoutNode(withoutNode: readonly Pod[]): readonly Pod[] {
  return withoutNode.filter((pod) => !isBound(pod))
}

function surplus(
  daemonSet: DaemonSet,
  running: readonly Pod[],
  { hash, now }: Rules,
): readonly Pod[] {
  if (running.length <= 1) return []
  if (!allowsSurge(daemonSet)) return running.slice(1)
  if (hash === undefined) return []
  const isNew = (pod: Pod) => pod.metadata.labels?.['controller-revision-hash'] === hash
  const oldestNew = running.find(isNew)
  const oldestOld = running.find((pod) => !isNew(pod))
  const extra = running.filter((pod) => pod !== oldestNew && pod !== oldestOld)
  if (!oldestNew || !oldestOld) return extra
  const replaced =
    !isReady(oldestOld) || isAvailable(oldestNew, daemonSet.spec.minReadySeconds ?? 0, now)
  return replaced ? [...extra, oldestOld] : extra
}
