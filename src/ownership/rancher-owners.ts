import { type OwnerEvidence, type OwnerRow, pathWords } from './owner-row.ts'

/** The annotation with the kind of the object for which a controller of Rancher applied this one. */
const OWNER_KIND = 'objectset.rio.cattle.io/owner-gvk'
const OWNER_NAME = 'objectset.rio.cattle.io/owner-name'

/** k3s, RKE2 and the controllers of Rancher, without Fleet. */
export const RANCHER_OWNERS: readonly OwnerRow[] = [
  {
    kind: 'k3s',
    find: ({ annotations }) =>
      isK3sAddon(annotations)
        ? { name: `addon ${annotations[OWNER_NAME] ?? ''}`.trimEnd() }
        : undefined,
    onPatch: 'overwrites',
    applies: true,
    revert:
      'k3s or RKE2 applies its manifest again when the manifest changes or the server restarts.',
    fix: ({ path }) =>
      `Change the manifest in the server's data directory (server/manifests), or a HelmChartConfig if it is a chart${path === undefined ? '' : `, at ${path}`}.`,
    input: 'values',
    layer: 5,
  },
  {
    // https://docs.k3s.io/networking/networking-services
    kind: 'k3s',
    find: ({ labels }) => {
      const name = labels['svccontroller.k3s.cattle.io/svcname']
      const namespace = labels['svccontroller.k3s.cattle.io/svcnamespace'] ?? 'NAMESPACE'
      return name === undefined ? undefined : { name: `ServiceLB of Service ${namespace}/${name}` }
    },
    onPatch: 'overwrites',
    applies: true,
    placement: {
      title: 'Choose the nodes of ServiceLB by label',
      why: 'It takes no affinity. Once a node has the label svccontroller.k3s.cattle.io/enablelb=true, ServiceLB runs on labeled nodes only: label all of those where it should run.',
    },
    revert: 'k3s writes it again when the Service changes or the server restarts.',
    fix: ({ evidence: { labels } }) =>
      `Set the annotation svccontroller.k3s.cattle.io/tolerations (a YAML list; k3s of August 2024 or later) of Service ${labels['svccontroller.k3s.cattle.io/svcnamespace'] ?? 'NAMESPACE'}/${labels['svccontroller.k3s.cattle.io/svcname']}.`,
    input: 'none',
    layer: 5,
  },
  helmChartOf('RKE2'),
  helmChartOf('k3s'),
  {
    kind: 'Rancher',
    find: ({ annotations, labels }) => {
      const kind = /Kind=(\w+)$/.exec(annotations[OWNER_KIND] ?? '')?.[1]
      const isOther =
        !/^(fleet|k3s)\.cattle\.io\//.test(annotations[OWNER_KIND] ?? '') &&
        labels['svccontroller.k3s.cattle.io/svcname'] === undefined
      return kind !== undefined && isOther
        ? { name: `${kind} ${annotations[OWNER_NAME] ?? ''}`.trimEnd() }
        : undefined
    },
    onPatch: 'overwrites',
    applies: true,
    revert: 'The controller of Rancher that applied it writes it again when its owner changes.',
    fix: ({ name, path }) => `Change the owner, ${name}, ${pathWords(path)}.`,
    input: 'none',
    layer: 5,
  },
]

/**
 * A chart that the helm-controller installs from a HelmChart object. Only the packaged ones can be
 * recognized: a chart that somebody installs so looks like any other release.
 */
function helmChartOf(kind: 'k3s' | 'RKE2'): OwnerRow {
  return {
    kind,
    find: (evidence) => {
      const chart = packagedHelmChart(evidence)
      return chart !== undefined && isRke2Chart(evidence) === (kind === 'RKE2')
        ? { name: `HelmChart ${chart}` }
        : undefined
    },
    onPatch: 'overwrites',
    applies: true,
    revert: `The helm-controller of ${kind} installs the chart again when its HelmChart or HelmChartConfig changes or the server is upgraded. That undoes a helm upgrade by hand too.`,
    fix: ({ evidence, path }) =>
      `Set it in HelmChartConfig ${packagedHelmChart(evidence)} in namespace kube-system, ${pathWords(path)} in spec.valuesContent, beside what it has already. Apply that object, or put it into the server's data directory (server/manifests).`,
    input: 'values',
    layer: 5,
  }
}

/** An addon of k3s or RKE2, which uses the same annotations as Fleet. */
export function isK3sAddon(annotations: OwnerEvidence['annotations']): boolean {
  return /^k3s\.cattle\.io\/.*Kind=Addon$/.test(annotations[OWNER_KIND] ?? '')
}

/**
 * The HelmChart, and HelmChartConfig, of a packaged chart: named like its release. undefined: none,
 * by all that the metadata shows. Packaged charts are installed into kube-system. Rancher's catalog
 * has charts with the same version suffix, but people install them, and elsewhere.
 */
export function packagedHelmChart(evidence: OwnerEvidence): string | undefined {
  const { annotations } = evidence
  if (annotations['meta.helm.sh/release-namespace'] !== 'kube-system') return undefined
  return isRke2Chart(evidence) || hasRancherVersion(evidence)
    ? annotations['meta.helm.sh/release-name']
    : undefined
}

/** Its charts are named `rke2-…`, or have a build in their version: `v3.29.2-build2025021800`. */
function isRke2Chart({ annotations, labels }: OwnerEvidence): boolean {
  const chart = labels['helm.sh/chart'] ?? labels.chart ?? ''
  return (
    chart.startsWith('rke2-') ||
    /-build\d{8,}$/.test(chart) ||
    (annotations['meta.helm.sh/release-name'] ?? '').startsWith('rke2-')
  )
}

/** `traefik-34.2.1_up34.2.0`: a chart's own version and that of the chart it was made from. */
function hasRancherVersion({ labels }: OwnerEvidence): boolean {
  return /[_+]up\d/.test(labels['helm.sh/chart'] ?? labels.chart ?? '')
}
