import { annotated, by, labeled, proveRows, type Row, released } from './ownership-rows.ts'

const flux = (tool: 'kustomize' | 'helm', name: string) => ({
  [`${tool}.toolkit.fluxcd.io/name`]: name,
  [`${tool}.toolkit.fluxcd.io/namespace`]: 'flux-system',
})

const KUSTOMIZATION = {
  kind: 'Flux',
  onPatch: 'reverts',
  undone: true,
  revert: /^Flux's kustomize-controller corrects drift at every interval/,
} as const
const HELM_RELEASE = {
  kind: 'Flux',
  onPatch: 'reverts',
  undone: true,
  revert: /if the HelmRelease has driftDetection enabled, otherwise at the next upgrade/,
} as const
const ARGO = {
  kind: 'Argo CD',
  name: 'Application observability',
  onPatch: 'reverts',
  undone: true,
  revert: /if selfHeal is on, otherwise at the next sync/,
  fix: /^Change it in Git, at the path of Argo CD Application observability\.$/,
} as const
const FLEET = {
  kind: 'Fleet',
  onPatch: 'reverts',
  undone: true,
  revert: /if the GitRepo has correctDrift enabled/,
  fix: /^Change it in the Git repository of the GitRepo or Bundle/,
} as const
const SVELTOS = {
  kind: 'Sveltos',
  name: 'ClusterProfile agents',
  onPatch: 'reverts',
  undone: true,
  revert: /syncs continuously with drift detection/,
  fix: /^Change Sveltos ClusterProfile agents or what it refers to, .*, in the management cluster\.$/,
} as const
const CONFIG_SYNC = {
  kind: 'Config Sync',
  onPatch: 'reverts',
  undone: true,
  revert: /remediator reverts it immediately/,
  fix: /^Change it in the repository of the RootSync or RepoSync\.$/,
} as const

