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
  const { namespace, name, uid, deletionTimestamp } = daemonSet.metadata
  const index = indexed(pods)
  const candidates = [
    ...(index.get(ownerKey(namespace, 'DaemonSet', name, uid)) ?? []),
    ...(deletionTimestamp ? [] : (index.get(orphanKey(namespace)) ?? []).filter((pod) => !isTerminating(pod))),
  ]
  return candidates.filter((pod) => matchesLabelSelector(daemonSet.spec.selector, pod.metadata.labels))
}

// A list of pods is looked through by every DaemonSet: sort it once.
const indexes = new WeakMap<readonly Pod[], ReadonlyMap<string, readonly Pod[]>>()

function indexed(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const known = indexes.get(pods)
  if (known) return known
  const index = new Map<string, Pod[]>()
  for (const pod of pods) {
    const owner = controllerRef(pod)
    const { namespace } = pod.metadata
    const key = owner ? ownerKey(namespace, owner.kind, owner.name, owner.uid) : orphanKey(namespace)
    const list = index.get(key)
    if (list) list.push(pod)
    else index.set(key, [pod])
  }
  indexes.set(pods, index)
  return index
}

function ownerKey(namespace: string | undefined, kind: string, name: string, uid: string | undefined): string {
  return `${namespace ?? 'default'}/${kind}/${name}/${uid ?? ''}`
}

function orphanKey(namespace: string | undefined): string {
  return `${namespace ?? 'default'}/`
}
