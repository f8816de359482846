import type { DaemonSet, Toleration } from '../kubernetes/objects.ts'
import HELM_VALUES from './helm-values.json' with { type: 'json' }
import OPERATOR_CRS from './operator-crs.json' with { type: 'json' }
import { ownerEvidenceOf } from './owner-row.ts'

/** Where the tolerations of a DaemonSet are set in chart values or in a custom resource. */
export interface TolerationPath {
  /** `agents.tolerations`, `spec.override.nodeAgent.tolerations`. */
  readonly text: string
  /** `taint-string`: Longhorn's `key=value:Effect;…`. `yaml-string`: a YAML list in one string. */
  readonly format: 'list' | 'taint-string' | 'yaml-string'
  /** Where the path is, if not in the owner itself. */
  readonly place?: string
  /** false: not verified against the resource's schema. */
  readonly checked: boolean
  /** What the chart sets by default. A list in the values replaces it. */
  readonly defaults: readonly Toleration[]
  readonly chart?: string
  /** Paths as a subchart, by the name of the parent chart. */
  readonly within?: Readonly<Record<string, string>>
}

interface ChartEntry {
  readonly chart: string
  /** Regular expression for the DaemonSet's name. */
  readonly name: string
  /** Labels of its DaemonSet. A value that begins with ^ is a regular expression. */
  readonly labels: Readonly<Record<string, string | undefined>>
  readonly path: string
  readonly defaults: readonly Toleration[]
  readonly within?: Readonly<Record<string, string | undefined>>
  /** Its names are too common to recognize it by. */
  readonly chartLabelOnly?: boolean
  readonly format?: string
}

interface OperatorEntry {
  readonly operator: string
  readonly kinds: readonly string[]
  /** Regular expression for the owner's API group. */
  readonly group: string
  readonly name: string
  readonly namespace?: string
  /** Labels that show the operator if there is no ownerReference. */
  readonly labels?: Readonly<Record<string, string | undefined>>
  readonly path: string
  readonly place?: string
  readonly format?: string
  readonly checked: boolean
}

const CHARTS: readonly ChartEntry[] = HELM_VALUES
const OPERATORS: readonly OperatorEntry[] = OPERATOR_CRS
const CHART_LABELS = ['helm.sh/chart', 'chart'] as const

/** undefined: the chart or resource is unknown, or has no field for tolerations. */
export function tolerationPath(
  input: 'resource' | 'values' | 'manifest' | 'none',
  daemonSet: DaemonSet,
): TolerationPath | undefined {
  if (input === 'resource') return resourcePath(daemonSet)
  return input === 'values' ? valuesPath(daemonSet) : undefined
}

/** The operator that sets one of these labels, for DaemonSets without an ownerReference. */
export function operatorByLabels(labels: Readonly<Record<string, string>>): string | undefined {
  return OPERATORS.find(({ labels: own = {} }) =>
    Object.entries(own).some(([key, value]) => value !== undefined && labels[key] === value),
  )?.operator
}

function resourcePath(daemonSet: DaemonSet): TolerationPath | undefined {
  const { name, namespace, labels, owner } = ownerEvidenceOf(daemonSet)
  const group = owner?.apiVersion?.includes('/') ? owner.apiVersion.replace(/\/.*$/, '') : ''
  const known = operatorByLabels(labels)
  const entry = OPERATORS.find(
    (one) =>
      new RegExp(one.name).test(name) &&
      (owner === undefined
        ? one.operator === known || one.namespace === namespace
        : one.kinds.includes(owner.kind) && new RegExp(`^(${one.group})$`).test(group)),
  )
  return (
    entry && {
      text: entry.path,
      format: formatOf(entry.format),
      ...(entry.place !== undefined && { place: entry.place }),
      checked: entry.checked,
      defaults: [],
    }
  )
}

function valuesPath(daemonSet: DaemonSet): TolerationPath | undefined {
  const entry = chartOf(daemonSet)
  if (entry === undefined) return undefined
  const within = definedOnly(entry.within ?? {})
  const release = daemonSet.metadata.annotations?.['meta.helm.sh/release-name'] ?? ''
  // A release named after the subchart is of the subchart, as in `prometheus-node-exporter`.
  const parent = release.includes(entry.chart)
    ? undefined
    : Object.entries(within).find(([chart]) => release.includes(chart))
  return {
    text: parent?.[1] ?? entry.path,
    format: formatOf(entry.format),
    checked: true,
    defaults: entry.defaults,
    chart: parent?.[0] ?? entry.chart,
    ...(parent === undefined && Object.keys(within).length > 0 && { within }),
  }
}

/** By the chart label. Without one, by the DaemonSet's name and another of the chart's labels. */
function chartOf({ metadata }: DaemonSet): ChartEntry | undefined {
  const labels = withoutRke2(metadata.labels ?? {})
  const named = (entry: ChartEntry): boolean => new RegExp(entry.name).test(metadata.name)
  const charts = new Set(
    CHARTS.filter((entry) =>
      CHART_LABELS.some(
        (key) => entry.labels[key] !== undefined && hasLabel(labels, key, entry.labels[key]),
      ),
    ).map(({ chart }) => chart),
  )
  const labelled = CHARTS.filter(({ chart }) => charts.has(chart))
  const first = labelled.find(named)
  if (first !== undefined) return first
  if (labelled.length === 1) return labelled[0]
  const hasChartLabel = CHART_LABELS.some((key) => labels[key] !== undefined)
  return CHARTS.find((entry) => {
    const keys = Object.keys(entry.labels)
    const known = keys.some(isChartLabel)
    if (entry.chartLabelOnly || (known && hasChartLabel)) return false
    return (
      named(entry) &&
      keys.some((key) => !isChartLabel(key) && hasLabel(labels, key, entry.labels[key]))
    )
  })
}

/** Labels with the name of the chart that RKE2's own was made from: `rke2-ingress-nginx-4.12.1`. */
function withoutRke2(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, value.replace(/^rke2-/, '')]),
  )
}

function isChartLabel(key: string): boolean {
  return CHART_LABELS.some((label) => label === key)
}

function hasLabel(
  labels: Readonly<Record<string, string>>,
  key: string,
  wanted: string | undefined,
): boolean {
  const value = labels[key]
  if (value === undefined || wanted === undefined) return false
  return wanted.startsWith('^') ? new RegExp(wanted).test(value) : wanted === value
}

function formatOf(format: string | undefined): TolerationPath['format'] {
  return format === 'taint-string' || format === 'yaml-string' ? format : 'list'
}

function definedOnly(
  map: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(map).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}
