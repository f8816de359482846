import type { OwnerEvidence, OwnerRow } from './owner-row.ts'
import { operatorByMarks } from './toleration-path.ts'

/** Operators and providers: they own the DaemonSet as a part of the cluster or of a product. */
export const CLUSTER_OWNERS: readonly OwnerRow[] = [
  {
    kind: 'operator',
    find: (marks) => operator(marks),
    onPatch: 'reverts',
    revert:
      'The operator writes its own version back when it next reconciles, often within seconds.',
    fix: ({ name, path, place, marks }) => {
      if (place !== undefined) return `In ${place}.`
      const resource = operator(marks)?.name ?? name
      return path === undefined
        ? `In ${resource}: the field by which it takes tolerations.`
        : `In ${resource}, at ${path}.`
    },
    input: 'resource',
    layer: 0,
  },
  {
    kind: 'OpenShift',
    find: ({ namespace, annotations }) =>
      namespace.startsWith('openshift-') || hasPrefix(annotations, 'include.release.openshift.io/')
        ? { name: `platform (${namespace})` }
        : undefined,
    onPatch: 'reverts',
    revert:
      'The cluster operator or the cluster-version operator writes it back, at once or within minutes.',
    fix: ({ marks, path }) =>
      path === undefined
        ? `In the configuration resource of the platform operator behind ${marks.namespace}; where it has no such field, with Red Hat's support.`
        : `In the configuration resource of the platform operator behind ${marks.namespace}, at ${path}.`,
    input: 'resource',
    layer: 1,
  },
  {
    kind: 'OLM',
    find: ({ labels, owner }) =>
      owner?.kind === 'ClusterServiceVersion'
        ? { name: owner.name }
        : labels['olm.owner'] !== undefined &&
            (labels['olm.owner.kind'] ?? 'ClusterServiceVersion') === 'ClusterServiceVersion'
          ? { name: labels['olm.owner'] }
          : undefined,
    onPatch: 'reverts',
    revert: 'OLM and the operator it installed write it back within minutes.',
    fix: ({ name }) =>
      `In the custom resource of the operator that ${name} installs; a Subscription's spec.config.tolerations reaches that operator alone.`,
    input: 'none',
    layer: 2,
  },
  {
    kind: 'addon-manager',
    find: ({ labels }) =>
      labels['addonmanager.kubernetes.io/mode'] !== undefined ||
      labels['kubernetes.io/cluster-service'] === 'true'
        ? {}
        : undefined,
    onPatch: 'reverts',
    onPatchOf: ({ labels }) =>
      labels['addonmanager.kubernetes.io/mode'] === 'EnsureExists' ? 'none' : undefined,
    revert: 'The addon-manager applies its manifest again every few minutes.',
    fix: () => 'With whoever provides the cluster: the manifest lies on the control plane.',
    input: 'none',
    layer: 3,
  },
  {
    kind: 'GKE',
    find: ({ annotations }) =>
      annotations['components.gke.io/component-name'] !== undefined
        ? { name: `component ${annotations['components.gke.io/component-name']}` }
        : annotations['components.gke.io/layer'] === 'addon'
          ? {}
          : undefined,
    onPatch: 'reverts',
    revert: 'GKE writes its component back within minutes.',
    fix: () =>
      'With Google: a component of GKE takes no tolerations; the node pool can be changed instead.',
    input: 'none',
    layer: 3,
  },
  {
    kind: 'AKS',
    find: ({ labels }) => (labels['kubernetes.azure.com/managedby'] === 'aks' ? {} : undefined),
    onPatch: 'reverts',
    revert: 'AKS writes its component back within minutes.',
    fix: () =>
      "In the extension's settings where it has them, else with Microsoft: a component of AKS takes no tolerations.",
    input: 'none',
    layer: 3,
  },
  {
    kind: 'EKS add-on',
    find: ({ managers, name }) =>
      managers.includes('eks') ? { name: EKS_ADDONS[name] ?? name } : undefined,
    onPatch: 'overwrites',
    applies: true,
    revert: 'EKS overwrites the fields it manages at the next update of the add-on.',
    fix: ({ marks, path }) =>
      `With aws eks update-addon --addon-name ${EKS_ADDONS[marks.name] ?? 'NAME'} --configuration-values file://values.yaml${path === undefined ? '' : `, at ${path}`}.`,
    input: 'values',
    layer: 3,
  },
]

/** The name of an EKS add-on by that of its DaemonSet. */
const EKS_ADDONS: Readonly<Record<string, string>> = {
  'aws-node': 'vpc-cni',
  'kube-proxy': 'kube-proxy',
  'ebs-csi-node': 'aws-ebs-csi-driver',
  'efs-csi-node': 'aws-efs-csi-driver',
  'eks-pod-identity-agent': 'eks-pod-identity-agent',
}

function operator(marks: OwnerEvidence): { name: string } | undefined {
  if (marks.owner?.kind === 'ClusterServiceVersion') return undefined
  if (marks.owner !== undefined) return { name: `${marks.owner.kind} ${marks.owner.name}` }
  const known = operatorByMarks(marks.labels)
  return known === undefined ? undefined : { name: known }
}

function hasPrefix(map: Readonly<Record<string, string>>, prefix: string): boolean {
  return Object.keys(map).some((key) => key.startsWith(prefix))
}
