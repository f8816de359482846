import { LAST_APPLIED } from '../kubernetes/objects.ts'
import type { OwnerEvidence, OwnerRow } from './owner-row.ts'

/**
 * Tools that deliver what somebody wrote. Where metadata cannot tell whether one watches for drift (Argo CD's selfHeal, Flux's driftDetection),
 * it is taken to do so: a patch undone in silence is the worse mistake.
 */
export const DELIVERY_OWNERS: readonly OwnerRow[] = [
  {
    kind: 'Flux',
    find: ({ labels }) =>
      named(
        'Kustomization',
        labels['kustomize.toolkit.fluxcd.io/namespace'],
        labels['kustomize.toolkit.fluxcd.io/name'],
      ),
    onPatch: 'reverts',
    onPatchOf: ({ labels, annotations }) => {
      const told = (key: string): string | undefined =>
        annotations[`kustomize.toolkit.fluxcd.io/${key}`] ??
        labels[`kustomize.toolkit.fluxcd.io/${key}`]
      return told('reconcile') === 'disabled' ||
        told('ssa') === 'IfNotPresent' ||
        told('ssa') === 'Ignore'
        ? 'none'
        : undefined
    },
    revert: "Flux's kustomize-controller corrects drift at every interval of the Kustomization.",
    fix: ({ name }) => `In Git, at the path of ${name}.`,
    input: 'manifest',
    layer: 7,
  },
  {
    kind: 'Flux',
    find: ({ labels }) =>
      named(
        'HelmRelease',
        labels['helm.toolkit.fluxcd.io/namespace'],
        labels['helm.toolkit.fluxcd.io/name'],
      ),
    onPatch: 'reverts',
    onPatchOf: ({ labels, annotations }) =>
      (annotations['helm.toolkit.fluxcd.io/driftDetection'] ??
        labels['helm.toolkit.fluxcd.io/driftDetection']) === 'disabled'
        ? 'overwrites'
        : undefined,
    revert:
      'Flux corrects it at the next interval where the HelmRelease has driftDetection on, else at the next upgrade.',
    fix: ({ name, path }) =>
      `Under spec.values of ${name}, ${at(path)}, in the repository that it comes from.`,
    input: 'values',
    layer: 6,
  },
  {
    kind: 'Argo CD',
    find: (marks) => argoCd(marks),
    onPatch: 'reverts',
    revert:
      'Argo CD undoes it within seconds to minutes where selfHeal is on, else at the next sync.',
    fix: ({ name, path }) =>
      path === undefined
        ? `In Git, at the path of ${name}.`
        : `In the Helm values of ${name}, ${at(path)}.`,
    input: 'values',
    layer: 7,
  },
  {
    kind: 'Fleet',
    find: ({ annotations, labels, managers }) => {
      if (isK3sAddon(annotations)) return undefined
      const bundle =
        annotations['fleet.cattle.io/bundle-id'] ?? labels['fleet.cattle.io/bundle-name']
      if (bundle !== undefined) return { name: `bundle ${bundle}` }
      if (managers.includes('fleetagent')) return {}
      const set =
        annotations['objectset.rio.cattle.io/owner-name'] ??
        annotations['objectset.rio.cattle.io/id']
      return set === undefined ? undefined : { name: set }
    },
    onPatch: 'reverts',
    revert:
      'Fleet corrects it where the GitRepo has correctDrift on, else at the next deployment of the bundle.',
    fix: ({ path }) => `In the Git repository behind the GitRepo or Bundle, ${at(path)}.`,
    input: 'values',
    layer: 6,
  },
  {
    kind: 'k3s',
    find: ({ annotations }) =>
      isK3sAddon(annotations)
        ? { name: `addon ${annotations['objectset.rio.cattle.io/owner-name'] ?? ''}`.trimEnd() }
        : undefined,
    onPatch: 'overwrites',
    applies: true,
    revert: 'k3s or RKE2 applies its manifest again when that changes or the server restarts.',
    fix: ({ path }) =>
      `In the manifest under the server's data directory (server/manifests), or in a HelmChartConfig where it is a chart${path === undefined ? '' : `, at ${path}`}.`,
    input: 'values',
    layer: 5,
  },
  {
    kind: 'Sveltos',
    find: ({ annotations, labels }) => {
      const get = (key: string): string | undefined =>
        annotations[`projectsveltos.io/${key}`] ?? labels[`projectsveltos.io/${key}`]
      if (get('owner-name') === undefined && get('reference-name') === undefined) return undefined
      return {
        name: `${get('owner-kind') ?? get('reference-kind') ?? 'profile'} ${get('owner-name') ?? get('reference-name')}`,
      }
    },
    onPatch: 'reverts',
    revert:
      'Sveltos undoes it within seconds where the profile syncs continuously with drift detection, else at the next change.',
    fix: ({ name, path }) =>
      `In ${name} or what it refers to, ${at(path)}, in the management cluster.`,
    input: 'values',
    layer: 7,
  },
  {
    kind: 'Config Sync',
    find: ({ annotations, labels }) =>
      annotations['configmanagement.gke.io/managed'] === 'enabled' ||
      labels['app.kubernetes.io/managed-by'] === 'configmanagement.gke.io'
        ? {}
        : undefined,
    onPatch: 'reverts',
    revert: "Config Sync's remediator undoes it at once.",
    fix: () => 'In the repository of the RootSync or RepoSync.',
    input: 'manifest',
    layer: 7,
  },
  {
    kind: 'Talos',
    find: ({ annotations, namespace, name }) =>
      isInventoried(annotations) &&
      namespace === 'kube-system' &&
      /^kube-(proxy|flannel)$/.test(name)
        ? {}
        : undefined,
    onPatch: 'overwrites',
    applies: true,
    revert: 'Talos writes its manifest again at talosctl upgrade-k8s.',
    fix: () => "In Talos' machine configuration.",
    input: 'none',
    layer: 5,
  },
  {
    kind: 'kpt',
    find: ({ annotations, namespace, name }) =>
      isInventoried(annotations) &&
      !(namespace === 'kube-system' && /^kube-(proxy|flannel)$/.test(name))
        ? { name: `inventory ${annotations['config.k8s.io/owning-inventory']}` }
        : undefined,
    onPatch: 'overwrites',
    revert: 'The next kpt live apply, or another tool that keeps such an inventory, sets it back.',
    fix: () => 'In the package that is applied.',
    input: 'manifest',
    layer: 5,
  },
  {
    kind: 'kapp',
    find: ({ annotations, labels }) =>
      labels['kapp.k14s.io/app'] !== undefined || annotations['kapp.k14s.io/identity'] !== undefined
        ? {}
        : undefined,
    onPatch: 'reverts',
    revert:
      'kapp-controller sets it back at the syncPeriod of its App; without kapp-controller the next kapp deploy does.',
    fix: () => 'In the App resource, or in what kapp deploy is given.',
    input: 'manifest',
    layer: 6,
  },
  {
    kind: 'Helm',
    find: ({ annotations, labels, managers }) => {
      const release = annotations['meta.helm.sh/release-name']
      if (labels['app.kubernetes.io/managed-by'] === 'Helm' && release !== undefined) {
        const namespace = annotations['meta.helm.sh/release-namespace']
        return {
          name:
            namespace === undefined
              ? `release ${release}`
              : `release ${release} in namespace ${namespace}`,
        }
      }
      return managers.some(
        (manager) => manager === 'helm' || manager.startsWith('terraform-provider-helm'),
      )
        ? { name: 'release' }
        : undefined
    },
    onPatch: 'overwrites',
    revert: 'The next helm upgrade overwrites it where the chart sets tolerations.',
    fix: ({ name, path }) =>
      `In the values of ${name}, ${at(path)}: a list there replaces the chart's default, so keep what it holds.`,
    input: 'values',
    layer: 4,
  },
  {
    kind: 'Terraform',
    find: ({ managers }) =>
      managers.some((manager) => /^(terraform|hashicorp)/i.test(manager)) ? {} : undefined,
    onPatch: 'overwrites',
    revert: 'The next terraform apply sets it back.',
    fix: ({ path }) => `In the Terraform code, ${at(path)}.`,
    input: 'values',
    layer: 5,
  },
  {
    kind: 'kubectl apply',
    find: ({ annotations, managers }) =>
      annotations[LAST_APPLIED] !== undefined ||
      managers.some((manager) => manager === 'kubectl-client-side-apply' || manager === 'kubectl')
        ? {}
        : undefined,
    onPatch: 'overwrites',
    revert:
      'The next kubectl apply of its manifest overwrites it if the manifest has tolerations: the list is replaced as a whole.',
    fix: () => 'In the manifest that is applied.',
    input: 'manifest',
    layer: 4,
    onlyAlone: true,
  },
]

