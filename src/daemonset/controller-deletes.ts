import type { DaemonSet, Pod } from '../kubernetes/objects.ts'
import { isAvailable, isBound, isReady, isTerminal, isTerminating } from './pod-state.ts'
import { allowsSurge } from './update-strategy.ts'

export interface Rules {
  /** `controller-revision-hash` of the current template; undefined: not known, and surplus pods are left alone under maxSurge. */
  readonly hash: string | undefined
  /** RFC 3339. */
  readonly now: string
}

/** The pods on one node that the controller's next sync deletes, its back-off being idle. A pod that is terminating already is never touched. */
export function deletesOnNode(
  daemonSet: DaemonSet,
  pods: readonly Pod[],
  shouldContinueRunning: boolean,
  rules: Rules,
): readonly Pod[] {
  const [only] = pods
  // The usual node: one pod, which runs and may.
  if (pods.length === 1 && only && shouldContinueRunning && !isTerminal(only)) return NONE
  const live = pods.filter((pod) => !isTerminating(pod))
  if (!shouldContinueRunning) return live
  const failed = live.filter(({ status }) => status?.phase === 'Failed')
  const succeeded = live.filter(({ status }) => status?.phase === 'Succeeded')
  const running = live.filter((pod) => !failed.includes(pod) && !succeeded.includes(pod))
  // The back-off is kept for each node: one failed pod is deleted in one sync.
  return [...failed.slice(0, 1), ...succeeded, ...surplus(daemonSet, running, rules)]
}

const NONE: readonly Pod[] = []

/** Unbound pods that are pinned to a node which is gone. Bound ones are left to the pod garbage collector. */
export function deletesWithoutNode(strays: readonly Pod[]): readonly Pod[] {
  return strays.filter((pod) => !isBound(pod) && !isTerminating(pod))
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
