import type { Pod } from '../../kubernetes/objects.ts'
import { type Cache, namespaceOf, type SnapshotIndex } from './snapshot-index.ts'

/**
 * The annotation, whatever its value, that lets the descheduler evict a pod although it belongs to a
 * DaemonSet. https://github.com/kubernetes-sigs/descheduler#pod-evictions
 */
export const EVICT_ANNOTATION = 'descheduler.alpha.kubernetes.io/evict'

/**
 * The name of a descheduler's pod, `namespace/name`; undefined if the snapshot has none. A CronJob's
 * pod counts also when it has ended. Its policy is in a ConfigMap, which is not read.
 */
export function deschedulerPod(index: SnapshotIndex): string | undefined {
  return index.cached(FOUND, '', () => {
    const found = index.snapshot.pods.filter(isDescheduler)
    const pod = found.find(({ status }) => status?.phase === 'Running') ?? found[0]
    return { name: pod && `${namespaceOf(pod)}/${pod.metadata.name}` }
  }).name
}

const FOUND: Cache<{ readonly name: string | undefined }> = {}

/** The labels of the chart and of the kustomize base, or the image of its own pods without labels. */
function isDescheduler({ metadata: { labels }, spec }: Pod): boolean {
  return (
    labels?.['app.kubernetes.io/name'] === 'descheduler' ||
    labels?.app === 'descheduler' ||
    (spec?.containers ?? []).some(({ image = '' }) => IMAGE.test(image))
  )
}

/** `registry.k8s.io/descheduler/descheduler:v0.36.0`, OpenShift's `ose-descheduler-rhel9@sha256:…`. */
const IMAGE = /(^|\/)(ose-)?descheduler(-rhel\d+)?([:@]|$)/
