import { LAST_APPLIED } from '../kubernetes/objects.ts'
import { type OwnerEvidence, type OwnerRow, pathWords } from './owner-row.ts'

/**
 * Distributions and command-line tools that apply a manifest or a chart when somebody runs them.
 */
export const DEPLOY_OWNERS: readonly OwnerRow[] = [
  {
    kind: 'Talos',
    find: ({ annotations, namespace, name }) =>
      isInventoried(annotations) && isOfTalos(namespace, name) ? {} : undefined,
    onPatch: 'overwrites',
    applies: true,
    revert: 'talosctl upgrade-k8s applies its manifest again.',
    fix: () => 'Change the Talos machine configuration.',
    input: 'none',
    layer: 5,
  },
  {
    kind: 'kpt',
    find: ({ annotations, namespace, name }) =>
      isInventoried(annotations) && !isOfTalos(namespace, name)
        ? { name: `inventory ${annotations['config.k8s.io/owning-inventory']}` }
        : undefined,
    onPatch: 'overwrites',
    revert: 'The next kpt live apply, or another tool that uses the inventory, reverts it.',
    fix: () => 'Change the package that is applied.',
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
      'kapp-controller reverts it at the syncPeriod of its App. Without kapp-controller, the next kapp deploy does.',
    fix: () => 'Change the App resource, or the input of kapp deploy.',
    input: 'manifest',
    layer: 6,
  },
  {
    // https://kops.sigs.k8s.io/addons/
    kind: 'kops',
    find: ({ labels }) =>
      labels['app.kubernetes.io/managed-by'] === 'kops'
        ? { name: `addon ${labels['addon.kops.k8s.io/name'] ?? ''}`.trimEnd() }
        : undefined,
    onPatch: 'overwrites',
    applies: true,
    revert: 'kops applies its manifest again when the addon changes, as in an upgrade.',
    fix: () =>
      'Change the specification of the cluster (kops edit cluster) if it has a field for it, then run kops update cluster.',
    input: 'none',
    layer: 5,
  },
  {
    kind: 'istioctl',
    find: ({ labels }) =>
      labels['operator.istio.io/managed'] === 'Reconcile'
        ? { name: `component ${labels['operator.istio.io/component'] ?? ''}`.trimEnd() }
        : undefined,
    onPatch: 'overwrites',
    revert: 'The next istioctl install overwrites it.',
    fix: ({ evidence: { name } }) =>
      `Change the IstioOperator file for istioctl install -f, at spec.values.${name.startsWith('ztunnel') ? 'ztunnel' : 'cni'}.tolerations.`,
    input: 'none',
    layer: 4,
  },
  {
    kind: 'Helm',
    find: (evidence) => helm(evidence),
    onPatch: 'overwrites',
    revert: 'The next helm upgrade overwrites it if the chart sets tolerations.',
    fix: ({ name, path }) =>
      `Change the values of ${name}, ${pathWords(path)}. A list there replaces the chart's default list, so include its entries.`,
    input: 'values',
    layer: 4,
  },
  {
    kind: 'Terraform',
    find: ({ managers }) =>
      managers.some((manager) => /^(terraform|hashicorp)/i.test(manager)) ? {} : undefined,
    onPatch: 'overwrites',
    revert: 'The next terraform apply reverts it.',
    fix: ({ path }) => `Change the Terraform code, ${pathWords(path)}.`,
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
      'The next kubectl apply overwrites it if the manifest has tolerations: the list is replaced as a whole.',
    fix: () => 'Change the manifest that is applied.',
    input: 'manifest',
    layer: 4,
    onlyAlone: true,
  },
]

/**
 * A release, by its annotations or its field manager. The label managed-by: Helm alone proves
 * nothing: `helm template` sets it too, which is what Argo CD runs.
 */
function helm({ annotations, labels, managers }: OwnerEvidence): { name: string } | undefined {
  const release = annotations['meta.helm.sh/release-name']
  const namespace = annotations['meta.helm.sh/release-namespace']
  if (labels['app.kubernetes.io/managed-by'] === 'Helm' && release !== undefined)
    return {
      name: `release ${release}${namespace === undefined ? '' : ` in namespace ${namespace}`}`,
    }
  const isHelm = (manager: string): boolean =>
    manager === 'helm' || manager.startsWith('terraform-provider-helm')
  return managers.some(isHelm) ? { name: 'release' } : undefined
}

/** In an inventory of kpt, cli-utils or Talos. Config Sync keeps one too. */
function isInventoried(annotations: OwnerEvidence['annotations']): boolean {
  return (
    annotations['config.k8s.io/owning-inventory'] !== undefined &&
    annotations['configmanagement.gke.io/managed'] !== 'enabled'
  )
}

function isOfTalos(namespace: string, name: string): boolean {
  return namespace === 'kube-system' && /^kube-(proxy|flannel)$/.test(name)
}
