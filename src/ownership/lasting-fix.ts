import type { DaemonSet, Toleration } from '../kubernetes/objects.ts'
import { sameToleration } from '../kubernetes/patches.ts'
import { type OwnerRow, ownerEvidenceOf } from './owner-row.ts'
import { decidingLayer, type Owner, ownerLayers } from './ownership.ts'
import { type TolerationPath, tolerationPath } from './toleration-path.ts'
import { nested, scalar, taintString, tolerationLines } from './toleration-yaml.ts'

/** Where the tolerations must go so that they stay. */
export interface LastingFix {
  /** One or two sentences. */
  readonly fix: string
  /** YAML to copy, with every toleration that is there or that the chart would set: a list replaces the one before. */
  readonly snippet?: string
}

interface Wanted {
  /** The chart's own, which are not in the DaemonSet now. */
  readonly defaults: readonly Toleration[]
  readonly present: readonly Toleration[]
  readonly added: readonly Toleration[]
}

/** The lasting fix for a DaemonSet that should tolerate these too. `owner` is `ownerOf(daemonSet)`. */
export function lastingFix(
  owner: Owner,
  daemonSet: DaemonSet,
  tolerations: readonly Toleration[],
): LastingFix {
  const layer = decidingLayer(ownerLayers(daemonSet))
  const input = layer?.row.input ?? 'manifest'
  const path = tolerationPath(input, daemonSet)
  const lines = snippet(
    input,
    layer?.row,
    path,
    daemonSet,
    wantedOf(daemonSet, tolerations, path?.defaults ?? []),
  )
  return lines === undefined
    ? { fix: owner.fix }
    : { fix: owner.fix, snippet: `${lines.join('\n')}\n` }
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
  input: OwnerRow['input'],
  row: OwnerRow | undefined,
  path: TolerationPath | undefined,
  daemonSet: DaemonSet,
  wanted: Wanted,
): readonly string[] | undefined {
  const isRelease = row?.kind === 'Helm' || row?.kind === 'Flux'
  if (input === 'resource') return resource(path, daemonSet, wanted)
  if (input === 'values' && (path !== undefined || isRelease || row?.kind === 'EKS add-on'))
    return values(row, path, daemonSet, wanted)
  return input === 'none' ? undefined : manifest(daemonSet, wanted)
}

function manifest({ metadata }: DaemonSet, wanted: Wanted): readonly string[] {
  return [
    ...header('apps/v1', 'DaemonSet', metadata.name, metadata.namespace),
    ...nested('spec.template.spec.tolerations', sections(wanted)),
  ]
}

function resource(
  path: TolerationPath | undefined,
  daemonSet: DaemonSet,
  wanted: Wanted,
): readonly string[] {
  const { owner } = ownerEvidenceOf(daemonSet)
  if (path?.place !== undefined) return [`# ${path.place}`, ...written(path, wanted)]
  const top =
    owner?.apiVersion === undefined ? [] : header(owner.apiVersion, owner.kind, owner.name)
  if (path === undefined) {
    const kind = owner === undefined ? 'the resource' : `the ${owner.kind}`
    return [
      `# the field by which ${kind} takes tolerations${owner ? ` (kubectl explain ${owner.kind.toLowerCase()}.spec --recursive)` : ''}`,
      ...nested('tolerations', sections(wanted)),
    ]
  }
  const doubt = path.checked
    ? []
    : [
        `# this path was not checked: compare it with kubectl explain ${owner?.kind.toLowerCase() ?? 'KIND'}.spec --recursive`,
      ]
  return [...doubt, ...top, ...written(path, wanted)]
}

function values(
  row: OwnerRow | undefined,
  path: TolerationPath | undefined,
  daemonSet: DaemonSet,
  wanted: Wanted,
): readonly string[] {
  const chart =
    path?.chart === undefined
      ? ['# the key by which the chart takes tolerations']
      : [`# values of chart ${path.chart}`]
  const within = Object.entries(path?.within ?? {}).map(
    ([parent, key]) => `# as part of chart ${parent}: ${key}`,
  )
  const lines = path === undefined ? nested('tolerations', sections(wanted)) : written(path, wanted)
  if (row?.kind !== 'Flux') return [...chart, ...within, ...lines]
  const { labels } = ownerEvidenceOf(daemonSet)
  return [
    ...header(
      'helm.toolkit.fluxcd.io/v2',
      'HelmRelease',
      labels['helm.toolkit.fluxcd.io/name'] ?? '',
      labels['helm.toolkit.fluxcd.io/namespace'],
    ),
    'spec:',
    '  values:',
    ...[...chart, ...within, ...lines].map((line) => `    ${line}`),
  ]
}

function written(path: TolerationPath, wanted: Wanted): readonly string[] {
  const all = [...wanted.defaults, ...wanted.present, ...wanted.added]
  if (path.format === 'taint-string') return nested(path.text, [], scalar(taintString(all)))
  if (path.format === 'yaml-string') return nested(path.text, tolerationLines(all), '|')
  return nested(path.text, sections(wanted))
}

function sections({ defaults, present, added }: Wanted): readonly string[] {
  const section = (title: string, tolerations: readonly Toleration[]): readonly string[] =>
    tolerations.length === 0 ? [] : [`# ${title}`, ...tolerationLines(tolerations)]
  return [
    ...section(
      "the chart's default, not in the DaemonSet now: leave it out if that is meant",
      defaults,
    ),
    ...section('already there', present),
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
    `apiVersion: ${scalar(apiVersion)}`,
    `kind: ${scalar(kind)}`,
    'metadata:',
    `  name: ${scalar(name)}`,
    ...(namespace === undefined ? [] : [`  namespace: ${scalar(namespace)}`]),
  ]
}
