import type { DaemonSet, Toleration } from '../kubernetes/objects.ts'
import { sameToleration } from '../kubernetes/patches.ts'
import { yamlItems, yamlScalar, yamlUnder } from '../words/yaml.ts'
import { type OwnerRow, ownerEvidenceOf } from './owner-row.ts'
import { decidingLayer, type Owner, ownerLayers } from './ownership.ts'
import { packagedHelmChart } from './rancher-owners.ts'
import { type TolerationPath, tolerationPath } from './toleration-path.ts'

/** Where to set tolerations so that they last. */
export interface LastingFix {
  /** One or two sentences. */
  readonly fix: string
  /**
   * YAML to copy. It lists the present tolerations and the chart's defaults too, since a list
   * replaces the previous one. undefined: the owner has no place for it.
   */
  readonly snippet?: string
}

interface Wanted {
  /** Of the chart, and not in the DaemonSet now. */
  readonly defaults: readonly Toleration[]
  readonly present: readonly Toleration[]
  readonly added: readonly Toleration[]
}

/** How to add these tolerations for good. `owner` is `ownerOf(daemonSet)`. */
export function lastingFix(
  owner: Owner,
  daemonSet: DaemonSet,
  tolerations: readonly Toleration[],
): LastingFix {
  const row = decidingLayer(ownerLayers(daemonSet))?.row
  const path = tolerationPath(row?.input ?? 'manifest', daemonSet)
  const lines = snippet(
    row,
    path,
    daemonSet,
    wantedOf(daemonSet, tolerations, path?.defaults ?? []),
  )
  return lines === undefined
    ? { fix: owner.fix }
    : { fix: owner.fix, snippet: `${lines.join('\n')}\n` }
}

/** Lines of a YAML list, with the fields in the API's order. */
export function tolerationLines(tolerations: readonly Toleration[]): readonly string[] {
  return yamlItems(
    tolerations.map(({ key, operator, value, effect, tolerationSeconds }) => ({
      key,
      operator,
      value,
      effect,
      tolerationSeconds,
    })),
  )
}

function wantedOf(
  daemonSet: DaemonSet,
  tolerations: readonly Toleration[],
  chart: readonly Toleration[],
): Wanted {
  const present = daemonSet.spec.template.spec?.tolerations ?? []
  const added = tolerations.filter(
    (one, index) =>
      ![...present, ...tolerations.slice(0, index)].some((other) => sameToleration(one, other)),
  )
  const defaults = chart.filter(
    (one) => ![...present, ...added].some((other) => sameToleration(one, other)),
  )
  return { defaults, present, added }
}

function snippet(
  row: OwnerRow | undefined,
  path: TolerationPath | undefined,
  daemonSet: DaemonSet,
  wanted: Wanted,
): readonly string[] | undefined {
  const input = row?.input ?? 'manifest'
  const hasValues =
    ['Helm', 'Flux', 'EKS add-on'].includes(row?.kind ?? '') ||
    packagedChart(row, daemonSet) !== undefined
  if (input === 'resource') return resource(path, daemonSet, wanted)
  if (input === 'values' && (path !== undefined || hasValues))
    return values(row, path, daemonSet, wanted)
  return input === 'none' ? undefined : manifest(daemonSet, wanted)
}

function manifest({ metadata }: DaemonSet, wanted: Wanted): readonly string[] {
  return [
    ...header('apps/v1', 'DaemonSet', metadata.name, metadata.namespace),
    ...yamlUnder('spec.template.spec.tolerations', sections(wanted)),
  ]
}

