import { describe, expect, it } from 'vitest'
import type { DaemonSet, Node, Pod, Snapshot } from '../src/kubernetes/objects.ts'
import { diagnoser } from '../src/triage/diagnose.ts'
import { group } from '../src/triage/group.ts'
import { daemonSet, minutesAgo, node, pod, snapshot } from './triage-world.ts'

const NAMES = ['logs', 'metrics', 'dns']

/** Three DaemonSets that say `misscheduled`, last counted 30 min ago. */
function sets(misscheduled: number, desired: number, counted = true): readonly DaemonSet[] {
  return NAMES.map((name) => {
    const made = daemonSet(
      {},
      { status: { numberMisscheduled: misscheduled, desiredNumberScheduled: desired } },
    )
    const managedFields = [
      {
        manager: 'kube-controller-manager',
        operation: 'Update',
        subresource: 'status',
        time: minutesAgo(30),
        fieldsV1: { 'f:status': { 'f:numberMisscheduled': {} } },
      },
    ]
    return {
      ...made,
      metadata: { ...made.metadata, name, uid: name, ...(counted && { managedFields }) },
    }
  })
}

function pods(...nodes: readonly string[]): readonly Pod[] {
  return NAMES.flatMap((name) =>
    nodes.map((at) =>
      pod(at, {
        name: `${name}-${at}`,
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'DaemonSet', name, uid: name, controller: true },
        ],
      }),
    ),
  )
}

/** A node that became Ready this many minutes ago. */
function readySince(name: string, minutes: number): Node {
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: minutesAgo(minutes) }]
  return { ...node(name), status: { conditions } }
}

function roots(parts: Partial<Snapshot>): readonly string[] {
  const diagnose = diagnoser(snapshot(parts))
  const diagnoses = NAMES.map((name) => diagnose({ namespace: 'ops', name }))
  for (const { findings } of diagnoses) expect(findings.map(({ id }) => id)).toEqual(['S1'])
  return group(diagnoses).map(({ root }) => root)
}

const OWN = ['ops/logs', 'ops/metrics', 'ops/dns']

describe('the incident of DaemonSets whose status is too high by 1', () => {
  it.each<[string, Partial<Snapshot>, readonly string[]]>([
    [
      'one node changed since: one incident',
      { nodes: [readySince('a', 900), readySince('b', 10)] },
      ['S1 b'],
    ],
    [
      'two nodes changed since: unknown',
      { nodes: [readySince('a', 20), readySince('b', 10)] },
      OWN,
    ],
    [
      'no node changed since: unknown',
      { nodes: [readySince('a', 900), readySince('b', 900)] },
      OWN,
    ],
    [
      'one changed 1 min before, by another clock: counts',
      { nodes: [readySince('a', 900), readySince('b', 31)] },
      ['S1 b'],
    ],
    [
      'one changed 3 min before: does not count',
      { nodes: [readySince('a', 900), readySince('b', 33)] },
      OWN,
    ],
    [
      'a node without its pods changed too: does not count',
      { nodes: [readySince('a', 900), readySince('b', 10), readySince('c', 10)] },
      ['S1 b'],
    ],
    [
      'the labels of one changed',
      {
        nodes: [
          readySince('a', 900),
          {
            ...readySince('b', 900),
            metadata: {
              ...node('b').metadata,
              managedFields: [
                {
                  manager: 'kubectl-label',
                  operation: 'Update',
                  time: minutesAgo(5),
                  fieldsV1: { 'f:metadata': { 'f:labels': { 'f:pool': {} } } },
                },
              ],
            },
          },
        ],
      },
      ['S1 b'],
    ],
    [
      'when it was counted is unknown',
      { nodes: [readySince('a', 900), readySince('b', 10)], daemonSets: sets(1, 1, false) },
      OWN,
    ],
    ['a node was deleted', { nodes: [readySince('a', 900)], daemonSets: sets(1, 1) }, ['S1 b']],
  ])('%s', (_, parts, expected) => {
    expect(roots({ daemonSets: sets(1, 1), pods: pods('a', 'b'), ...parts })).toEqual(expected)
  })

  it('names one of several nodes', () => {
    const nodes = [readySince('a', 20), readySince('b', 10)]
    expect(roots({ daemonSets: sets(2, 0), pods: pods('a', 'b'), nodes })).toEqual([
      'S1 a and 1 more',
    ])
  })
})
