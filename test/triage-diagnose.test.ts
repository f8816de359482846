import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../src/kubernetes/objects.ts'
import { diagnose, diagnoseAll } from '../src/triage/diagnose.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { explain } from '../src/triage/explain.ts'
import type { Finding } from '../src/triage/findings/finding.ts'
import { group } from '../src/triage/group.ts'
import { plain } from '../src/words/words.ts'
import {
  daemonSet,
  LOGS,
  minutesAgo,
  node,
  noSchedule,
  pod,
  snapshot,
  UID,
  unixSeconds,
  worker,
} from './triage-world.ts'

const AGENT = { namespace: 'ops', name: 'agent' }
const TEAM = noSchedule('team-x', 'only')
const LATER = ['kubectl-taint', minutesAgo(30)] as const

function findings(parts: Partial<Snapshot>): readonly Finding[] {
  return diagnose(snapshot({ daemonSets: [daemonSet()], ...parts }), AGENT).findings
}

function ids(found: readonly Finding[]): string[] {
  return found.map(({ id, heldBy }) => (heldBy ? `${id}/${heldBy}` : id))
}

it('a DaemonSet with the same name in another namespace is another one', () => {
  const own = daemonSet()
  const other = { ...own, metadata: { ...own.metadata, namespace: 'other', uid: 'other' } }
  const all = snapshot({ daemonSets: [other, own] })
  expect(diagnose(all, AGENT).uid).toBe(UID)
  expect(diagnose(all, { ...AGENT, namespace: 'other' }).uid).toBe('other')
})