function resource(
  path: TolerationPath | undefined,
  daemonSet: DaemonSet,
  wanted: Wanted,
): readonly string[] {
  const { owner } = ownerEvidenceOf(daemonSet)
  if (path?.place !== undefined) return [`# ${path.place}`, ...atPath(path, wanted)]
  const top =
    owner?.apiVersion === undefined ? [] : header(owner.apiVersion, owner.kind, owner.name)
  if (path === undefined) {
    const field =
      owner === undefined
        ? 'the field for tolerations in the resource'
        : `the field for tolerations in the ${owner.kind} (kubectl explain ${owner.kind.toLowerCase()}.spec --recursive)`
    return [`# ${field}`, ...yamlUnder('tolerations', sections(wanted))]
  }
  const explain = `kubectl explain ${owner?.kind.toLowerCase() ?? 'KIND'}.spec --recursive`
  const doubt = path.checked ? [] : [`# this path is not verified: compare it with ${explain}`]
  return [...doubt, ...top, ...atPath(path, wanted)]
}

function values(
  row: OwnerRow | undefined,
  path: TolerationPath | undefined,
  daemonSet: DaemonSet,
  wanted: Wanted,
): readonly string[] {
  const chart =
    path?.chart === undefined
      ? ["# the chart's key for tolerations"]
      : [`# values of chart ${path.chart}`]
  const within = Object.entries(path?.within ?? {}).map(
    ([parent, key]) => `# as a subchart of ${parent}: ${key}`,
  )
  const lines =
    path === undefined ? yamlUnder('tolerations', sections(wanted)) : atPath(path, wanted)
  const content = [...chart, ...within, ...lines]
  const packaged = packagedChart(row, daemonSet)
  if (packaged !== undefined)
    return [
      `# add it to the present object, if there is one: kubectl -n kube-system get helmchartconfig ${packaged} -o yaml`,
      ...header('helm.cattle.io/v1', 'HelmChartConfig', packaged, 'kube-system'),
      ...yamlUnder('spec.valuesContent', content, '|'),
    ]
  if (row?.kind !== 'Flux') return content
  const { labels } = ownerEvidenceOf(daemonSet)
  return [
    ...header(
      'helm.toolkit.fluxcd.io/v2',
      'HelmRelease',
      labels['helm.toolkit.fluxcd.io/name'] ?? 'NAME',
      labels['helm.toolkit.fluxcd.io/namespace'],
    ),
    ...yamlUnder('spec.values', content),
  ]
}

/** The HelmChart of k3s or RKE2 that `row` stands for; undefined: none. */
function packagedChart(row: OwnerRow | undefined, daemonSet: DaemonSet): string | undefined {
  const isOfDistribution = row?.kind === 'k3s' || row?.kind === 'RKE2'
  return isOfDistribution ? packagedHelmChart(ownerEvidenceOf(daemonSet)) : undefined
}

function atPath(path: TolerationPath, wanted: Wanted): readonly string[] {
  const all = [...wanted.defaults, ...wanted.present, ...wanted.added]
  if (path.format === 'taint-string') return yamlUnder(path.text, [], yamlScalar(taintString(all)))
  if (path.format === 'yaml-string') return yamlUnder(path.text, tolerationLines(all), '|')
  return yamlUnder(path.text, sections(wanted))
}

/** Longhorn's form: `key=value:Effect` or, for Exists, `key:Effect`, separated by semicolons. */
function taintString(tolerations: readonly Toleration[]): string {
  return tolerations
    .map(
      ({ key = '', value, effect }) =>
        `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}`,
    )
    .join(';')
}

function sections({ defaults, present, added }: Wanted): readonly string[] {
  const section = (title: string, tolerations: readonly Toleration[]): readonly string[] =>
    tolerations.length === 0 ? [] : [`# ${title}`, ...tolerationLines(tolerations)]
  return [
    ...section(
      'default of the chart, not in the DaemonSet now: leave it out if that is intended',
      defaults,
    ),
    ...section('already set', present),
    ...section('new', added),
  ]
}

function header(
  apiVersion: string,
  kind: string,
  name: string,
  namespace?: string,
): readonly string[] {
  return [
    `apiVersion: ${yamlScalar(apiVersion)}`,
    `kind: ${yamlScalar(kind)}`,
    'metadata:',
    `  name: ${yamlScalar(name)}`,
    ...(namespace === undefined ? [] : [`  namespace: ${yamlScalar(namespace)}`]),
  ]
}
