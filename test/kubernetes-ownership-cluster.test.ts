import { annotated, by, labeled, owned, proveRows, type Row, released } from './ownership-rows.ts'

const OPERATOR = {
  kind: 'operator',
  onPatch: 'reverts',
  undone: true,
  revert: /^The operator restores its own version/,
} as const
const OPENSHIFT = {
  kind: 'OpenShift',
  name: 'platform (openshift-monitoring)',
  onPatch: 'reverts',
  undone: true,
  revert: /cluster-version operator reverts it, immediately or within minutes/,
  fix: /^Change the configuration resource of the platform operator for openshift-monitoring\. If it has no field for tolerations, ask Red Hat's support\.$/,
} as const
const OLM = {
  kind: 'OLM',
  name: 'agent-operator.v1.4.0',
  onPatch: 'reverts',
  undone: true,
  revert: /^OLM and the operator that it installed revert it within minutes/,
  fix: /^Change the custom resource of the operator that OLM agent-operator\.v1\.4\.0 installs\. spec\.config\.tolerations of a Subscription applies to that operator only\.$/,
} as const
const ADDON_MANAGER = {
  kind: 'addon-manager',
  onPatch: 'reverts',
  undone: true,
  revert: /^The addon-manager applies its manifest again every few minutes/,
  fix: /^Ask the provider of the cluster: the manifest is on the control plane\.$/,
} as const
const GKE = {
  kind: 'GKE',
  onPatch: 'reverts',
  undone: true,
  revert: /^GKE reverts changes to its components within minutes/,
  fix: /^A GKE component has no setting for tolerations\. Ask Google/,
} as const
const GARDENER = {
  kind: 'Gardener',
  onPatch: 'reverts',
  undone: true,
  revert: /^The gardener-resource-manager reverts it within minutes/,
  fix: /^Ask the provider of the cluster: the Gardener extension/,
} as const
const EKS = {
  kind: 'EKS add-on',
  onPatch: 'overwrites',
  undone: true,
  revert: /^EKS overwrites the fields that it manages at the next update of the add-on/,
} as const
const HELM = {
  kind: 'Helm',
  onPatch: 'overwrites',
  undone: false,
  revert: /^The next helm upgrade overwrites it if the chart sets tolerations\.$/,
} as const

