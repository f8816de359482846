import { describe, expect, test } from 'vitest'
import { recount } from '../src/daemonset/recount.ts'
import { type WorldLists, worldOf } from '../src/daemonset/world.ts'
import type {
  DaemonSet,
  Namespace,
  Node,
  NodeSelectorTerm,
  Pod,
  PodSpec,
} from '../src/kubernetes/objects.ts'

const NOW = '2026-11-24T03:00:00Z'

function daemonSet(spec: PodSpec): DaemonSet {
  return {
    metadata: { name: 'agent', namespace: 'logs', uid: 'u1' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: { spec } },
  }
}

function node(
  labels: Readonly<Record<string, string>>,
  taints: readonly { key: string; value?: string; effect: string }[] = [],
): Node {
  return { metadata: { name: 'n1', labels }, spec: { taints } }
}

function requiring(...terms: readonly NodeSelectorTerm[]): PodSpec {
  return {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
      },
    },
  }
}

function verdict(spec: PodSpec, on: Node, lists: Partial<WorldLists> = {}) {
  const world = worldOf({ nodes: [on], pods: [], now: NOW, ...lists })
  const [only] = recount(daemonSet(spec), world).nodes
  if (!only) throw new Error('no verdict')
  return only
}

describe('reasons', () => {
  test('list every failing check, and the controller’s first one decides', () => {
    const spec: PodSpec = {
      ...requiring({ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }),
      nodeName: 'other',
      nodeSelector: { pool: 'gpu', disk: 'ssd' },
    }
    expect(
      verdict(spec, node({ pool: 'web', zone: 'b' }, [{ key: 'x', effect: 'NoSchedule' }])),
    ).toMatchObject({
      shouldRun: false,
      shouldContinueRunning: false,
      reasons: [
        { type: 'NodeName', decides: true, nodeName: 'other' },
        { type: 'NodeSelector', decides: false, key: 'disk', value: 'ssd', actual: null },
        { type: 'NodeSelector', decides: false, key: 'pool', value: 'gpu', actual: 'web' },
        {
          type: 'NodeAffinity',
          decides: false,
          terms: [{ failing: [{ key: 'zone', operator: 'In', values: ['a'], actual: 'b' }] }],
        },
        { type: 'UntoleratedTaint', decides: false, key: 'x', effect: 'NoSchedule' },
      ],
    })
  })

  test('a NoExecute taint decides over an earlier NoSchedule taint, because it removes the pod', () => {
    const tainted = node({}, [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'b', value: '1', effect: 'NoExecute' },
      { key: 'c', effect: 'PreferNoSchedule' },
    ])
    expect(verdict({}, tainted).reasons).toEqual([
      { type: 'UntoleratedTaint', decides: false, key: 'a', effect: 'NoSchedule' },
      { type: 'UntoleratedTaint', decides: true, key: 'b', value: '1', effect: 'NoExecute' },
    ])
  })

  test('an invalid term has an error, the others the failing requirements', () => {
    const spec = requiring(
      { matchExpressions: [{ key: 'zone', operator: 'Near', values: ['a'] }] },
      {},
      {
        matchExpressions: [
          { key: 'zone', operator: 'Exists' },
          { key: 'pool', operator: 'Exists' },
        ],
        matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }],
      },
    )
    const [reason] = verdict(spec, node({ zone: 'a' })).reasons
    expect(reason).toEqual({
      type: 'NodeAffinity',
      decides: true,
      terms: [
        {
          failing: [],
          error: 'Near is not an operator',
          invalid: expect.objectContaining({ operator: 'Near' }),
        },
        { failing: [], error: 'an empty term matches no node' },
        {
          failing: [
            { key: 'pool', operator: 'Exists', actual: null },
            { key: 'metadata.name', operator: 'In', values: ['n2'], field: true, actual: 'n1' },
          ],
        },
      ],
    })
  })

  test('labels named like Object.prototype properties count as missing', () => {
    const key = 'constructor'
    expect(verdict({ nodeSelector: { [key]: '' } }, node({})).reasons).toMatchObject([
      { type: 'NodeSelector', actual: null },
    ])
    expect(
      verdict(requiring({ matchExpressions: [{ key, operator: 'DoesNotExist' }] }), node({}))
        .shouldRun,
    ).toBe(true)
    expect(
      verdict(requiring({ matchExpressions: [{ key, operator: 'Exists' }] }), node({})).shouldRun,
    ).toBe(false)
  })

  test('nodes of one pool share the verdict, each with its own taint’s time', () => {
    const nodes = ['a', 'b'].map((name, index) => ({
      metadata: { name },
      spec: {
        taints: [{ key: 'x', effect: 'NoExecute', timeAdded: `2026-11-24T02:0${index}:00Z` }],
      },
    }))
    const [first, second] = recount(daemonSet({}), worldOf({ nodes, pods: [], now: NOW })).nodes
    expect(first?.reasons).toMatchObject([{ timeAdded: '2026-11-24T02:00:00Z' }])
    expect(second?.reasons).toMatchObject([{ timeAdded: '2026-11-24T02:01:00Z' }])
  })
})

