import { isAvailable, isTerminating } from '../../src/daemonset/pod-state.ts'
import type { Recount } from '../../src/daemonset/recount.ts'
import { isRollingUpdate, rollingUpdateLimits } from '../../src/daemonset/rollout.ts'
import type { DaemonSet, Pod } from '../../src/kubernetes/objects.ts'

/** Pods of a former template that the roll-out deletes now, so that no more pods are unavailable than it may have. Nodes that should have no pod count as well. */
export function oldPodsToDelete(
  daemonSet: DaemonSet,
  { nodes, claimed, count }: Recount,
  hash: string,
  now: string,
): Pod[] {
  if (!isRollingUpdate(daemonSet)) return []
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0
  const available = (pod: Pod) => isAvailable(pod, minReadySeconds, now)
  let unavailable = 0
  const broken: Pod[] = []
  const serving: Pod[] = []
  const byName = new Map(claimed.map((pod) => [pod.metadata.name, pod]))
  for (const { pods } of nodes) {
    if (pods.length === 0) continue
    const live = pods.flatMap((name) => byName.get(name) ?? []).filter((pod) => !isTerminating(pod))
    const current = live.find((pod) => pod.metadata.labels?.['controller-revision-hash'] === hash)
    const old = live.find((pod) => pod.metadata.labels?.['controller-revision-hash'] !== hash)
    if (current ? !available(current) : !old) unavailable++
    if (current || !old) continue
    if (available(old)) serving.push(old)
    else broken.push(old)
  }
  const { maxUnavailable } = rollingUpdateLimits(daemonSet, count.desiredNumberScheduled)
  return [...broken, ...serving.slice(0, Math.max(0, maxUnavailable - unavailable))]
}
