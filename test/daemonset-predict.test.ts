import { describe, expect, test } from 'vitest'
import type { Change } from '../src/daemonset/change.ts'
import { type Prediction, predict } from '../src/daemonset/predict.ts'
import { type World, worldOf } from '../src/daemonset/world.ts'
import type { DaemonSet, Node, Pod, PodSpec, Taint } from '../src/kubernetes/objects.ts'

const NOW = '2026-11-24T03:00:00Z'
const GPU: Taint = { key: 'gpu', value: 'a100', effect: 'NoSchedule' }
const EVICT: Taint = { key: 'gpu', value: 'a100', effect: 'NoExecute' }

function agent(
  spec: PodSpec = {},
  updateStrategy: DaemonSet['spec']['updateStrategy'] = { type: 'RollingUpdate' },
): DaemonSet {
  return {
    metadata: { name: 'agent', namespace: 'logs', uid: 'u1' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: { spec }, updateStrategy },
  }
}

function node(name: string, taints: readonly Taint[] = [], ready = 'True'): Node {
  return {
    metadata: { name },
    spec: { taints },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  }
}

function pod(
  nodeName: string,
  more: { ready?: string; terminating?: boolean; name?: string; phase?: string } = {},
): Pod {
  const {
    ready = 'True',
    terminating = false,
    name = `agent-${nodeName}`,
    phase = 'Running',
  } = more
  return {
    metadata: {
      name,
      namespace: 'logs',
      labels: { app: 'agent' },
      ownerReferences: [{ kind: 'DaemonSet', name: 'agent', uid: 'u1', controller: true }],
      ...(terminating ? { deletionTimestamp: NOW } : {}),
    },
    spec: { nodeName },
    status: { phase, conditions: [{ type: 'Ready', status: ready }] },
  }
}

function world(nodes: readonly Node[], pods: readonly Pod[]): World {
  return worldOf({ nodes, pods, now: NOW })
}

/** desired, current, misscheduled. */
function numbers(counted: Prediction['before']): readonly number[] {
  return [
    counted.desiredNumberScheduled,
    counted.currentNumberScheduled,
    counted.numberMisscheduled,
  ]
}

const tolerateGpu: Change = { kind: 'tolerate', tolerations: [{ key: 'gpu', operator: 'Exists' }] }

describe('a toleration', () => {
  const nodes = [node('a'), node('b'), node('c', [GPU]), node('d', [GPU])]
  const pods = [pod('a'), pod('b'), pod('c')]

  test('makes wrong nodes right, gives new nodes a pod and restarts every pod that was there', () => {
    const outcome = predict(agent(), world(nodes, pods), tolerateGpu)
    expect(numbers(outcome.before)).toEqual([2, 2, 1])
    expect(numbers(outcome.after)).toEqual([4, 4, 0])
    expect(outcome.after.numberAvailable).toBe(4)
    expect(outcome).toMatchObject({
      misscheduledBefore: ['c'],
      misscheduledAfter: [],
      gained: ['d'],
      lost: [],
      podsRestarted: 3,
      rolloutBlocked: false,
    })
  })

  test('counts at once under OnDelete, and restarts nothing', () => {
    const outcome = predict(agent({}, { type: 'OnDelete' }), world(nodes, pods), tolerateGpu)
    expect(numbers(outcome.after)).toEqual([4, 4, 0])
    expect(outcome).toMatchObject({ gained: ['d'], podsRestarted: 0 })
  })

  test('that the template has already changes nothing and rolls nothing out', () => {
    const tolerant = agent({ tolerations: [{ key: 'gpu', operator: 'Exists' }] })
    const outcome = predict(tolerant, world(nodes, pods), tolerateGpu)
    expect(outcome.after).toEqual(outcome.before)
    expect(outcome).toMatchObject({ gained: [], podsRestarted: 0 })
  })

  test('of another taint heals wrong nodes all the same, since the roll-out removes their pods', () => {
    const outcome = predict(agent(), world(nodes, pods), {
      kind: 'tolerate',
      tolerations: [{ key: 'other', operator: 'Exists' }],
    })
    expect(numbers(outcome.after)).toEqual([2, 2, 0])
    expect(outcome).toMatchObject({ lost: ['agent-c'], gained: [], podsRestarted: 2 })
  })

  test('of another taint heals nothing under OnDelete', () => {
    const change: Change = { kind: 'tolerate', tolerations: [{ key: 'other', operator: 'Exists' }] }
    const outcome = predict(agent({}, { type: 'OnDelete' }), world(nodes, pods), change)
    expect(numbers(outcome.after)).toEqual([2, 2, 1])
    expect(outcome.lost).toEqual([])
  })

  test('does not reach serving pods on wrong nodes where one new pod that is not available uses up maxUnavailable', () => {
    const broken = [pod('a', { ready: 'False' }), pod('b'), pod('c')]
    const outcome = predict(agent(), world(nodes, broken), {
      kind: 'tolerate',
      tolerations: [{ key: 'other', operator: 'Exists' }],
    })
    expect(numbers(outcome.after)).toEqual([2, 2, 1])
    expect(outcome).toMatchObject({ rolloutBlocked: true, lost: [] })
    const wide = agent({}, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } })
    const roomy = predict(wide, world(nodes, broken), {
      kind: 'tolerate',
      tolerations: [{ key: 'other', operator: 'Exists' }],
    })
    expect(numbers(roomy.after)).toEqual([2, 2, 0])
    expect(roomy.rolloutBlocked).toBe(false)
  })

  test('leaves serving pods where all nodes are wrong and maxUnavailable is a percentage', () => {
    const change: Change = { kind: 'tolerate', tolerations: [{ key: 'other', operator: 'Exists' }] }
    const percent = agent({}, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } })
    expect(numbers(predict(percent, world([node('c', [GPU])], [pod('c')]), change).after)).toEqual([
      0, 0, 1,
    ])
    expect(numbers(predict(agent(), world([node('c', [GPU])], [pod('c')]), change).after)).toEqual([
      0, 0, 0,
    ])
  })

  test('under maxSurge removes serving pods on wrong nodes only while more serve than are desired', () => {
    const surging = agent(
      {},
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    )
    const change: Change = { kind: 'tolerate', tolerations: [{ key: 'other', operator: 'Exists' }] }
    expect(numbers(predict(surging, world(nodes, pods), change).after)).toEqual([2, 2, 0])
    const oneDown = [pod('a', { ready: 'False' }), pod('b'), pod('c')]
    expect(numbers(predict(surging, world(nodes, oneDown), change).after)).toEqual([2, 2, 1])
  })

  test('of not-ready counts the pods of NotReady nodes as scheduled, not as available', () => {
    const notReady: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
    const nodes = [node('a'), node('n', [notReady], 'False'), node('m', [notReady], 'Unknown')]
    const outcome = predict(agent(), world(nodes, [pod('a'), pod('n', { ready: 'False' })]), {
      kind: 'tolerate',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' },
      ],
    })
    expect(numbers(outcome.before)).toEqual([1, 1, 1])
    expect(numbers(outcome.after)).toEqual([3, 3, 0])
    expect(outcome.after).toMatchObject({ numberReady: 1, numberUnavailable: 2 })
    expect(outcome).toMatchObject({ gained: ['m'], rolloutBlocked: true })
  })
})