describe('on OpenShift', () => {
  const openShift: Namespace = {
    metadata: { name: 'default', annotations: { 'openshift.io/sa.scc.mcs': 's0:c1,c0' } },
  }
  function logs(annotations: Readonly<Record<string, string>>): readonly Namespace[] {
    return [openShift, { metadata: { name: 'logs', annotations } }]
  }

  test('the namespace’s selector keeps the pod away, and the controller deletes it', () => {
    const namespaces = logs({ 'openshift.io/node-selector': 'pool=infra,!gpu' })
    expect(verdict({}, node({ pool: 'infra' }), { namespaces }).shouldRun).toBe(true)
    expect(verdict({}, node({ pool: 'infra', gpu: '' }), { namespaces })).toMatchObject({
      shouldRun: false,
      shouldContinueRunning: false,
      reasons: [{ type: 'NamespaceNodeSelector', decides: true, selector: 'pool=infra,!gpu' }],
    })
  })

  test('an untolerated NoSchedule taint decides first, so the pod stays', () => {
    const namespaces = logs({ 'openshift.io/node-selector': 'pool=infra' })
    expect(
      verdict({}, node({}, [{ key: 'x', effect: 'NoSchedule' }]), { namespaces }),
    ).toMatchObject({
      shouldContinueRunning: true,
      reasons: [
        { type: 'UntoleratedTaint', decides: true },
        { type: 'NamespaceNodeSelector', decides: false },
      ],
    })
  })

  test('the Kubernetes annotation takes precedence over OpenShift’s, and an empty one over the cluster default', () => {
    const both = logs({
      'scheduler.alpha.kubernetes.io/node-selector': 'pool=web',
      'openshift.io/node-selector': 'pool=infra',
    })
    expect(verdict({}, node({ pool: 'web' }), { namespaces: both }).shouldRun).toBe(true)
    const defaultNodeSelector = 'pool=worker'
    expect(verdict({}, node({}), { namespaces: logs({}), defaultNodeSelector }).shouldRun).toBe(
      false,
    )
    expect(
      verdict({}, node({ pool: 'worker' }), { namespaces: logs({}), defaultNodeSelector })
        .shouldRun,
    ).toBe(true)
    expect(
      verdict({}, node({}), {
        namespaces: logs({ 'openshift.io/node-selector': '' }),
        defaultNodeSelector,
      }).shouldRun,
    ).toBe(true)
  })

  test('an invalid selector is ignored', () => {
    expect(
      verdict({}, node({}), { namespaces: logs({ 'openshift.io/node-selector': 'pool in (' }) })
        .shouldRun,
    ).toBe(true)
  })
})

test.each(['scheduler.alpha.kubernetes.io/node-selector', 'openshift.io/node-selector'])(
  'in other clusters the controller does not read annotation %s',
  (annotation) => {
    const namespaces: readonly Namespace[] = [
      { metadata: { name: 'logs', annotations: { [annotation]: 'pool=infra' } } },
    ]
    expect(verdict({}, node({}), { namespaces }).shouldRun).toBe(true)
  },
)

