import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { recount } from '../src/daemonset/recount.ts'
import { worldOf } from '../src/daemonset/world.ts'
import type { DaemonSet, Node, Pod } from '../src/kubernetes/objects.ts'

/** One case of the controller's rules, with the result from its source or its unit tests. */
interface Vector {
  readonly name: string
  readonly rule: string
  readonly daemonset: DaemonSet
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly options?: {
    readonly taintTolerationComparisonOperators?: boolean
    readonly now?: string
  }
  readonly expect: {
    readonly desired: number
    readonly current: number
    readonly misscheduled: number
    readonly perNode: Readonly<
      Record<string, { readonly shouldRun: boolean; readonly shouldContinueRunning: boolean }>
    >
    readonly misscheduledPods: readonly string[]
    readonly controllerDeletes: readonly string[]
    readonly ready?: number
    readonly available?: number
    readonly unavailable?: number
    readonly statusWritten?: boolean
  }
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[]

test.each(vectors.map((vector) => [`${vector.rule}: ${vector.name}`, vector] as const))(
  '%s',
  (_, vector) => {
    const { expect: expected, options } = vector
    const result = recount(
      vector.daemonset,
      worldOf({
        nodes: vector.nodes,
        pods: vector.pods,
        featureGates: {
          TaintTolerationComparisonOperators: options?.taintTolerationComparisonOperators,
        },
        now: options?.now ?? '2026-01-01T12:00:00Z',
      }),
    )
    const { count, nodes } = result
    expect({
      desired: count.desiredNumberScheduled,
      current: count.currentNumberScheduled,
      misscheduled: count.numberMisscheduled,
    }).toEqual({
      desired: expected.desired,
      current: expected.current,
      misscheduled: expected.misscheduled,
    })
    const perNode = nodes.map(({ name, shouldRun, shouldContinueRunning }) => [
      name,
      { shouldRun, shouldContinueRunning },
    ])
    expect(Object.fromEntries(perNode)).toEqual(expected.perNode)
    const misscheduledPods = nodes
      .filter(({ misscheduled }) => misscheduled)
      .flatMap(({ pods }) => pods)
    expect([...misscheduledPods].sort()).toEqual([...expected.misscheduledPods].sort())
    expect([...result.controllerDeletes].sort()).toEqual([...expected.controllerDeletes].sort())
    expect(result.statusWritten).toBe(expected.statusWritten ?? true)
    if (expected.ready !== undefined) expect(count.numberReady).toBe(expected.ready)
    if (expected.available !== undefined) expect(count.numberAvailable).toBe(expected.available)
    if (expected.unavailable !== undefined)
      expect(count.numberUnavailable).toBe(expected.unavailable)
    for (const { shouldRun, reasons } of nodes) {
      expect(reasons.filter(({ decides }) => decides).length).toBe(shouldRun ? 0 : 1)
    }
  },
)
