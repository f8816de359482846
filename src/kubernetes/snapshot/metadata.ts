import {
  LAST_APPLIED,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
} from '../objects.ts'
import {
  type Fields,
  flag,
  list,
  number,
  object,
  type Projection,
  record,
  required,
  text,
  textMap,
} from '../projection.ts'

/**
 * Annotations that show who owns an object, where its pods may run or how a node leaves. A name
 * that ends in `/` is a prefix. All others are dropped: annotations can hold whole manifests and
 * credentials.
 */
const ANNOTATIONS = [
  'addonmanager.kubernetes.io/mode',
  'argocd.argoproj.io/tracking-id',
  'cluster-autoscaler.kubernetes.io/',
  'cluster.x-k8s.io/',
  'components.gke.io/',
  'config.k8s.io/owning-inventory',
  'configmanagement.gke.io/managed',
  'daemonset-triage/',
  'delay-deletion.cluster-autoscaler.kubernetes.io/',
  'deprecated.daemonset.template.generation',
  'descheduler.alpha.kubernetes.io/',
  'fleet.cattle.io/bundle-id',
  'helm.toolkit.fluxcd.io/',
  'flatcar-linux-update.v1.flatcar-linux.net/reboot-in-progress',
  'include.release.openshift.io/',
  'kapp.k14s.io/identity',
  'karpenter.sh/',
  'kubectl.kubernetes.io/restartedAt',
  'kubernetes.io/config.mirror',
  'kubernetes.io/config.source',
  'kustomize.toolkit.fluxcd.io/',
  'machineconfiguration.openshift.io/currentConfig',
  'machineconfiguration.openshift.io/desiredConfig',
  'machineconfiguration.openshift.io/state',
  'meta.helm.sh/',
  'nfd.node.kubernetes.io/taints',
  'nidhogg.uswitch.com/first-time-ready',
  'objectset.rio.cattle.io/id',
  'objectset.rio.cattle.io/owner-gvk',
  'objectset.rio.cattle.io/owner-name',
  'objectset.rio.cattle.io/owner-namespace',
  'openshift.io/node-selector',
  'openshift.io/sa.scc.mcs',
  'openshift.io/sa.scc.supplemental-groups',
  'openshift.io/sa.scc.uid-range',
  'projectsveltos.io/',
  'readiness.k8s.io/',
  'release.openshift.io/',
  'scheduler.alpha.kubernetes.io/defaultTolerations',
  'scheduler.alpha.kubernetes.io/node-selector',
  'scheduler.alpha.kubernetes.io/tolerationsWhitelist',
  'weave.works/kured-node-lock',
  'weave.works/kured-reboot-in-progress',
] as const

const annotationPrefixes = ANNOTATIONS.filter((name) => name.endsWith('/'))
const annotationNames: ReadonlySet<string> = new Set(ANNOTATIONS)

/**
 * `kubectl apply`'s copy of the manifest is kept as the empty string: only its presence is read.
 */
const knownAnnotations: Projection<Readonly<Record<string, string>>> = (value) => {
  const all = textMap(value) ?? {}
  const kept: Record<string, string> = {}
  for (const [name, annotation] of Object.entries(all)) {
    if (name === LAST_APPLIED) kept[name] = ''
    else if (
      annotationNames.has(name) ||
      annotationPrefixes.some((prefix) => name.startsWith(prefix))
    )
      kept[name] = annotation
  }
  return Object.keys(kept).length === 0 ? undefined : kept
}

/**
 * Parts of a `fieldsV1` tree to keep: `'subtree'` with all below it, `'presence'` as an empty
 * object.
 */
interface KeptFields {
  readonly [field: string]: 'subtree' | 'presence' | KeptFields
}

/**
 * Enough to see who set a taint, a label, an owner, a finalizer or a placement, and when a DaemonSet
 * was last counted.
 */
const MANAGED_FIELDS: KeptFields = {
  'f:metadata': {
    'f:finalizers': 'subtree',
    'f:labels': 'subtree',
    'f:ownerReferences': 'presence',
  },
  'f:spec': {
    'f:taints': 'presence',
    'f:unschedulable': 'presence',
    'f:template': {
      'f:spec': {
        'f:tolerations': 'presence',
        'f:nodeSelector': 'presence',
        'f:affinity': 'presence',
        'f:nodeName': 'presence',
      },
    },
  },
  'f:status': { 'f:numberMisscheduled': 'presence' },
}

const managedFieldsEntry = object<ManagedFieldsEntry>({
  manager: text,
  operation: text,
  time: text,
  subresource: text,
  fieldsV1: (value) =>
    value === undefined || value === null ? undefined : prune(record(value), MANAGED_FIELDS),
})

/**
 * Every entry, in the API's order: a manager that owns none of the kept parts still shows that it
 * writes the object.
 */
const allManagers: Projection<readonly ManagedFieldsEntry[]> = list(managedFieldsEntry)

/**
 * Entries that own one of the kept parts. Empty, not absent, if there are only others: the fields
 * were not hidden.
 */
const placementManagers: Projection<readonly ManagedFieldsEntry[]> = (value) =>
  allManagers(value)?.filter((entry) => entry.fieldsV1 !== undefined)

function prune(
  fields: Readonly<Record<string, unknown>>,
  keep: KeptFields,
): Record<string, unknown> | undefined {
  const pruned: Record<string, unknown> = {}
  for (const [field, rule] of Object.entries(keep)) {
    const value = fields[field]
    if (value === undefined || value === null) continue
    const part = rule === 'subtree' ? value : rule === 'presence' ? {} : prune(record(value), rule)
    if (part !== undefined) pruned[field] = part
  }
  return Object.keys(pruned).length === 0 ? undefined : pruned
}

const ownerReference = object<OwnerReference>({
  apiVersion: text,
  kind: required(text),
  name: required(text),
  uid: text,
  controller: flag,
})

const fields: Fields<ObjectMeta> = {
  name: required(text),
  namespace: text,
  uid: text,
  generateName: text,
  generation: number,
  resourceVersion: text,
  creationTimestamp: text,
  deletionTimestamp: text,
  deletionGracePeriodSeconds: number,
  labels: textMap,
  annotations: knownAnnotations,
  finalizers: list(text),
  ownerReferences: list(ownerReference),
  managedFields: () => undefined,
}

/** Metadata without managedFields, for kinds whose writers are never read. */
export const plainMetadata = object<ObjectMeta>(fields)
/** Metadata of nodes and pods: with the managers of what decides placement. */
export const placedMetadata = object<ObjectMeta>({ ...fields, managedFields: placementManagers })
/** Metadata of DaemonSets: with every manager, which also shows who owns the object. */
export const ownedMetadata = object<ObjectMeta>({ ...fields, managedFields: allManagers })
/** Metadata of a pod template, which has no name. */
export const templateMetadata = object<Partial<ObjectMeta>>({ ...fields, name: text })
