import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import type { DaemonSet, Toleration } from '../src/kubernetes/objects.ts'
import HELM_VALUES from '../src/ownership/helm-values.json' with { type: 'json' }
import { lastingFix } from '../src/ownership/lasting-fix.ts'
import { ownerOf } from '../src/ownership/ownership.ts'
import OWNERSHIP_CHARTS from './ownership-charts.json' with { type: 'json' }

/**
 * A DaemonSet as its chart renders it, and where the chart's documentation says that its
 * tolerations are. Written from the charts' values files, not from the table of the code.
 */
interface Case {
  readonly name: string
  readonly chart: string
  readonly release?: string
  readonly labels: Readonly<Record<string, string | undefined>>
  readonly path: string
  /** The chart's default list, as kubectl prints it: `key:effect`, `:` for a bare Exists. */
  readonly defaults?: readonly string[]
  /** Other paths that the snippet names, for the chart as a subchart. */
  readonly within?: readonly string[]
}

const CASES: readonly Case[] = OWNERSHIP_CHARTS
const ADDED: Toleration = { key: 'example.com/pool', operator: 'Exists', effect: 'NoSchedule' }

function released({ name, labels, release = 'some-release' }: Case): DaemonSet {
  const metadata = {
    name,
    namespace: 'agents',
    managedFields: [],
    labels: { 'app.kubernetes.io/managed-by': 'Helm', ...labels },
    annotations: {
      'meta.helm.sh/release-name': release,
      'meta.helm.sh/release-namespace': 'agents',
    },
  }
  return { metadata, spec: { selector: {}, template: { spec: {} } } }
}

/** The value at a path of parsed YAML. A key that ends in [] leads into the first item. */
function at(value: unknown, path: string): unknown {
  return path.split('.').reduce((inner: unknown, key) => {
    const next = (inner as Record<string, unknown>)[key.replace('[]', '')]
    return key.endsWith('[]') ? (next as unknown[])[0] : next
  }, value)
}

function printed(tolerations: unknown): readonly string[] {
  return (tolerations as readonly Toleration[]).map(
    ({ key = '', effect = '' }) => `${key}:${effect}`,
  )
}

describe('the values path of a chart', () => {
  it.each(CASES.map((one) => [`${one.chart}, ${one.name}: ${one.path}`, one] as const))(
    '%s',
    (_, one) => {
      const daemonSet = released(one)
      const owner = ownerOf(daemonSet)
      expect(owner).toMatchObject({ kind: 'Helm', onPatch: 'overwrites', path: one.path })
      expect(owner.fix).toBe(
        `Change the values of Helm release ${one.release ?? 'some-release'} in namespace agents, at ${one.path}. A list there replaces the chart's default list, so include its entries.`,
      )
      const { snippet = '' } = lastingFix(owner, daemonSet, [ADDED])
      expect(snippet).toMatch(new RegExp(`^# values of chart ${one.chart}\n`))
      expect(printed(at(load(snippet), one.path))).toEqual([
        ...(one.defaults ?? []),
        'example.com/pool:NoSchedule',
      ])
      const subchart = [...snippet.matchAll(/^# as a subchart of \S+: (.*)$/gm)].map(
        ([, key]) => key,
      )
      expect([...new Set(subchart)]).toEqual(one.within ?? [])
    },
  )

  it('is proved for every row of the table', () => {
    const proved = new Set(CASES.map(({ path }) => path))
    const paths = HELM_VALUES.flatMap(({ path, within = {} }) => [path, ...Object.values(within)])
    // The DaemonSets of these two are owned by an operator.
    const owned = ['daemonsets.tolerations', 'defaultSettings.taintToleration']
    expect(paths.filter((path) => !proved.has(path) && !owned.includes(path))).toEqual([])
    const charts = new Set(CASES.map(({ chart: name }) => name))
    const missing = HELM_VALUES.filter(
      ({ chart: name, path }) => !charts.has(name) && !owned.includes(path),
    )
    expect(missing.map(({ chart: name }) => name)).toEqual([])
  })
})
