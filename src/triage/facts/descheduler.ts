import type { Pod } from '../../kubernetes/objects.ts'
import type { PodSelection } from '../../kubernetes/question.ts'
import { type Cache, namespaceOf, type SnapshotIndex } from './snapshot-index.ts'

/**
 * The annotation, whatever its value, that lets the descheduler evict a pod although it belongs to a
 * DaemonSet. https://github.com/kubernetes-sigs/descheduler#pod-evictions
 */
export const EVICT_ANNOTATION = 'descheduler.alpha.kubernetes.io/evict'

/** A descheduler that runs in the cluster, judging by its pod. */
export interface Descheduler {
  /** Its pod, `namespace/name`. */
  readonly pod: string
  /** Whether its policy can let it evict pods of a DaemonSet that do not have the annotation. */
  readonly hasPolicy: boolean
}

/**
 * The descheduler of the cluster; undefined if the snapshot has no pod of one. A CronJob's pod counts
 * also when it has ended. The policy is in a ConfigMap, which is not read.
 */
export function deschedulerIn(index: SnapshotIndex): Descheduler | undefined {
  return index.cached(FOUND, '', () => {
    const found = index.snapshot.pods.flatMap((pod) => {
      const row = KINDS.find((kind) => isOf(kind, pod))
      return row ? [{ pod, row }] : []
    })
    const one = found.find(({ pod }) => pod.status?.phase === 'Running') ?? found[0]
    if (!one) return {}
    const { pod, row } = one
    const name = `${namespaceOf(pod)}/${pod.metadata.name}`
    return { descheduler: { pod: name, hasPolicy: row.hasPolicy } }
  }).descheduler
}

const FOUND: Cache<{ readonly descheduler?: Descheduler }> = {}

interface Kind {
  /** Of the pods of its chart and manifests. */
  readonly labels: Readonly<Record<string, string>>
  readonly image: RegExp
  readonly hasPolicy: boolean
}

const KINDS: readonly Kind[] = [
  {
    labels: { 'app.kubernetes.io/name': 'descheduler', app: 'descheduler' },
    // `registry.k8s.io/descheduler/descheduler:v0.36.0`, OpenShift's
    // `ose-descheduler-rhel9@sha256:…`.
    image: /(^|\/)(ose-)?descheduler(-rhel\d+)?([:@]|$)/,
    hasPolicy: true,
  },
  {
    // Koordinator's. Its filter has no setting for pods of a DaemonSet:
    // https://github.com/koordinator-sh/koordinator/blob/main/pkg/descheduler/evictions/evictions.go
    labels: { 'koord-app': 'koord-descheduler' },
    image: /(^|\/)koord-descheduler([:@]|$)/,
    hasPolicy: false,
  },
]

/**
 * Where `deschedulerIn` finds such pods. Those of the CronJob in its repository have no label: they
 * are in `kube-system`, among the pods that no DaemonSet created.
 */
export const DESCHEDULER_PODS: readonly PodSelection[] = [
  ...KINDS.flatMap(({ labels }) =>
    Object.entries(labels).map(([key, value]) => ({ labels: `${key}=${value}` })),
  ),
  { namespace: 'kube-system', labels: '!pod-template-generation' },
]

function isOf({ labels, image }: Kind, { metadata, spec }: Pod): boolean {
  return (
    Object.entries(labels).some(([key, value]) => metadata.labels?.[key] === value) ||
    (spec?.containers ?? []).some((container) => image.test(container.image ?? ''))
  )
}