const ROWS: readonly Row[] = [
  // 8 and 9: Flux
  {
    ...KUSTOMIZATION,
    when: 'a Flux Kustomization applies it',
    metadata: labeled(flux('kustomize', 'apps')),
    name: 'Kustomization flux-system/apps',
    fix: /^Change it in Git, at the path of Flux Kustomization flux-system\/apps\.$/,
  },
  {
    ...KUSTOMIZATION,
    when: 'the kustomize-controller writes its fields',
    metadata: by('kustomize-controller'),
    name: 'Kustomization',
    fix: /^Change it in Git/,
  },
  {
    ...KUSTOMIZATION,
    when: 'reconciliation by Flux is disabled',
    metadata: {
      ...labeled(flux('kustomize', 'apps')),
      ...annotated({ 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }),
    },
    name: 'Kustomization flux-system/apps',
    onPatch: 'none',
    undone: false,
    revert:
      /^A label or annotation tells Flux Kustomization flux-system\/apps not to correct changes\.$/,
    fix: /^Change it in Git/,
  },
  {
    ...KUSTOMIZATION,
    when: 'Flux only creates it',
    metadata: {
      ...labeled(flux('kustomize', 'apps')),
      ...annotated({ 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' }),
    },
    name: 'Kustomization flux-system/apps',
    onPatch: 'none',
    undone: false,
    revert: /not to correct changes\.$/,
    fix: /^Change it in Git/,
  },
  {
    ...HELM_RELEASE,
    when: 'a Flux HelmRelease installed it',
    metadata: {
      ...released('datadog', 'agents', {
        'helm.sh/chart': 'datadog-3.240.0',
        ...flux('helm', 'datadog'),
      }),
      name: 'datadog',
    },
    name: 'HelmRelease flux-system/datadog',
    fix: /^Change spec\.values of Flux HelmRelease flux-system\/datadog, at agents\.tolerations, in the repository that it comes from\.$/,
  },
  {
    ...HELM_RELEASE,
    when: 'the helm-controller of Flux writes its fields',
    metadata: by('helm-controller'),
    name: 'HelmRelease',
    fix: /^Change spec\.values of Flux HelmRelease/,
  },
  {
    ...HELM_RELEASE,
    when: 'drift detection is disabled for it',
    metadata: {
      ...labeled(flux('helm', 'datadog')),
      ...annotated({ 'helm.toolkit.fluxcd.io/driftDetection': 'disabled' }),
    },
    name: 'HelmRelease flux-system/datadog',
    onPatch: 'overwrites',
    undone: false,
    revert: /not to correct changes, but its next upgrade overwrites them\.$/,
    fix: /^Change spec\.values/,
  },
  // 10: Argo CD
  {
    ...ARGO,
    when: 'Argo CD tracks it by annotation',
    metadata: annotated({
      'argocd.argoproj.io/tracking-id': 'observability:apps/DaemonSet:agents/agent',
    }),
  },
  {
    ...ARGO,
    when: 'Argo CD tracks it by its own label',
    metadata: labeled({ 'argocd.argoproj.io/instance': 'observability' }),
  },
  {
    ...ARGO,
    when: 'Argo CD writes its fields and labels it',
    metadata: {
      ...labeled({ 'app.kubernetes.io/instance': 'observability' }),
      ...by('argocd-controller'),
    },
  },
  {
    ...ARGO,
    when: 'Argo CD renders a chart that is known',
    metadata: {
      ...labeled({
        'helm.sh/chart': 'kured-5.6.1',
        'argocd.argoproj.io/instance': 'observability',
      }),
    },
    fix: /^Change the Helm values of Argo CD Application observability, at tolerations\.$/,
  },
  // 11: Rancher Fleet
  {
    ...FLEET,
    when: 'Rancher Fleet deployed it',
    metadata: annotated({
      'fleet.cattle.io/bundle-id': 'agents',
      'objectset.rio.cattle.io/id': 'default-agents',
    }),
    name: 'bundle agents',
  },
  {
    ...FLEET,
    when: 'only the id of its object set is there',
    metadata: annotated({ 'objectset.rio.cattle.io/id': 'default-agents' }),
    name: 'default-agents',
  },
  { ...FLEET, when: 'the agent of Fleet writes its fields', metadata: by('fleetagent') },
  {
    kind: 'Rancher',
    name: 'Cluster c-4sjtl',
    onPatch: 'overwrites',
    undone: true,
    revert: /^The controller of Rancher that applied it writes it again when its owner changes\.$/,
    fix: /^Change the owner, Rancher Cluster c-4sjtl, in the field for tolerations\.$/,
    when: 'another controller of Rancher applied it',
    metadata: annotated({
      'objectset.rio.cattle.io/owner-gvk': 'management.cattle.io/v3, Kind=Cluster',
      'objectset.rio.cattle.io/owner-name': 'c-4sjtl',
    }),
  },
  // 13 to 16
  {
    ...SVELTOS,
    when: 'Sveltos deployed it',
    metadata: annotated({
      'projectsveltos.io/owner-kind': 'ClusterProfile',
      'projectsveltos.io/owner-name': 'agents',
    }),
  },
  {
    ...SVELTOS,
    when: 'Sveltos labeled it with its source',
    metadata: labeled({
      'projectsveltos.io/reference-kind': 'ConfigMap',
      'projectsveltos.io/reference-name': 'agents',
    }),
    name: 'ConfigMap agents',
    fix: /^Change Sveltos ConfigMap agents or what it refers to/,
  },
  {
    ...CONFIG_SYNC,
    when: 'Config Sync manages it',
    metadata: annotated({
      'configmanagement.gke.io/managed': 'enabled',
      'config.k8s.io/owning-inventory': 'config-management',
    }),
  },
  {
    ...CONFIG_SYNC,
    when: 'Config Sync labeled it',
    metadata: labeled({ 'app.kubernetes.io/managed-by': 'configmanagement.gke.io' }),
  },
]

proveRows(ROWS)
