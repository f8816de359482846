import { type OwnerEvidence, type OwnerRow, pathWords } from './owner-row.ts'

/**
 * Controllers that apply what is in Git. Metadata does not show whether Argo CD's selfHeal or
 * Flux's driftDetection is on, so they are assumed to be: a patch that disappears unnoticed is the
 * worse error.
 */
export const GITOPS_OWNERS: readonly OwnerRow[] = [
  {
    kind: 'Flux',
    find: ({ labels, managers }) =>
      named(
        'Kustomization',
        labels['kustomize.toolkit.fluxcd.io/namespace'],
        labels['kustomize.toolkit.fluxcd.io/name'],
      ) ?? (managers.includes('kustomize-controller') ? { name: 'Kustomization' } : undefined),
    onPatch: 'reverts',
    onPatchOf: ({ labels, annotations }) => {
      const setting = (key: string): string | undefined =>
        annotations[`kustomize.toolkit.fluxcd.io/${key}`] ??
        labels[`kustomize.toolkit.fluxcd.io/${key}`]
      return setting('reconcile') === 'disabled' ||
        setting('ssa') === 'IfNotPresent' ||
        setting('ssa') === 'Ignore'
        ? 'none'
        : undefined
    },
    revert: "Flux's kustomize-controller corrects drift at every interval of the Kustomization.",
    fix: ({ name }) => `Change it in Git, at the path of ${name}.`,
    input: 'manifest',
    layer: 7,
  },
  {
    kind: 'Flux',
    find: ({ labels, managers }) =>
      named(
        'HelmRelease',
        labels['helm.toolkit.fluxcd.io/namespace'],
        labels['helm.toolkit.fluxcd.io/name'],
      ) ?? (managers.includes('helm-controller') ? { name: 'HelmRelease' } : undefined),
    onPatch: 'reverts',
    onPatchOf: ({ labels, annotations }) =>
      (annotations['helm.toolkit.fluxcd.io/driftDetection'] ??
        labels['helm.toolkit.fluxcd.io/driftDetection']) === 'disabled'
        ? 'overwrites'
        : undefined,
    revert:
      'Flux reverts it at the next interval if the HelmRelease has driftDetection enabled, otherwise at the next upgrade.',
    fix: ({ name, path }) =>
      `Change spec.values of ${name}, ${pathWords(path)}, in the repository that it comes from.`,
    input: 'values',
    layer: 6,
  },
  {
    kind: 'Argo CD',
    find: (evidence) => argoCd(evidence),
    onPatch: 'reverts',
    revert:
      'Argo CD reverts it within seconds to minutes if selfHeal is on, otherwise at the next sync.',
    fix: ({ name, path }) =>
      path === undefined
        ? `Change it in Git, at the path of ${name}.`
        : `Change the Helm values of ${name}, ${pathWords(path)}.`,
    input: 'values',
    layer: 7,
  },
  {
    kind: 'Fleet',
    find: ({ annotations, labels, managers }) => {
      const bundle =
        annotations['fleet.cattle.io/bundle-id'] ?? labels['fleet.cattle.io/bundle-name']
      if (bundle !== undefined) return { name: `bundle ${bundle}` }
      if (managers.includes('fleetagent')) return {}
      // Other controllers of Rancher use the same annotations, for their own kinds of owner.
      const kind = annotations['objectset.rio.cattle.io/owner-gvk'] ?? 'fleet.cattle.io/'
      if (!kind.startsWith('fleet.cattle.io/')) return undefined
      const set =
        annotations['objectset.rio.cattle.io/owner-name'] ??
        annotations['objectset.rio.cattle.io/id']
      return set === undefined ? undefined : { name: set }
    },
    onPatch: 'reverts',
    revert:
      'Fleet reverts it if the GitRepo has correctDrift enabled, otherwise at the next deployment of the bundle.',
    fix: ({ path }) =>
      `Change it in the Git repository of the GitRepo or Bundle, ${pathWords(path)}.`,
    input: 'values',
    layer: 6,
  },
  {
    kind: 'Sveltos',
    find: ({ annotations, labels }) => {
      const setting = (key: string): string | undefined =>
        annotations[`projectsveltos.io/${key}`] ?? labels[`projectsveltos.io/${key}`]
      const name = setting('owner-name') ?? setting('reference-name')
      const kind = setting('owner-kind') ?? setting('reference-kind') ?? 'profile'
      return name === undefined ? undefined : { name: `${kind} ${name}` }
    },
    onPatch: 'reverts',
    revert:
      'Sveltos reverts it within seconds if the profile syncs continuously with drift detection, otherwise at the next change.',
    fix: ({ name, path }) =>
      `Change ${name} or what it refers to, ${pathWords(path)}, in the management cluster.`,
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
    revert: "Config Sync's remediator reverts it immediately.",
    fix: () => 'Change it in the repository of the RootSync or RepoSync.',
    input: 'manifest',
    layer: 7,
  },
]

/**
 * By the tracking id, if it is of this very object and not copied from another one. The label
 * app.kubernetes.io/instance alone proves nothing: every Helm chart sets it.
 */
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
