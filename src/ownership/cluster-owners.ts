import type { OwnerEvidence, OwnerRow } from './owner-row.ts'
import { isK3sAddon } from './rancher-owners.ts'
import { operatorByLabels } from './toleration-path.ts'

/** Operators and cloud providers, which own a DaemonSet as part of the cluster or of a product. */
export const CLUSTER_OWNERS: readonly OwnerRow[] = [
  {
    kind: 'operator',
    find: (evidence) => operator(evidence),
    onPatch: 'reverts',
    revert: 'The operator restores its own version when it next reconciles, often within seconds.',
    fix: ({ name, path, place, evidence }) => {
      if (place !== undefined) return `Change ${place}.`
      const resource = operator(evidence)?.name ?? name
      return path === undefined
        ? `Change ${resource}, in the field for tolerations.`
        : `Change ${resource}, at ${path}.`
    },
    input: 'resource',
    layer: 0,
  },
  {
    kind: 'OpenShift',
    find: ({ namespace, annotations, labels }) =>
      namespace.startsWith('openshift-') ||
      hasPrefix(annotations, 'include.release.openshift.io/') ||
      hasPrefix(labels, 'openshift.io/')
        ? { name: `platform (${namespace})` }
        : undefined,
    onPatch: 'reverts',
    revert:
      'The cluster operator or the cluster-version operator reverts it, immediately or within minutes.',
    fix: ({ evidence, path }) => {
      const resource = `the configuration resource of the platform operator for ${evidence.namespace}`
      return path === undefined
        ? `Change ${resource}. If it has no field for tolerations, ask Red Hat's support.`
        : `Change ${resource}, at ${path}.`
    },
    input: 'resource',
    // It is the operator: a resource that owns the DaemonSet too is its configuration.
    layer: 0,
  },
  {
    kind: 'OLM',
    find: ({ labels, owner }) => {
      if (owner?.kind === 'ClusterServiceVersion') return { name: owner.name }
      const name = labels['olm.owner']
      const kind = labels['olm.owner.kind'] ?? 'ClusterServiceVersion'
      return name !== undefined && kind === 'ClusterServiceVersion' ? { name } : undefined
    },
    onPatch: 'reverts',
    revert: 'OLM and the operator that it installed revert it within minutes.',
    fix: ({ name }) =>
      `Change the custom resource of the operator that ${name} installs. spec.config.tolerations of a Subscription applies to that operator only.`,
    input: 'none',
    // It installs the operator, not the operator's custom resources.
    layer: 0,
  },
  {
    kind: 'addon-manager',
    find: (evidence) => (isOfAddonManager(evidence) ? {} : undefined),
    onPatch: 'reverts',
    onPatchOf: (evidence) => (onlyEnsuresExistence(evidence) ? 'none' : undefined),
    takesNone: true,
    revert: 'The addon-manager applies its manifest again every few minutes.',
    fix: ({ evidence }) =>
      onlyEnsuresExistence(evidence)
        ? 'Change the DaemonSet itself: the addon-manager creates it again if it is missing, and leaves it alone otherwise.'
        : 'Ask the provider of the cluster: the manifest is on the control plane.',
    input: 'none',
    layer: 3,
  },
  {
    kind: 'GKE',
    find: ({ annotations }) => {
      const component = annotations['components.gke.io/component-name']
      if (component !== undefined) return { name: `component ${component}` }
      return annotations['components.gke.io/layer'] === 'addon' ? {} : undefined
    },
    onPatch: 'reverts',
    takesNone: true,
    revert: 'GKE reverts changes to its components within minutes.',
    fix: () =>
      'A GKE component has no setting for tolerations. Ask Google, or change the node pool instead.',
    input: 'none',
    layer: 3,
  },
  {
    kind: 'AKS',
    find: ({ labels }) => (labels['kubernetes.azure.com/managedby'] === 'aks' ? {} : undefined),
    onPatch: 'reverts',
    takesNone: true,
    revert: 'AKS reverts changes to its components within minutes.',
    fix: () =>
      'An AKS component has no setting for tolerations. Use the settings of the extension if it has one, or ask Microsoft.',
    input: 'none',
    layer: 3,
  },
  {
    // https://github.com/gardener/gardener/blob/master/docs/concepts/resource-manager.md
    kind: 'Gardener',
    find: ({ labels, annotations }) => {
      const origin = annotations['resources.gardener.cloud/origin']
      if (origin !== undefined) return { name: `ManagedResource ${origin.split(':').at(-1)}` }
      return labels['resources.gardener.cloud/managed-by'] === 'gardener' ? {} : undefined
    },
    onPatch: 'reverts',
    revert: 'The gardener-resource-manager reverts it within minutes.',
    fix: () =>
      'Ask the provider of the cluster: the Gardener extension that deploys it sets its tolerations.',
    input: 'none',
    layer: 3,
  },
  {
    kind: 'EKS add-on',
    find: ({ managers, name }) =>
      managers.includes('eks') ? { name: EKS_ADDONS[name] ?? name } : undefined,
    onPatch: 'overwrites',
    applies: true,
    revert: 'EKS overwrites the fields that it manages at the next update of the add-on.',
    fix: ({ evidence, path }) =>
      `Use aws eks update-addon --cluster-name CLUSTER --addon-name ${EKS_ADDONS[evidence.name] ?? 'NAME'} --configuration-values file://values.yaml --resolve-conflicts PRESERVE${path === undefined ? '' : `, at ${path}`}.`,
    input: 'values',
    layer: 3,
  },
]

/** The EKS add-on of a DaemonSet, by its name. */
const EKS_ADDONS: Readonly<Record<string, string>> = {
  'aws-node': 'vpc-cni',
  'kube-proxy': 'kube-proxy',
  'ebs-csi-node': 'aws-ebs-csi-driver',
  'efs-csi-node': 'aws-efs-csi-driver',
  'eks-pod-identity-agent': 'eks-pod-identity-agent',
}

/**
 * The labels are also in manifests that were copied from the addon-manager's: of charts, and of k3s.
 */
function isOfAddonManager({ labels, annotations }: OwnerEvidence): boolean {
  if (annotations['meta.helm.sh/release-name'] !== undefined || isK3sAddon(annotations))
    return false
  return (
    labels['addonmanager.kubernetes.io/mode'] !== undefined ||
    labels['kubernetes.io/cluster-service'] === 'true'
  )
}

function onlyEnsuresExistence({ labels }: OwnerEvidence): boolean {
  return labels['addonmanager.kubernetes.io/mode'] === 'EnsureExists'
}

function operator({ owner, labels }: OwnerEvidence): { name: string } | undefined {
  if (owner?.kind === 'ClusterServiceVersion') return undefined
  if (owner !== undefined) return { name: `${owner.kind} ${owner.name}` }
  const known = operatorByLabels(labels)
  return known === undefined ? undefined : { name: known }
}

function hasPrefix(map: Readonly<Record<string, string>>, prefix: string): boolean {
  return Object.keys(map).some((key) => key.startsWith(prefix))
}