function argoCd({
  annotations,
  labels,
  managers,
  namespace,
  name,
}: OwnerEvidence): { name?: string } | undefined {
  const [app, ...object] = (annotations['argocd.argoproj.io/tracking-id'] ?? '').split(':')
  if (app && object.join(':') === `apps/DaemonSet:${namespace}/${name}`)
    return { name: `Application ${app}` }
  const label = labels['argocd.argoproj.io/instance']
  if (label !== undefined) return { name: `Application ${label}` }
  if (!managers.some((manager) => /^argocd-(application-)?controller$/.test(manager)))
    return undefined
  const instance = labels['app.kubernetes.io/instance']
  return instance === undefined ? {} : { name: `Application ${instance}` }
}

function named(
  kind: string,
  namespace: string | undefined,
  name: string | undefined,
): { name: string } | undefined {
  if (name === undefined) return undefined
  return { name: namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}` }
}

function isK3sAddon(annotations: OwnerEvidence['annotations']): boolean {
  return /^k3s\.cattle\.io\/.*Kind=Addon$/.test(
    annotations['objectset.rio.cattle.io/owner-gvk'] ?? '',
  )
}

function isInventoried(annotations: OwnerEvidence['annotations']): boolean {
  return (
    annotations['config.k8s.io/owning-inventory'] !== undefined &&
    annotations['configmanagement.gke.io/managed'] !== 'enabled'
  )
}

function at(path: string | undefined): string {
  return path === undefined ? 'where it takes tolerations' : `at ${path}`
}
