import { isDeepStrictEqual } from 'node:util'
import { revisionsOf } from '../../src/daemonset/rollout.ts'
import type { ControllerRevision, DaemonSet } from '../../src/kubernetes/objects.ts'
import { templateHash } from './daemon-pod.ts'
import type { ObjectStore } from './object-store.ts'

/** The ControllerRevision of the template as it is now, made or moved to the front where need be. Returns its hash label. */
export function currentRevision(store: ObjectStore, daemonSet: DaemonSet): string {
  const revisions = revisionsOf(
    daemonSet,
    store.list('controllerrevisions', daemonSet.metadata.namespace),
  )
  const { $patch: _, ...newest } = (revisions[0]?.data?.spec?.template ?? {}) as Record<
    string,
    unknown
  >
  const same = revisions.find((one) =>
    isDeepStrictEqual(templateOf(one), templateOf(asRevision(daemonSet, '', 0))),
  )
  const next = (revisions[0]?.revision ?? 0) + 1
  if (same) {
    if (!isDeepStrictEqual(newest, templateOf(same)))
      store.update('controllerrevisions', { ...same, revision: next })
    return same.metadata.labels?.['controller-revision-hash'] ?? ''
  }
  const hash = templateHash(daemonSet)
  store.create('controllerrevisions', asRevision(daemonSet, hash, next))
  return hash
}

function templateOf({ data }: ControllerRevision): unknown {
  const { $patch: _, ...template } = (data?.spec?.template ?? {}) as Record<string, unknown>
  return template
}

/** How the controller keeps a template. */
function asRevision(daemonSet: DaemonSet, hash: string, revision: number): ControllerRevision {
  const { name, namespace, uid } = daemonSet.metadata
  const { template } = daemonSet.spec
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  return {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, 'controller-revision-hash': hash },
      ownerReferences: [owner],
    },
    revision,
    data: {
      spec: { template: { ...template, $patch: 'replace' } as DaemonSet['spec']['template'] },
    },
  } as ControllerRevision
}
