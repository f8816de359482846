import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toleratesTaint } from '../src/daemonset/tolerations.ts'
import { indexSnapshot } from '../src/triage/facts/snapshot-index.ts'
import { tellingValue, tolerationsFor, valueOfCustom } from '../src/triage/taints/taint-value.ts'
import table from '../src/triage/taints/taints.json' with { type: 'json' }
import { knownTaint, taintTime } from '../src/triage/taints/taints.ts'
import { node, noSchedule, snapshot } from './triage-world.ts'

/** A cluster with one node for each value of the key. */
function clusterWith(key: string, values: readonly string[]) {
  const nodes = values.map((value, at) => node(`n${at}`, { taints: [noSchedule(key, value)] }))
  return indexSnapshot(snapshot({ nodes }))
}
const index = clusterWith('', [])

it('a key is looked up exactly, then among the aliases, then by pattern in the order of the table', () => {
  expect(knownTaint('ToBeDeletedByClusterAutoscaler').class).toBe('going-away')
  expect(knownTaint('remediator.aks.microsoft.com/unschedulable')).toBe(
    knownTaint('remediator.kubernetes.azure.com/unschedulable'),
  )
  expect(knownTaint('readiness.k8s.io/NetworkReady').class).toBe('start-up')
  expect(knownTaint('my.csi.example.com/agent-not-ready').class).toBe('start-up')
  expect(knownTaint('dedicated').class).toBe('reservation')
  expect(knownTaint('dedicated-to-nothing').class).toBe('unknown')
})

it('a key is compared exactly, including case and prefix', () => {
  expect(knownTaint('tobedeletedbyclusterautoscaler').class).toBe('unknown')
  expect(knownTaint('example.com/nvidia.com/gpu').class).toBe('unknown')
})

it.each(table.flatMap((row) => (row.key ? [row.key] : [])))(
  'the tolerations for %s tolerate it, whatever its value',
  (key) => {
    for (const effect of ['NoSchedule', 'NoExecute']) {
      for (const value of ['', 'true', 'windows', '1764000000']) {
        const taint = { key, value, effect }
        expect(
          tolerationsFor(index, taint).some((toleration) => toleratesTaint(toleration, taint)),
        ).toBe(true)
      }
    }
  },
)

it('a toleration for an unknown taint is as narrow as the taint', () => {
  expect(tolerationsFor(index, noSchedule('team-x', 'only'))).toEqual([
    { key: 'team-x', operator: 'Equal', value: 'only', effect: 'NoSchedule' },
  ])
  expect(tolerationsFor(index, noSchedule('team-x'))).toEqual([
    { key: 'team-x', operator: 'Exists', effect: 'NoSchedule' },
  ])
})

describe('the value of a taint tells its nodes apart', () => {
  it.each([
    ['gpu', ['gpu', 'infra']],
    ['true', ['true']],
    ['gpu1', ['gpu1', 'gpu2']],
    ['until-2026-11-30', ['until-2026-11-30']],
    // A number that a pool shares, or that the only such node has, is a name.
    ['1', ['1', '1', '2', '2']],
    ['1', ['1', '1', '2']],
    ['7', ['7']],
    ['84213', ['84213', '84213', '84213']],
  ])('%s among %j', (value, values) => {
    expect(tellingValue(clusterWith('lease', values), noSchedule('lease', value))).toBe(value)
  })

  it.each([
    ['', ['']],
    // Times
    ['2026-11-24T03.12.00Z', ['2026-11-24T03.12.00Z', '2026-11-24T03.12.00Z']],
    ['20261124T031200Z', ['20261124T031200Z']],
    ['2026-11-24', ['2026-11-24']],
    ['1795489200', ['1795489200', '1795489200']],
    ['1795489200123', ['1795489200123']],
    // Numbers and IDs of each node
    ['7', ['7', '8']],
    ['7', ['7', '8', '10', '9', '9']],
    ['10.0.3.17', ['10.0.3.17', '10.0.3.18']],
    ['84213', ['84213']],
    ['job-84213', ['job-84213', 'job-84214']],
    ['i-0abc12345def67890', ['i-0abc12345def67890']],
    ['0f8fad5b-d9cb-469f-a165-70867728950e', ['0f8fad5b-d9cb-469f-a165-70867728950e']],
    ['n1', ['spare', 'n1']],
  ])('but not %s among %j', (value, values) => {
    const cluster = clusterWith('lease', values)
    expect(tellingValue(cluster, noSchedule('lease', value))).toBe('')
    expect(tolerationsFor(cluster, noSchedule('lease', value))).toEqual([
      { key: 'lease', operator: 'Exists', effect: 'NoSchedule' },
    ])
  })

  it.each([
    ['dedicated', 'gpu'],
    ['example.com/pool', 'gpu'],
    ['nvidia.com/gpu', ''],
    ['kubernetes.io/arch', ''],
    ['cloud.google.com/compute-class', ''],
    ['node.kubernetes.io/unreachable', ''],
    ['ToBeDeletedByClusterAutoscaler', ''],
  ])('%s is another matter with each value only if the cluster chooses them', (key, expected) => {
    expect(valueOfCustom(clusterWith(key, ['gpu', 'infra']), noSchedule(key, 'gpu'))).toBe(expected)
  })
})

it("only the autoscaler's value is a time", () => {
  expect(taintTime(noSchedule('ToBeDeletedByClusterAutoscaler', '1795489200'))).toEqual({
    at: '2026-11-24T03:00:00Z',
    from: 'value',
  })
  expect(taintTime(noSchedule('ToBeDeletedByClusterAutoscaler', 'soon'))).toBeUndefined()
  expect(taintTime(noSchedule('example.com/x', '1795489200'))).toBeUndefined()
  expect(taintTime(noSchedule('example.com/x', undefined, '2026-11-24T03:00:00Z'))).toEqual({
    at: '2026-11-24T03:00:00Z',
    from: 'timeAdded',
  })
})

it('every row of the table is complete', () => {
  const toleration = z.strictObject({
    key: z.string(),
    operator: z.enum(['Exists', 'Equal']),
    value: z.string().optional(),
    effect: z.enum(['NoSchedule', 'NoExecute']).optional(),
  })
  const row = z.strictObject({
    key: z.string().optional(),
    pattern: z.string().optional(),
    aliases: z.array(z.string()).optional(),
    class: z.enum([
      'node-condition',
      'going-away',
      'start-up',
      'maintenance',
      'fault',
      'reservation',
      'virtual',
      'unknown',
    ]),
    setBy: z.string(),
    means: z.string(),
    doing: z.string().optional(),
    ends: z.string(),
    lasts: z.string(),
    limitSeconds: z.int().positive().optional(),
    tolerate: z.enum(['agents', 'bootstrap', 'choice', 'never']),
    custom: z.literal(true).optional(),
    remover: z.string().optional(),
    tool: z.string().optional(),
    tolerations: z.array(toleration).optional(),
  })
  expect(z.array(row).safeParse(table).error).toBeUndefined()
  for (const { key, pattern } of table)
    expect((key === undefined) !== (pattern === undefined)).toBe(true)
})
