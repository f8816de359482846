import { annotated, by, labeled, proveRows, type Row, released } from './ownership-rows.ts'

const HELM = {
  kind: 'Helm',
  onPatch: 'overwrites',
  undone: false,
  revert: /^The next helm upgrade overwrites it if the chart sets tolerations\.$/,
} as const
const KUBECTL = {
  kind: 'kubectl apply',
  onPatch: 'overwrites',
  undone: false,
  revert: /^The next kubectl apply overwrites it if the manifest has tolerations/,
  fix: /^Change the manifest that is applied\.$/,
} as const
const NOBODY = {
  kind: 'none',
  onPatch: 'none',
  undone: false,
  revert: /^Nothing is known to revert a patch\.$/,
  fix: /^Change the DaemonSet itself/,
} as const

const KAPP = {
  kind: 'kapp',
  onPatch: 'reverts',
  undone: true,
  revert: /at the syncPeriod of its App/,
  fix: /^Change the App resource, or the input of kapp deploy\.$/,
} as const

const ROWS: readonly Row[] = [
  {
    when: 'kpt keeps it in an inventory',
    metadata: annotated({ 'config.k8s.io/owning-inventory': 'agents-1' }),
    name: 'inventory agents-1',
    kind: 'kpt',
    onPatch: 'overwrites',
    undone: false,
    revert: /^The next kpt live apply/,
    fix: /^Change the package that is applied\.$/,
  },
  ...['kube-proxy', 'kube-flannel'].map(
    (name): Row => ({
      when: `Talos keeps ${name} in its inventory`,
      metadata: {
        name,
        namespace: 'kube-system',
        ...annotated({ 'config.k8s.io/owning-inventory': 'talos' }),
      },
      kind: 'Talos',
      onPatch: 'overwrites',
      undone: true,
      revert: /^talosctl upgrade-k8s applies its manifest again\.$/,
      fix: /^Change the Talos machine configuration\.$/,
    }),
  ),
  { ...KAPP, when: 'kapp labeled it', metadata: labeled({ 'kapp.k14s.io/app': '1700000000' }) },
  {
    ...KAPP,
    when: 'kapp annotated it',
    metadata: annotated({ 'kapp.k14s.io/identity': 'v1;agents/apps/DaemonSet/agent;apps/v1' }),
  },
  // 17 to 20
  {
    ...HELM,
    when: 'it belongs to a Helm release',
    metadata: {
      name: 'datadog',
      ...released('datadog', 'agents', { 'helm.sh/chart': 'datadog-3.240.0' }),
    },
    name: 'release datadog in namespace agents',
    fix: /^Change the values of Helm release datadog in namespace agents, at agents\.tolerations\. A list there replaces/,
  },
  ...(['Cni', 'Ztunnel'] as const).map(
    (component): Row => ({
      when: `istioctl installed its component ${component}`,
      metadata: {
        name: component === 'Cni' ? 'istio-cni-node' : 'ztunnel',
        ...labeled({
          'operator.istio.io/component': component,
          'operator.istio.io/managed': 'Reconcile',
        }),
      },
      name: `component ${component}`,
      kind: 'istioctl',
      onPatch: 'overwrites',
      undone: false,
      revert: /^The next istioctl install overwrites it\.$/,
      fix: new RegExp(`at spec\\.values\\.${component.toLowerCase()}\\.tolerations\\.$`),
    }),
  ),
  ...['Terraform', 'HashiCorp'].map(
    (manager): Row => ({
      when: `${manager} writes its fields`,
      metadata: by(manager),
      kind: 'Terraform',
      onPatch: 'overwrites',
      undone: false,
      revert: /^The next terraform apply reverts it\.$/,
      fix: /^Change the Terraform code, /,
    }),
  ),
  {
    ...KUBECTL,
    when: 'kubectl apply is a field manager',
    metadata: by('kubectl-client-side-apply'),
  },
  {
    ...KUBECTL,
    when: 'kubectl apply left its annotation and managedFields are hidden',
    metadata: {
      managedFields: undefined,
      ...annotated({ 'kubectl.kubernetes.io/last-applied-configuration': '' }),
    },
  },
  ...['kubectl-edit', 'kubectl-patch', 'k9s', 'rancher'].map(
    (manager): Row => ({ ...NOBODY, when: `only ${manager} wrote it`, metadata: by(manager) }),
  ),
]

proveRows(ROWS)