describe('deleting pods', () => {
  test('is for good on a wrong node and for nothing on a right one', () => {
    const outcome = predict(agent(), world([node('a'), node('c', [GPU])], [pod('a'), pod('c')]), {
      kind: 'delete-pods',
      pods: ['agent-a', 'agent-c'],
    })
    expect(numbers(outcome.before)).toEqual([1, 1, 1])
    expect(numbers(outcome.after)).toEqual([1, 1, 0])
    expect(outcome).toMatchObject({ lost: ['agent-c'], gained: [], podsRestarted: 0 })
  })

  test('changes nothing on a node that is not ready: the pod hangs and counts on', () => {
    const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }
    const outcome = predict(agent(), world([node('c', [unreachable], 'Unknown')], [pod('c')]), {
      kind: 'delete-pods',
      pods: ['agent-c'],
    })
    expect(numbers(outcome.after)).toEqual([0, 0, 1])
    expect(outcome.lost).toEqual([])
  })

  test('that are terminating already changes nothing', () => {
    const outcome = predict(agent(), world([node('c', [GPU])], [pod('c', { terminating: true })]), {
      kind: 'delete-pods',
      pods: ['agent-c'],
    })
    expect(numbers(outcome.after)).toEqual([0, 0, 1])
  })

  test('leaves a wrong node counted while another pod is on it', () => {
    const pods = [pod('c'), pod('c', { name: 'second' })]
    const outcome = predict(agent(), world([node('c', [GPU])], pods), {
      kind: 'delete-pods',
      pods: ['second'],
    })
    expect(numbers(outcome.after)).toEqual([0, 0, 1])
    expect(outcome.lost).toEqual(['second'])
  })

  test('goes by the namespace: a pod of the same name elsewhere is nobody’s business', () => {
    const other: Pod = { ...pod('c'), metadata: { ...pod('c').metadata, namespace: 'other' } }
    const outcome = predict(agent(), world([node('c', [GPU])], [other]), {
      kind: 'delete-pods',
      pods: ['agent-c'],
    })
    expect(numbers(outcome.before)).toEqual([0, 0, 0])
    expect(outcome.lost).toEqual([])
  })
})