describe('the cause', () => {
  it('is T3 for a taint newer than the pod, and unknown for a taint older than the pod', () => {
    const tainted = node('a', { taints: [TEAM], taintsBy: LATER })
    expect(ids(findings({ nodes: [tainted], pods: [pod('a')] }))).toEqual(['T3'])
    expect(
      ids(findings({ nodes: [tainted], pods: [pod('a', { creationTimestamp: minutesAgo(20) })] })),
    ).toEqual(['unknown'])
  })

  it('one node can have several causes, and all are reported', () => {
    const taints = [
      TEAM,
      noSchedule('node.kubernetes.io/not-ready'),
      noSchedule('ToBeDeletedByClusterAutoscaler', unixSeconds(minutesAgo(5))),
    ]
    const found = findings({
      nodes: [node('a', { taints, taintsBy: LATER, ready: 'False' })],
      pods: [pod('a')],
    })
    expect(ids(found)).toEqual(['T4', 'T3'])
  })

  it('a cordon alone is not a cause', () => {
    expect(
      ids(
        findings({
          nodes: [
            node('a', {
              taints: [noSchedule('node.kubernetes.io/unschedulable')],
              unschedulable: true,
            }),
          ],
          pods: [pod('a')],
        }),
      ),
    ).toEqual(['S4'])
  })

  it('is of class P if the selector fails; that the node is unreachable is only why the pod is still there', () => {
    const nodes = [
      node('a', { ready: 'Unknown', taints: [noSchedule('node.kubernetes.io/unreachable')] }),
    ]
    const pods = [pod('a', { deletionTimestamp: minutesAgo(10) })]
    expect(
      ids(findings({ daemonSets: [daemonSet({ nodeSelector: { disk: 'ssd' } })], nodes, pods })),
    ).toEqual(['P2/K2'])
  })

  it.each([
    ['K1', { deletionTimestamp: minutesAgo(-20) }],
    ['K4', { deletionTimestamp: minutesAgo(20), finalizers: ['example.com/x'] }],
    ['K3', { deletionTimestamp: minutesAgo(20) }],
    ['K5', {}],
  ])('what keeps a deleted pod is checked in order: %s', (hold, metadata) => {
    const daemonSets = [daemonSet({ nodeSelector: { disk: 'ssd' } })]
    expect(ids(findings({ daemonSets, nodes: [node('a')], pods: [pod('a', metadata)] }))).toEqual([
      `P2/${hold}`,
    ])
  })

  it('a finalizer takes precedence over an unresponsive kubelet', () => {
    const daemonSets = [daemonSet({ nodeSelector: { disk: 'ssd' } })]
    const pods = [pod('a', { deletionTimestamp: minutesAgo(20), finalizers: ['example.com/x'] })]
    expect(ids(findings({ daemonSets, nodes: [node('a', { ready: 'Unknown' })], pods }))).toEqual([
      'P2/K4',
    ])
  })

  it('a young pod is recreated repeatedly only if there is evidence', () => {
    const world = snapshot({
      daemonSets: [daemonSet({ nodeSelector: { disk: 'ssd' } })],
      nodes: [node('a')],
      pods: [pod('a', { creationTimestamp: minutesAgo(3) })],
    })
    expect(ids(diagnose(world, AGENT).findings)).toEqual(['P2/K5'])
    expect(ids(diagnose(world, AGENT, { alert: { startsAt: minutesAgo(30) } }).findings)).toEqual([
      'P2/K6',
    ])
  })

  it.each([
    [1, 'wait'],
    [3, 'repair-controller'],
  ])('a pod that the controller has not deleted %s min after the taint: %s', (minutes, kind) => {
    const taint = {
      ...noSchedule('team-x', 'only', minutesAgo(minutes)),
      effect: 'NoExecute',
    } as const
    const [found] = findings({ nodes: [node('a', { taints: [taint] })], pods: [pod('a')] })
    expect(found && ids([found])).toEqual(['P5/K5'])
    expect(found?.remedies[0]).toMatchObject({ kind, recommended: true })
  })

  it.each([
    [4, 'wait'],
    [6, 'repair-controller'],
  ])('the garbage collector has %s min to finish a deletion: %s', (minutes, kind) => {
    const agent = daemonSet()
    const deleted = {
      ...agent,
      metadata: {
        ...agent.metadata,
        deletionTimestamp: minutesAgo(minutes),
        finalizers: ['orphan'],
      },
    }
    const [found] = findings({ daemonSets: [deleted], nodes: [node('a')], pods: [pod('a')] })
    expect(found?.id).toBe('S3')
    expect(found?.remedies[0]).toMatchObject({ kind, recommended: true })
  })

  it('is a frozen status if the selector selects everything', () => {
    expect(
      ids(
        findings({
          daemonSets: [daemonSet({}, { selector: {} })],
          nodes: [node('a', { taints: [TEAM] })],
          pods: [pod('a')],
        }),
      ),
    ).toEqual(['S3'])
  })

  it('is O2 for a pod that another DaemonSet with the same selector created, and the taint for its own pods', () => {
    const other = {
      ...daemonSet(),
      metadata: { ...daemonSet().metadata, name: 'other', uid: 'other-uid' },
    }
    const world = {
      daemonSets: [daemonSet(), other],
      nodes: [node('a', { taints: [TEAM], taintsBy: LATER })],
    }
    expect(
      ids(
        findings({ ...world, pods: [pod('a', { name: 'other-abcde', generateName: 'other-' })] }),
      ),
    ).toEqual(['O2'])
    expect(ids(findings({ ...world, pods: [pod('a')] }))).toEqual(['T3'])
  })

  it('a bare pod that was adopted on a failed node has two causes', () => {
    const dead = node('b', { taints: [noSchedule('node.kubernetes.io/not-ready')], ready: 'False' })
    const bare = pod('b', { name: 'debug', generateName: undefined, labels: { app: 'agent' } })
    expect(ids(findings({ nodes: [node('a'), dead], pods: [pod('a'), bare] }))).toEqual([
      'O1',
      'T1',
    ])
  })

  it('pods are not considered foreign if no pod in the snapshot has a hash', () => {
    const plainPod = pod('a', { name: 'p1', generateName: undefined, labels: { app: 'agent' } })
    expect(
      ids(findings({ nodes: [node('a', { taints: [TEAM], taintsBy: LATER })], pods: [plainPod] })),
    ).toEqual(['T3'])
  })
})

describe('what could not be read', () => {
  const unreadable = [{ resource: 'nodes', reason: '403: forbidden' }]

  it('is reported, and no cause is guessed', () => {
    const world = snapshot({
      daemonSets: [daemonSet({}, { status: { numberMisscheduled: 2 } })],
      unreadable,
    })
    const diagnosis = diagnose(world, AGENT)
    expect(diagnosis.findings).toMatchObject([{ id: 'unknown', variant: 'unreadable' }])
    expect(diagnosis.limits.map(plain).join(' ')).toContain(
      '`nodes` could not be read: 403: forbidden.',
    )
  })

  it('makes the finding unknown, even if the status looks healthy', () => {
    const world = snapshot({
      daemonSets: [daemonSet({}, { status: { numberMisscheduled: 0 } })],
      unreadable,
    })
    expect(diagnose(world, AGENT).findings[0]?.id).toBe('unknown')
    expect(diagnoseAll(world)[0]?.findings).toEqual([])
  })

  it('includes what S1 and S2 depend on', () => {
    const world = snapshot({
      daemonSets: [daemonSet({}, { status: { numberMisscheduled: 1 } })],
      nodes: [node('a')],
      pods: [pod('a')],
    })
    const { findings: found, limits } = diagnose(world, AGENT)
    expect(ids(found)).toEqual(['S1'])
    const text = limits.map(plain).join(' ')
    expect(text).toContain('The server version is unknown')
    expect(text).toContain('The Lease of kube-controller-manager was not read')
  })
})

