import { annotated, labeled, proveRows, type Row, released } from './ownership-rows.ts'

const HELM = {
  kind: 'Helm',
  onPatch: 'overwrites',
  undone: false,
  revert: /^The next helm upgrade overwrites it if the chart sets tolerations\.$/,
} as const
const RKE2 = {
  kind: 'RKE2',
  onPatch: 'overwrites',
  undone: true,
  revert:
    /^The helm-controller of RKE2 installs the chart again when its HelmChart or HelmChartConfig changes or the server is upgraded\. That undoes a helm upgrade by hand too\.$/,
} as const
const K3S_CHART = {
  kind: 'k3s',
  onPatch: 'overwrites',
  undone: true,
  revert: /^The helm-controller of k3s installs the chart again/,
} as const

const ROWS: readonly Row[] = [
  // 12: k3s and RKE2
  {
    when: 'it is an addon of k3s',
    metadata: {
      ...labeled({ 'kubernetes.io/cluster-service': 'true' }),
      ...annotated({
        'objectset.rio.cattle.io/owner-gvk': 'k3s.cattle.io/v1, Kind=Addon',
        'objectset.rio.cattle.io/owner-name': 'node-tools',
      }),
    },
    name: 'addon node-tools',
    kind: 'k3s',
    onPatch: 'overwrites',
    undone: true,
    revert:
      /^k3s or RKE2 applies its manifest again when the manifest changes or the server restarts\.$/,
    fix: /^Change the manifest in the server's data directory \(server\/manifests\), or a HelmChartConfig if it is a chart\.$/,
  },
  {
    when: 'ServiceLB of k3s made it for a Service',
    name: 'ServiceLB of Service web/traefik',
    kind: 'k3s',
    onPatch: 'overwrites',
    undone: true,
    metadata: {
      name: 'svclb-traefik-8cd6d5fd',
      namespace: 'kube-system',
      ...labeled({
        'svccontroller.k3s.cattle.io/svcname': 'traefik',
        'svccontroller.k3s.cattle.io/svcnamespace': 'web',
      }),
      ...annotated({
        'objectset.rio.cattle.io/owner-gvk': '/v1, Kind=Service',
        'objectset.rio.cattle.io/owner-name': 'traefik',
        'objectset.rio.cattle.io/id': 'svccontroller',
      }),
    },
    revert: /^k3s writes it again when the Service changes or the server restarts\.$/,
    fix: /^Set the annotation svccontroller\.k3s\.cattle\.io\/tolerations .* of Service web\/traefik\.$/,
  },
  {
    ...RKE2,
    when: 'it is of a chart that RKE2 packages',
    metadata: {
      name: 'rke2-ingress-nginx-controller',
      ...released('rke2-ingress-nginx', 'kube-system', {
        'helm.sh/chart': 'rke2-ingress-nginx-4.12.101',
        'app.kubernetes.io/name': 'rke2-ingress-nginx',
      }),
    },
    name: 'HelmChart rke2-ingress-nginx',
    fix: /^Set it in HelmChartConfig rke2-ingress-nginx in namespace kube-system, at controller\.tolerations in spec\.valuesContent, beside what it has already\. /,
  },
  {
    ...RKE2,
    when: 'it is of a chart that RKE2 packages, and has no chart label',
    metadata: {
      name: 'cilium',
      ...released('rke2-cilium', 'kube-system', { 'k8s-app': 'cilium' }),
    },
    name: 'HelmChart rke2-cilium',
    fix: /^Set it in HelmChartConfig rke2-cilium in namespace kube-system, at tolerations in spec\.valuesContent, beside what it has already\. /,
  },
  {
    ...RKE2,
    when: 'its chart has the version of a build of RKE2, and labels of the addon-manager',
    metadata: {
      name: 'node-local-dns',
      ...released('dns', 'kube-system', {
        'helm.sh/chart': 'canal-v3.29.2-build2025021800',
        'kubernetes.io/cluster-service': 'true',
      }),
    },
    name: 'HelmChart dns',
    fix: /^Set it in HelmChartConfig dns in namespace kube-system, in the field for tolerations in spec\.valuesContent, beside what it has already\. /,
  },
  {
    ...K3S_CHART,
    when: 'its chart has the version suffix of k3s',
    metadata: {
      name: 'traefik',
      ...released('traefik', 'kube-system', {
        'helm.sh/chart': 'traefik-34.2.1_up34.2.0',
        'app.kubernetes.io/name': 'traefik',
      }),
    },
    name: 'HelmChart traefik',
    fix: /^Set it in HelmChartConfig traefik in namespace kube-system, at tolerations in spec\.valuesContent, beside what it has already\. Apply that object, or put it into the server's data directory \(server\/manifests\)\.$/,
  },
  {
    ...HELM,
    when: "it is of a chart of Rancher's catalog, which has that suffix too",
    metadata: {
      name: 'longhorn-manager',
      ...released('longhorn', 'longhorn-system', {
        'helm.sh/chart': 'longhorn-103.3.1_up1.6.2',
        app: 'longhorn-manager',
      }),
    },
    name: 'release longhorn in namespace longhorn-system',
    fix: /^Change the values of Helm release longhorn in namespace longhorn-system, at longhornManager\.tolerations\. /,
  },
  {
    ...HELM,
    when: 'somebody installed an ordinary chart into kube-system',
    metadata: {
      name: 'csi-nfs-node',
      ...released('nfs', 'kube-system', {
        'helm.sh/chart': 'csi-driver-nfs-4.11.0',
        'app.kubernetes.io/name': 'csi-driver-nfs',
      }),
    },
    name: 'release nfs in namespace kube-system',
    fix: /^Change the values of Helm release nfs in namespace kube-system, at node\.tolerations\. /,
  },
]

proveRows(ROWS)
