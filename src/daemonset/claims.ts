import type { DaemonSet, OwnerReference, Pod } from '../kubernetes/objects.ts'
import { matchesLabelSelector } from './label-selector.ts'
import { isTerminating } from './pod-state.ts'

/** The owner that controls an object: the first reference with `controller: true`. */
export function controllerRef(object: {
  readonly metadata: { readonly ownerReferences?: readonly OwnerReference[] }
}): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true)
}

/**
 * The pods that the controller takes for this DaemonSet's: those that it controls and whose labels match the selector,
 * and matching ones that nobody controls, which it adopts unless they or the DaemonSet are being deleted.
 */
export function claimedPods(daemonSet: DaemonSet, pods: readonly Pod[]): readonly Pod[] {
  const { namespace = 'default', name, uid = '', deletionTimestamp } = daemonSet.metadata
  const { controlled, orphans } = indexed(pods)
  const isOurs = (pod: Pod) => {
    const owner = controllerRef(pod)
    return (
      owner?.kind === 'DaemonSet' &&
      owner.name === name &&
      (pod.metadata.namespace ?? 'default') === namespace
    )
  }
  const owned = (controlled.get(uid) ?? []).filter(isOurs)
  const adopted = deletionTimestamp
    ? []
    : (orphans.get(namespace) ?? []).filter((pod) => !isTerminating(pod))
  return [...owned, ...adopted].filter((pod) =>
    matchesLabelSelector(daemonSet.spec.selector, pod.metadata.labels),
  )
}

interface PodIndex {
  /** By the uid of the controlling owner. */
  readonly controlled: ReadonlyMap<string, readonly Pod[]>
  /** Pods that nobody controls, by namespace. */
  readonly orphans: ReadonlyMap<string, readonly Pod[]>
}

// A list of pods is looked through by every DaemonSet: sort it once.
const indexes = new WeakMap<readonly Pod[], PodIndex>()

function indexed(pods: readonly Pod[]): PodIndex {
  const known = indexes.get(pods)
  if (known) return known
  const controlled = new Map<string, Pod[]>()
  const orphans = new Map<string, Pod[]>()
  for (const pod of pods) {
    const owner = controllerRef(pod)
    if (owner) append(controlled, owner.uid ?? '', pod)
    else append(orphans, pod.metadata.namespace ?? 'default', pod)
  }
  const index = { controlled, orphans }
  indexes.set(pods, index)
  return index
}

function append(lists: Map<string, Pod[]>, key: string, pod: Pod): void {
  const list = lists.get(key)
  if (list) list.push(pod)
  else lists.set(key, [pod])
}
