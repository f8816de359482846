import type { ControllerRevision, DaemonSet } from '../kubernetes/objects.ts'
import { controllerRef } from './claims.ts'

/** The ControllerRevisions of a DaemonSet, newest first. */
export function revisionsOf(
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[] | undefined,
): readonly ControllerRevision[] {
  const { namespace, uid } = daemonSet.metadata
  return (revisions ?? [])
    .filter(
      (revision) =>
        revision.metadata.namespace === namespace && controllerRef(revision)?.uid === uid,
    )
    .sort((a, b) => (b.revision ?? 0) - (a.revision ?? 0))
}

/** The `controller-revision-hash` that pods of the current template carry; undefined where the revisions were not read. */
export function currentRevisionHash(
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[] | undefined,
): string | undefined {
  return revisionsOf(daemonSet, revisions)[0]?.metadata.labels?.['controller-revision-hash']
}
