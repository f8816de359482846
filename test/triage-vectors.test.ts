import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { DaemonSet, Node, Pod } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import { explain } from '../src/triage/explain.ts'
import { group } from '../src/triage/group.ts'
import { plain } from '../src/words/words.ts'
import { NOW, snapshot } from './triage-world.ts'

interface Vector {
  readonly name: string
  readonly daemonset: DaemonSet
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly options?: {
    readonly taintTolerationComparisonOperators?: boolean
    readonly now?: string
  }
}

const VECTORS = JSON.parse(
  readFileSync(new URL('./vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[]

describe('every misscheduled node', () => {
  it.each(VECTORS.map((vector) => [vector.name, vector] as const))(
    'is explained: %s',
    (_, { daemonset, nodes, pods, options }) => {
      const world = snapshot({
        takenAt: options?.now ?? NOW,
        daemonSets: [daemonset],
        nodes,
        pods,
        featureGates: {
          TaintTolerationComparisonOperators: options?.taintTolerationComparisonOperators ?? false,
        },
      })
      const diagnosis = diagnose(world, {
        namespace: daemonset.metadata.namespace ?? 'default',
        name: daemonset.metadata.name,
      })
      const explained = new Set(diagnosis.findings.flatMap((finding) => finding.nodes))
      for (const { name, misscheduled } of diagnosis.nodes)
        if (misscheduled) expect(explained).toContain(name)
      for (const { remedies } of diagnosis.findings) {
        const now = remedies.filter(({ horizon }) => horizon === 'now')
        // If nothing shows whether the pods belong there, both answers are offered instead.
        const answers = new Set(now.flatMap(({ answer }) => answer ?? []))
        const recommended = now.filter((remedy) => remedy.recommended)
        expect(recommended.length).toBeLessThanOrEqual(1)
        expect(recommended.length === 1 || answers.size === 2).toBe(true)
        expect(
          remedies.filter(({ recommended, horizon }) => recommended && horizon === 'for-good')
            .length,
        ).toBeLessThanOrEqual(1)
      }
      expect(group([diagnosis])).toHaveLength(1)
      expect(plain(explain([diagnosis]).headline)).not.toMatch(/undefined|``/)
    },
  )
})
