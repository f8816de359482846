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

describe('which cause it is', () => {
  it('a taint that came after the pod is T3, one that the pod is younger than is not known', () => {
    const tainted = node('a', { taints: [TEAM], taintsBy: LATER })
    expect(ids(findings({ nodes: [tainted], pods: [pod('a')] }))).toEqual(['T3'])
    expect(
      ids(findings({ nodes: [tainted], pods: [pod('a', { creationTimestamp: minutesAgo(20) })] })),
    ).toEqual(['unknown'])
  })

  it('one node can have several causes, and none is dropped', () => {
    const taints = [
      TEAM,
      noSchedule('node.kubernetes.io/not-ready'),
      noSchedule('ToBeDeletedByClusterAutoscaler', unixSeconds(minutesAgo(5))),
    ]
    const found = findings({
      nodes: [node('a', { taints, taintsBy: LATER, ready: 'False' })],
      pods: [pod('a')],
    })
    expect(ids(found)).toEqual(['T4', 'T1', 'T3'])
  })

  it('a cordon alone is no cause', () => {
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

  it('a pod on a node where the selector fails is of class P, and the taint of a dead node is told beside it', () => {
    const nodes = [
      node('a', { ready: 'Unknown', taints: [noSchedule('node.kubernetes.io/unreachable')] }),
    ]
    const pods = [pod('a', { deletionTimestamp: minutesAgo(10) })]
    expect(
      ids(findings({ daemonSets: [daemonSet({ nodeSelector: { disk: 'ssd' } })], nodes, pods })),
    ).toEqual(['P2/K2', 'T1'])
  })

  it.each([
    ['K1', { deletionTimestamp: minutesAgo(-20) }],
    ['K4', { deletionTimestamp: minutesAgo(20), finalizers: ['example.com/x'] }],
    ['K3', { deletionTimestamp: minutesAgo(20) }],
    ['K5', {}],
  ])('what holds a pod is proved in order: %s', (hold, metadata) => {
    const daemonSets = [daemonSet({ nodeSelector: { disk: 'ssd' } })]
    expect(ids(findings({ daemonSets, nodes: [node('a')], pods: [pod('a', metadata)] }))).toEqual([
      `P2/${hold}`,
    ])
  })

  it('a finalizer goes before a silent kubelet', () => {
    const daemonSets = [daemonSet({ nodeSelector: { disk: 'ssd' } })]
    const pods = [pod('a', { deletionTimestamp: minutesAgo(20), finalizers: ['example.com/x'] })]
    expect(ids(findings({ daemonSets, nodes: [node('a', { ready: 'Unknown' })], pods }))).toEqual([
      'P2/K4',
    ])
  })

  it('a pod that was made a moment ago is only made again and again if something shows it', () => {
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

  it('a selector that selects everything freezes the status', () => {
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

  it('a pod with the hash of another DaemonSet of the same selector is O2, one of its own is judged by its taint', () => {
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

  it('a bare pod that was adopted on a dead node has two causes', () => {
    const dead = node('b', { taints: [noSchedule('node.kubernetes.io/not-ready')], ready: 'False' })
    const bare = pod('b', { name: 'debug', generateName: undefined, labels: { app: 'agent' } })
    expect(ids(findings({ nodes: [node('a'), dead], pods: [pod('a'), bare] }))).toEqual([
      'O1',
      'T1',
    ])
  })

  it('pods without any hash in the whole snapshot are not taken for foreign ones', () => {
    const plainPod = pod('a', { name: 'p1', generateName: undefined, labels: { app: 'agent' } })
    expect(
      ids(findings({ nodes: [node('a', { taints: [TEAM], taintsBy: LATER })], pods: [plainPod] })),
    ).toEqual(['T3'])
  })
})

describe('what cannot be read', () => {
  const unreadable = [{ resource: 'nodes', reason: '403: forbidden' }]

  it('is said, and no cause is guessed from half the facts', () => {
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

  it('does not make a healthy DaemonSet look healthy either, nor a sick one', () => {
    const world = snapshot({
      daemonSets: [daemonSet({}, { status: { numberMisscheduled: 0 } })],
      unreadable,
    })
    expect(diagnose(world, AGENT).findings[0]?.id).toBe('unknown')
    expect(diagnoseAll(world)[0]?.findings).toEqual([])
  })

  it('says what S1 and S2 need and was not read', () => {
    const world = snapshot({
      daemonSets: [daemonSet({}, { status: { numberMisscheduled: 1 } })],
      nodes: [node('a')],
      pods: [pod('a')],
    })
    const { findings: found, limits } = diagnose(world, AGENT)
    expect(ids(found)).toEqual(['S1'])
    const said = limits.map(plain).join(' ')
    expect(said).toContain('The server version is unknown')
    expect(said).toContain('The Lease of kube-controller-manager was not read')
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

  it('a dead node under twelve DaemonSets is one, with ten rows and a count of the rest', () => {
    const diagnoses = many(12)
    const groups = group(diagnoses)
    expect(groups.map(({ root, daemonSets }) => [root, daemonSets.length])).toEqual([
      ['T1 node.kubernetes.io/unreachable', 12],
    ])
    const { table, headline } = explain(diagnoses)
    expect(table.rows).toHaveLength(10)
    expect(table.more).toBe(2)
    expect(plain(headline)).toBe(
      'Node `a` is unreachable; 12 DaemonSets count as misscheduled there',
    )
  })

  it('every DaemonSet is in one, and healthy ones are in none', () => {
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

  it('what a person is told does not change while nothing but the clock does', () => {
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

it('a DaemonSet of the same name in another cluster is not looked at', () => {
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
  expect(plain(told.headline)).toBe('Node `a` is tainted `team-x`; `agent` still runs there')
  expect(told.table.rows.map((row) => row.map(plain))).toEqual([
    ['`ops/agent`', '`a`: `team-x=only:NoSchedule`, since 2026-11-24 02:42 UTC at the latest'],
    ['`ops/aaa`', 'No pod of `aaa` is misscheduled, and its status agrees.'],
  ])
})