const ROWS: readonly Row[] = [
  // 1: operators
  {
    ...OPERATOR,
    when: 'a custom resource is its controller',
    metadata: owned('datadoghq.com/v2alpha1', 'DatadogAgent', 'datadog'),
    name: 'DatadogAgent datadog',
    fix: /^Change DatadogAgent datadog, /,
  },
  {
    ...OPERATOR,
    when: 'a custom resource owns it without controller: true',
    metadata: owned('longhorn.io/v1beta2', 'EngineImage', 'ei-1', false),
    name: 'EngineImage ei-1',
    fix: /^Change EngineImage ei-1, in the field for tolerations\.$/,
  },
  {
    ...OPERATOR,
    when: 'an operator labeled it and set no ownerReference',
    metadata: labeled({ 'longhorn.io/managed-by': 'longhorn-manager' }),
    name: 'longhorn-manager',
    fix: /^Change longhorn-manager, in the field for tolerations\.$/,
  },
  // 2: OpenShift
  {
    ...OPENSHIFT,
    when: 'it is in a namespace of OpenShift',
    metadata: { namespace: 'openshift-monitoring' },
  },
  {
    ...OPENSHIFT,
    when: 'it is part of an OpenShift release',
    metadata: {
      namespace: 'openshift-monitoring',
      ...annotated({ 'include.release.openshift.io/self-managed-high-availability': 'true' }),
    },
  },
  {
    ...OPENSHIFT,
    when: 'OpenShift labeled it',
    metadata: labeled({ 'openshift.io/component': 'network' }),
    name: 'platform (agents)',
    fix: /for agents\. If/,
  },
  {
    ...OPERATOR,
    when: "a platform operator's own resource owns it, which is then the place",
    metadata: {
      name: 'dns-default',
      namespace: 'openshift-dns',
      ...owned('operator.openshift.io/v1', 'DNS', 'default'),
    },
    name: 'DNS default',
    fix: /^Change DNS default, at spec\.nodePlacement\.tolerations\.$/,
  },
  // 3: OLM
  {
    ...OLM,
    when: 'OLM installed it',
    metadata: labeled({
      'olm.owner': 'agent-operator.v1.4.0',
      'olm.owner.kind': 'ClusterServiceVersion',
      'olm.owner.namespace': 'operators',
    }),
  },
  {
    ...OLM,
    when: 'a ClusterServiceVersion owns it',
    metadata: owned(
      'operators.coreos.com/v1alpha1',
      'ClusterServiceVersion',
      'agent-operator.v1.4.0',
    ),
  },
  // 4: the addon-manager of GKE, AKS and kops
  {
    ...ADDON_MANAGER,
    when: 'the addon-manager reconciles it',
    metadata: labeled({ 'addonmanager.kubernetes.io/mode': 'Reconcile' }),
  },
  {
    ...ADDON_MANAGER,
    when: 'it has the old label of cluster services',
    metadata: labeled({ 'kubernetes.io/cluster-service': 'true' }),
  },
  {
    ...ADDON_MANAGER,
    when: 'it is the disk driver of AKS, so no chart values apply',
    metadata: {
      name: 'csi-azuredisk-node',
      namespace: 'kube-system',
      ...labeled({
        'addonmanager.kubernetes.io/mode': 'Reconcile',
        'app.kubernetes.io/name': 'azuredisk-csi-driver',
      }),
    },
  },
  {
    when: 'the addon-manager only ensures that it exists',
    metadata: labeled({ 'addonmanager.kubernetes.io/mode': 'EnsureExists' }),
    kind: 'addon-manager',
    onPatch: 'none',
    undone: false,
    revert: /^A label or annotation tells addon-manager not to correct changes\.$/,
    fix: /^Change the DaemonSet itself: the addon-manager creates it again if it is missing/,
  },
  {
    ...HELM,
    when: 'a chart has a copied label of the addon-manager',
    metadata: released('dns', 'kube-system', { 'addonmanager.kubernetes.io/mode': 'Reconcile' }),
    name: 'release dns in namespace kube-system',
    fix: /^Change the values of Helm release dns/,
  },
  {
    when: 'kops deployed it',
    metadata: labeled({
      'app.kubernetes.io/managed-by': 'kops',
      'addon.kops.k8s.io/name': 'networking.cilium.io',
    }),
    name: 'addon networking.cilium.io',
    kind: 'kops',
    onPatch: 'overwrites',
    undone: true,
    revert: /^kops applies its manifest again when the addon changes/,
    fix: /kops edit cluster/,
  },
  // 5 to 7: clouds
  {
    ...GKE,
    when: 'it is a component of GKE',
    metadata: annotated({
      'components.gke.io/component-name': 'pdcsi',
      'components.gke.io/layer': 'addon',
    }),
    name: 'component pdcsi',
  },
  {
    ...GKE,
    when: 'it is an addon of GKE without a name',
    metadata: annotated({ 'components.gke.io/layer': 'addon' }),
  },
  {
    when: 'AKS manages it',
    metadata: labeled({ 'kubernetes.azure.com/managedby': 'aks' }),
    kind: 'AKS',
    onPatch: 'reverts',
    undone: true,
    revert: /^AKS reverts changes to its components within minutes/,
    fix: /^An AKS component has no setting for tolerations\. Use the settings of the extension if it has one/,
  },
  ...(
    [
      ['aws-node', 'vpc-cni', ', at tolerations'],
      ['kube-proxy', 'kube-proxy', ''],
      ['ebs-csi-node', 'aws-ebs-csi-driver', ', at node\\.tolerations'],
      ['efs-csi-node', 'aws-efs-csi-driver', ', at node\\.tolerations'],
      ['eks-pod-identity-agent', 'eks-pod-identity-agent', ''],
    ] as const
  ).map(
    ([name, addon, path]): Row => ({
      ...EKS,
      when: `EKS writes the fields of ${name}`,
      name: addon,
      metadata: {
        name,
        namespace: 'kube-system',
        ...labeled({ 'k8s-app': name, 'app.kubernetes.io/name': addon }),
        ...by('eks', 'kube-controller-manager'),
      },
      fix: new RegExp(
        `^Use aws eks update-addon --cluster-name CLUSTER --addon-name ${addon} --configuration-values file://values\\.yaml --resolve-conflicts PRESERVE${path}\\.$`,
      ),
    }),
  ),
  {
    ...GARDENER,
    when: 'Gardener deploys it',
    metadata: {
      ...labeled({ 'resources.gardener.cloud/managed-by': 'gardener' }),
      ...annotated({ 'resources.gardener.cloud/origin': 'seed-1:shoot--demo--prod/node-init' }),
    },
    name: 'ManagedResource shoot--demo--prod/node-init',
  },
  {
    ...GARDENER,
    when: 'Gardener deploys it, by its label alone',
    metadata: labeled({ 'resources.gardener.cloud/managed-by': 'gardener' }),
  },
]

proveRows(ROWS)