describe('incidents', () => {
  const dead = node('a', {
    taints: [noSchedule('node.kubernetes.io/unreachable')],
    ready: 'Unknown',
  })

  function many(count: number): readonly Diagnosis[] {
    const names = Array.from({ length: count }, (_, index) => `agent-${index}`)
    const daemonSets = names.map((name) => ({
      ...daemonSet(),
      metadata: { ...daemonSet().metadata, name, uid: name },
    }))
    const pods = names.map((name) =>
      pod('a', {
        name: `${name}-x`,
        generateName: `${name}-`,
        ownerReferences: [{ kind: 'DaemonSet', name, uid: name, controller: true }],
      }),
    )
    return diagnoseAll(snapshot({ daemonSets, nodes: [dead], pods }))
  }

  it('one failed node with 12 DaemonSets is one incident, with 10 rows and the number of the rest', () => {
    const diagnoses = many(12)
    const groups = group(diagnoses)
    expect(groups.map(({ root, daemonSets }) => [root, daemonSets.length])).toEqual([
      ['T1 node.kubernetes.io/unreachable', 12],
    ])
    const { table, headline } = explain(diagnoses)
    expect(table.rows).toHaveLength(10)
    expect(table.more).toBe(2)
    expect(plain(headline)).toBe('Node `a` is unreachable; 12 DaemonSets are misscheduled there')
  })

  it('a DaemonSet belongs to one incident, a healthy one to none', () => {
    const taints = [TEAM, noSchedule('node.kubernetes.io/unreachable')]
    const both = diagnoseAll(
      snapshot({
        daemonSets: [daemonSet()],
        nodes: [node('a', { taints, ready: 'Unknown', taintsBy: LATER }), node('b')],
        pods: [pod('a'), pod('b')],
      }),
    )
    expect(group(both)).toHaveLength(1)
    expect(
      group(
        diagnoseAll(snapshot({ daemonSets: [daemonSet()], nodes: [node('b')], pods: [pod('b')] })),
      ),
    ).toEqual([])
  })

  it('the message does not change as long as only the time changes', () => {
    const world = (takenAt: string) =>
      snapshot({
        takenAt,
        daemonSets: [daemonSet(LOGS)],
        nodes: [
          node('a', {
            taints: [noSchedule('ToBeDeletedByClusterAutoscaler', unixSeconds(minutesAgo(6)))],
          }),
          node('b', { taints: [TEAM], taintsBy: LATER }),
          node('c', { taints: [noSchedule('node.kubernetes.io/unreachable')], ready: 'Unknown' }),
        ],
        pods: [
          pod('a'),
          pod('b'),
          pod('c'),
          worker('a', { deletionTimestamp: minutesAgo(-8), deletionGracePeriodSeconds: 600 }),
        ],
      })
    expect(explain(diagnoseAll(world(minutesAgo(-2))))).toEqual(
      explain(diagnoseAll(world(minutesAgo(0)))),
    )
  })
})

it('a DaemonSet with the same name in another cluster is ignored', () => {
  const world = snapshot({
    daemonSets: [daemonSet()],
    nodes: [node('a', { taints: [TEAM] })],
    pods: [pod('a')],
  })
  expect(
    ids(diagnose(world, AGENT, { cluster: 'prod-eu1', alert: { cluster: 'prod-us1' } }).findings),
  ).toEqual(['S5'])
  expect(ids(diagnose(world, AGENT, { cluster: 'prod-eu1', alert: {} }).findings)).toEqual(['T3'])
  expect(UID).toBe(diagnose(world, AGENT).uid)
})

it('a healthy DaemonSet does not name an incident in which others are misscheduled', () => {
  const fine = { ...daemonSet(), metadata: { ...daemonSet().metadata, name: 'aaa', uid: 'aaa' } }
  const world = snapshot({
    daemonSets: [fine, daemonSet()],
    nodes: [node('a', { taints: [TEAM], taintsBy: LATER })],
    pods: [pod('a')],
  })
  const told = explain([diagnose(world, { namespace: 'ops', name: 'aaa' }), diagnose(world, AGENT)])
  expect(plain(told.headline)).toBe('Node `a` is tainted `team-x=only`; `agent` still runs there')
  expect(told.table.rows.map((row) => row.map(plain))).toEqual([
    ['`ops/agent`', '`a`: `team-x=only:NoSchedule`, tainted at 2026-11-24 02:42 UTC or earlier'],
    ['`ops/aaa`', 'No pod of `aaa` is misscheduled, and its status agrees.'],
  ])
})
