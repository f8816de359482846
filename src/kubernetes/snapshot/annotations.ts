import { LAST_APPLIED } from '../objects.ts'
import { type Projection, textMap } from '../project.ts'

/**
 * Annotations that tell who owns an object, where its pods may go, or how a node leaves; a name that ends in `/` stands for all with that prefix.
 * Every other annotation is dropped: the API's users keep whole manifests and credentials in them.
 */
const KEPT = [
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
  'fleet.cattle.io/bundle-id',
  'helm.toolkit.fluxcd.io/',
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
] as const

const prefixes = KEPT.filter((name) => name.endsWith('/'))
const names: ReadonlySet<string> = new Set(KEPT)
/** The annotations that anything here reads; `kubectl apply`'s copy of the manifest only as the empty string. */
export const knownAnnotations: Projection<Readonly<Record<string, string>>> = (value) => {
  const all = textMap(value) ?? {}
  const kept: Record<string, string> = {}
  for (const [name, annotation] of Object.entries(all)) {
    if (name === LAST_APPLIED) kept[name] = ''
    else if (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix)))
      kept[name] = annotation
  }
  return Object.keys(kept).length === 0 ? undefined : kept
}
