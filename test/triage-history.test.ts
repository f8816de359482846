import { describe, expect, it } from 'vitest'
import type { Snapshot, Taint } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import type { Finding } from '../src/triage/findings/finding.ts'
import { plain } from '../src/words/words.ts'
import { daemonSet, minutesAgo, node, noSchedule, pod, snapshot, UID } from './triage-world.ts'

const LATER = ['kubectl-taint', minutesAgo(30)] as const

function findings(parts: Partial<Snapshot>): readonly Finding[] {
  return diagnose(snapshot({ daemonSets: [daemonSet()], ...parts }), {
    namespace: 'ops',
    name: 'agent',
  }).findings
}

function ids(found: readonly Finding[]): string[] {
  return found.map(({ id }) => id)
}

describe('a pod that tolerates a taint that its template does not', () => {
  const gpu = node('a', { taints: [noSchedule('nvidia.com/gpu')], taintsBy: LATER })
  const tolerations = [{ key: 'nvidia.com/gpu', operator: 'Exists' }]
  const revision = (name: string, number: number, spec: object) => ({
    metadata: {
      name: `agent-${name}`,
      namespace: 'ops',
      labels: { 'controller-revision-hash': name },
      ownerReferences: [{ kind: 'DaemonSet', name: 'agent', uid: UID, controller: true }],
    },
    revision: number,
    data: { spec: { template: { spec } } },
  })
  const old = pod(
    'a',
    { labels: { app: 'agent', 'controller-revision-hash': 'old' } },
    { spec: { tolerations } },
  )

  it.each([
    ['OnDelete', 'T7'],
    ['RollingUpdate', 'T8'],
  ])('lost the toleration in the template under %s: %s', (type, id) => {
    const controllerRevisions = [revision('old', 1, { tolerations }), revision('now', 2, {})]
    expect(
      ids(
        findings({
          daemonSets: [daemonSet({}, { updateStrategy: { type } })],
          nodes: [gpu],
          pods: [old],
          controllerRevisions,
        }),
      ),
    ).toEqual([id])
  })

  it('got it from admission if its own revision never had it', () => {
    const controllerRevisions = [revision('old', 1, {}), revision('now', 2, {})]
    expect(ids(findings({ nodes: [gpu], pods: [old], controllerRevisions }))).toEqual(['T9'])
  })

  it('got it from admission if it is of the current revision', () => {
    const current = pod('a', {}, { spec: { tolerations } })
    expect(
      ids(
        findings({ nodes: [gpu], pods: [current], controllerRevisions: [revision('now', 2, {})] }),
      ),
    ).toEqual(['T9'])
  })
})

describe('a pod that is older than the taint', () => {
  const created = minutesAgo(300)
  const pool = { 'eks.amazonaws.com/nodegroup': 'gpu' }
  const taints = [noSchedule('example.com/gpu')]
  const young = (taintsBy?: readonly [string, string]) =>
    node('a', {
      labels: pool,
      taints,
      metadata: { creationTimestamp: created },
      ...(taintsBy && { taintsBy }),
    })
  const bound = pod('a', { creationTimestamp: minutesAgo(299.5) })

  it('came when the node was created, if the taint list was last written then', () => {
    expect(
      ids(
        findings({ nodes: [young(['kube-controller-manager', minutesAgo(298)])], pods: [bound] }),
      ),
    ).toEqual(['T6'])
  })

  it('is T3 if the other nodes of the pool do not have the taint', () => {
    const peers = ['b', 'c'].map((name) => node(name, { labels: pool }))
    const pods = [bound, pod('b'), pod('c')]
    expect(
      ids(
        findings({ nodes: [young(['kube-controller-manager', minutesAgo(298)]), ...peers], pods }),
      ),
    ).toEqual(['T3'])
  })

  it('came when the node was created, if the other nodes of the pool have the taint and no pod', () => {
    const peers = ['b', 'c'].map((name) => node(name, { labels: pool, taints }))
    expect(ids(findings({ nodes: [young(), ...peers], pods: [bound] }))).toEqual(['T6'])
    expect(
      ids(findings({ nodes: [young(), ...peers], pods: [bound, pod('b'), pod('c')] })),
    ).toEqual(['T3'])
  })

  it('is T3 if a person wrote the taints much later', () => {
    const peers = ['b', 'c'].map((name) => node(name, { labels: pool, taints }))
    expect(
      ids(findings({ nodes: [young(['kubectl-taint', minutesAgo(60)]), ...peers], pods: [bound] })),
    ).toEqual(['T3'])
  })

  it('is T6 if the Node object is younger, because the node registered again', () => {
    expect(
      ids(
        findings({ nodes: [young()], pods: [pod('a', { creationTimestamp: minutesAgo(3000) })] }),
      ),
    ).toEqual(['T6'])
  })
})

it('nodes whose taint has another value or effect do not count as nodes with the taint', () => {
  const other = (name: string, taint: Taint) => node(name, { taints: [taint], labels })
  const labels = { pool: 'x' }
  const tainted = node('a', { taints: [noSchedule('team', 'a')], taintsBy: LATER, labels })
  const [found] = findings({
    nodes: [
      tainted,
      other('b', noSchedule('team', 'b')),
      other('c', { ...noSchedule('team', 'a'), effect: 'PreferNoSchedule' }),
    ],
    pods: [pod('a')],
  })
  expect(found?.evidence.map(plain).join('\n')).toContain('1 of 3 nodes in pool `x` has it')
})

it('a node that is NotReady is fixed, although it has a taint of a removal that only prefers', () => {
  const prefers = {
    ...noSchedule('DeletionCandidateOfClusterAutoscaler'),
    effect: 'PreferNoSchedule',
  } as const
  const [found] = findings({
    nodes: [
      node('a', { taints: [noSchedule('node.kubernetes.io/not-ready'), prefers], ready: 'False' }),
    ],
    pods: [pod('a')],
  })
  expect(found?.id).toBe('T1')
  expect(found?.remedies[0]).toMatchObject({ kind: 'fix-node', recommended: true })
})

describe('a young node that is NotReady', () => {
  const taints = [noSchedule('node.kubernetes.io/unreachable')]
  const recommended = (ready: {
    status: string
    reason: string
    lastTransitionTime: string
  }): string | undefined => {
    const sick = node('a', { taints, metadata: { creationTimestamp: minutesAgo(4) } })
    const young = { ...sick, status: { ...sick.status, conditions: [{ type: 'Ready', ...ready }] } }
    const [finding] = findings({
      nodes: [young],
      pods: [pod('a', { creationTimestamp: minutesAgo(3.5) })],
    })
    expect(finding?.id).toBe('T1')
    return finding?.remedies.find(({ recommended: is, horizon }) => is && horizon === 'now')?.kind
  }

  it('is waited for if its kubelet has never been Ready', () => {
    expect(
      recommended({
        status: 'False',
        reason: 'KubeletNotReady',
        lastTransitionTime: minutesAgo(4),
      }),
    ).toBe('wait')
  })

  it('needs a fix if its kubelet was Ready and stopped responding', () => {
    expect(
      recommended({
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        lastTransitionTime: minutesAgo(1),
      }),
    ).toBe('fix-node')
  })

  it('needs a fix if its kubelet was Ready and no longer is', () => {
    expect(
      recommended({
        status: 'False',
        reason: 'KubeletNotReady',
        lastTransitionTime: minutesAgo(1),
      }),
    ).toBe('fix-node')
  })
})