describe('a taint', () => {
  const nodes = [node('a'), node('b')]
  const pods = [pod('a'), pod('b')]

  test('NoSchedule leaves the pod there, and it counts as misscheduled', () => {
    const outcome = predict(agent(), world(nodes, pods), {
      kind: 'taint',
      nodes: ['b'],
      taint: GPU,
    })
    expect(numbers(outcome.before)).toEqual([2, 2, 0])
    expect(numbers(outcome.after)).toEqual([1, 1, 1])
    expect(outcome).toMatchObject({ misscheduledAfter: ['b'], lost: [], podsRestarted: 0 })
  })

  test('NoExecute has the pod deleted', () => {
    const outcome = predict(agent(), world(nodes, pods), {
      kind: 'taint',
      nodes: ['b'],
      taint: EVICT,
    })
    expect(numbers(outcome.after)).toEqual([1, 1, 0])
    expect(outcome).toMatchObject({ misscheduledAfter: [], lost: ['agent-b'] })
  })

  test('NoExecute leaves a hanging pod where no kubelet answers', () => {
    const outcome = predict(agent(), world([node('b', [], 'Unknown')], [pod('b')]), {
      kind: 'taint',
      nodes: ['b'],
      taint: EVICT,
    })
    expect(numbers(outcome.after)).toEqual([0, 0, 1])
  })

  test('takes the place of one with the same key and effect', () => {
    const tolerant = agent({ tolerations: [{ key: 'gpu', value: 'a100' }] })
    const change: Change = { kind: 'taint', nodes: ['c'], taint: { ...GPU, value: 'h100' } }
    expect(numbers(predict(tolerant, world([node('c', [GPU])], [pod('c')]), change).after)).toEqual(
      [0, 0, 1],
    )
    const back: Change = { kind: 'taint', nodes: ['c'], taint: GPU }
    expect(
      numbers(
        predict(tolerant, world([node('c', [{ ...GPU, value: 'h100' }])], [pod('c')]), back).after,
      ),
    ).toEqual([1, 1, 0])
  })

  test('taken off makes the nodes right, those without a pod too', () => {
    const tainted = [node('a', [GPU, EVICT]), node('b', [GPU]), node('c', [GPU])]
    const outcome = predict(agent(), world(tainted, [pod('b')]), {
      kind: 'remove-taint',
      nodes: ['a', 'b'],
      key: 'gpu',
    })
    expect(numbers(outcome.before)).toEqual([0, 0, 1])
    expect(numbers(outcome.after)).toEqual([2, 2, 0])
    expect(outcome.gained).toEqual(['a'])
    const oneEffect = predict(agent(), world(tainted, [pod('b')]), {
      kind: 'remove-taint',
      nodes: ['a', 'b'],
      key: 'gpu',
      effect: 'NoSchedule',
    })
    expect(numbers(oneEffect.after)).toEqual([1, 1, 0])
    expect(oneEffect.gained).toEqual([])
  })
})

test('deleting a node takes its pods along, hanging ones too', () => {
  const nodes = [node('a'), node('c', [GPU], 'Unknown')]
  const outcome = predict(agent(), world(nodes, [pod('a'), pod('c', { terminating: true })]), {
    kind: 'delete-node',
    nodes: ['c'],
  })
  expect(numbers(outcome.before)).toEqual([1, 1, 1])
  expect(numbers(outcome.after)).toEqual([1, 1, 0])
  expect(outcome.lost).toEqual(['agent-c'])
})

test('a recount repeats the true count and moves nothing', () => {
  const outcome = predict(
    agent(),
    world([node('a'), node('b'), node('c', [GPU])], [pod('a'), pod('c')]),
    { kind: 'recount' },
  )
  expect(outcome.after).toEqual(outcome.before)
  expect(numbers(outcome.after)).toEqual([2, 1, 1])
  expect(outcome).toMatchObject({ gained: [], lost: [], podsRestarted: 0 })
})

test('a pod that the controller should have deleted before gets no help from another change', () => {
  const nodes = [node('a'), node('p', [EVICT]), node('t', [GPU])]
  const outcome = predict(agent(), world(nodes, [pod('a'), pod('p'), pod('t')]), {
    kind: 'remove-taint',
    nodes: ['t'],
    key: 'gpu',
  })
  expect(numbers(outcome.before)).toEqual([1, 1, 2])
  expect(numbers(outcome.after)).toEqual([2, 2, 1])
  expect(outcome).toMatchObject({ misscheduledAfter: ['p'], lost: [] })
})

test('a node that lacks its pod already is not gained by another change', () => {
  const nodes = [node('a'), node('lacking'), node('c', [GPU])]
  const outcome = predict(agent(), world(nodes, [pod('a')]), tolerateGpu)
  expect(numbers(outcome.before)).toEqual([2, 1, 0])
  expect(numbers(outcome.after)).toEqual([3, 2, 0])
  expect(outcome.gained).toEqual(['c'])
})

test('a DaemonSet that is being deleted neither gains nor loses pods', () => {
  const going = { ...agent(), metadata: { ...agent().metadata, deletionTimestamp: NOW } }
  const nodes = [node('a'), node('c', [GPU])]
  const outcome = predict(going, world(nodes, [pod('a')]), {
    kind: 'taint',
    nodes: ['a'],
    taint: EVICT,
  })
  expect(numbers(outcome.after)).toEqual([0, 0, 1])
  expect(predict(going, world(nodes, [pod('a')]), tolerateGpu)).toMatchObject({
    gained: [],
    podsRestarted: 0,
  })
})
