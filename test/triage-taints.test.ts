import { expect, it } from 'vitest'
import { z } from 'zod'
import { toleratesTaint } from '../src/daemonset/tolerations.ts'
import table from '../src/triage/taints/taints.json' with { type: 'json' }
import { knownTaint, taintTime, tolerationsFor } from '../src/triage/taints/taints.ts'
import { noSchedule } from './triage-world.ts'

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
        expect(tolerationsFor(taint).some((toleration) => toleratesTaint(toleration, taint))).toBe(
          true,
        )
      }
    }
  },
)

it('a toleration for an unknown taint is as narrow as the taint', () => {
  expect(tolerationsFor(noSchedule('team-x', 'only'))).toEqual([
    { key: 'team-x', operator: 'Equal', value: 'only', effect: 'NoSchedule' },
  ])
  expect(tolerationsFor(noSchedule('team-x'))).toEqual([
    { key: 'team-x', operator: 'Exists', effect: 'NoSchedule' },
  ])
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
    remover: z.string().optional(),
    tool: z.string().optional(),
    tolerations: z.array(toleration).optional(),
  })
  expect(z.array(row).safeParse(table).error).toBeUndefined()
  for (const { key, pattern } of table)
    expect((key === undefined) !== (pattern === undefined)).toBe(true)
})
