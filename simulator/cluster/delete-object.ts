import type { ObjectMeta, Pod } from '../../src/kubernetes/objects.ts'
import type { ObjectStore } from './object-store.ts'
import type { Objects, Resource } from './resources.ts'

/**
 * Begins a deletion, as the API server does: with a grace period for pods that a kubelet may still have to stop, and with the object
 * kept while it has finalizers. Returns the object as it is then, or as it last was.
 */
export function deleteObject<R extends Resource>(
  store: ObjectStore,
  resource: R,
  object: Objects[R],
  graceSeconds?: number,
): Objects[R] {
  const grace = resource === 'pods' ? podGrace(object as Pod, graceSeconds) : 0
  const marked = markDeleted(object, grace)
  if (grace > 0 || (object.metadata.finalizers?.length ?? 0) > 0)
    return store.update(resource, marked)
  store.remove(resource, object.metadata.namespace, object.metadata.name)
  return marked
}

/** A pod that no kubelet has, or whose containers have ended, needs no grace. */
function podGrace({ spec, status }: Pod, asked: number | undefined): number {
  const ended = status?.phase === 'Failed' || status?.phase === 'Succeeded'
  return !spec?.nodeName || ended ? 0 : (asked ?? spec.terminationGracePeriodSeconds ?? 30)
}

/** A second deletion can only bring the end nearer. */
function markDeleted<T extends { readonly metadata: ObjectMeta }>(object: T, grace: number): T {
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata
  if (deletionTimestamp !== undefined && (deletionGracePeriodSeconds ?? 0) <= grace) return object
  const asked =
    deletionTimestamp === undefined
      ? Date.now()
      : Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds ?? 0) * 1000
  const end = new Date(asked + grace * 1000).toISOString().replace(/\.\d+/, '')
  return {
    ...object,
    metadata: { ...object.metadata, deletionTimestamp: end, deletionGracePeriodSeconds: grace },
  }
}