describe('pods', () => {
  function pod(more: Partial<Pod['metadata']>, phase = 'Running'): Pod {
    const owner = { kind: 'DaemonSet', name: 'agent', uid: 'u1', controller: true }
    const metadata = {
      name: 'p',
      namespace: 'logs',
      labels: { app: 'agent' },
      ownerReferences: [owner],
      ...more,
    }
    return { metadata, spec: { nodeName: 'n1' }, status: { phase } }
  }
  const tainted = node({}, [{ key: 'x', effect: 'NoSchedule' }])
  function misscheduled(pods: readonly Pod[], serverVersion?: string, set = daemonSet({})): number {
    return recount(set, worldOf({ nodes: [tainted], pods, now: NOW, serverVersion })).count
      .numberMisscheduled
  }

  test('that are finished and being deleted count only before Kubernetes 1.27', () => {
    const held = pod({ deletionTimestamp: NOW, finalizers: ['example.com/hold'] }, 'Succeeded')
    expect(misscheduled([held])).toBe(0)
    expect(misscheduled([held], 'v1.37.2')).toBe(0)
    expect(misscheduled([held], 'v1.25.16-gke.100')).toBe(1)
  })

  test('of a DaemonSet being deleted count if it controls them, and are not adopted', () => {
    const deleted: DaemonSet = {
      ...daemonSet({}),
      metadata: { ...daemonSet({}).metadata, deletionTimestamp: NOW },
    }
    expect(misscheduled([pod({})], undefined, deleted)).toBe(1)
    expect(misscheduled([pod({ ownerReferences: [] })], undefined, deleted)).toBe(0)
    expect(misscheduled([pod({ ownerReferences: [] })])).toBe(1)
  })

  test('pinned to a node that does not exist are deleted while unbound, terminating ones too', () => {
    const pinned = requiring({
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['gone'] }],
    })
    const waiting = (more: Partial<Pod['metadata']>, phase = 'Pending'): Pod => ({
      ...pod(more, phase),
      spec: pinned,
    })
    const pods = [
      waiting({ name: 'live' }),
      waiting({ name: 'terminating', deletionTimestamp: NOW }),
      waiting({ name: 'finished and terminating', deletionTimestamp: NOW }, 'Failed'),
      { ...pod({ name: 'bound' }), spec: { nodeName: 'gone' } },
      { ...pod({ name: 'terminating on a node', deletionTimestamp: NOW }) },
    ]
    const world = worldOf({ nodes: [tainted], pods, now: NOW })
    expect(recount(daemonSet({}), world).controllerDeletes).toEqual(['live', 'terminating'])
  })

  test('that failed on one node are deleted one at a time', () => {
    const pods = [pod({ name: 'a' }, 'Failed'), pod({ name: 'b' }, 'Failed')]
    const world = worldOf({ nodes: [node({})], pods, now: NOW })
    expect(recount(daemonSet({}), world).controllerDeletes).toEqual(['a'])
  })

  test('two on a node: under maxSurge the old one stays until the new one is available', () => {
    const old = pod({ name: 'old', labels: { app: 'agent', 'controller-revision-hash': 'h1' } })
    const fresh = pod({ name: 'new', labels: { app: 'agent', 'controller-revision-hash': 'h2' } })
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
    const set: DaemonSet = {
      ...daemonSet({}),
      spec: {
        ...daemonSet({}).spec,
        updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      },
    }
    const owner = { kind: 'DaemonSet', name: 'agent', uid: 'u1', controller: true }
    const revision = {
      metadata: {
        name: 'r',
        namespace: 'logs',
        labels: { 'controller-revision-hash': 'h2' },
        ownerReferences: [owner],
      },
      revision: 2,
    }
    const deletes = (pods: readonly Pod[]) => {
      const lists = { nodes: [node({})], pods, now: NOW, controllerRevisions: [revision] }
      return recount(set, worldOf(lists)).controllerDeletes
    }
    const served = { ...old, status: ready }
    expect(deletes([served, fresh])).toEqual([])
    expect(deletes([served, { ...fresh, status: ready }])).toEqual(['old'])
    expect(deletes([old, fresh])).toEqual(['old'])
  })
})
