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

  test('fixes misscheduled nodes, gives other nodes a pod and restarts all existing pods', () => {
    const prediction = predict(agent(), world(nodes, pods), tolerateGpu)
    expect(numbers(prediction.before)).toEqual([2, 2, 1])
    expect(numbers(prediction.after)).toEqual([4, 4, 0])
    expect(prediction.after.numberAvailable).toBe(4)
    expect(prediction).toMatchObject({
      misscheduledBefore: ['c'],
      misscheduledAfter: [],
      gained: ['d'],
      lost: [],
      podsRestarted: 3,
      rolloutBlocked: false,
    })
  })

  test('is counted immediately under OnDelete and restarts nothing', () => {
    const prediction = predict(agent({}, { type: 'OnDelete' }), world(nodes, pods), tolerateGpu)
    expect(numbers(prediction.after)).toEqual([4, 4, 0])
    expect(prediction).toMatchObject({ gained: ['d'], podsRestarted: 0 })
  })

  test('that the template already has changes nothing and starts no rollout', () => {
    const tolerant = agent({ tolerations: [{ key: 'gpu', operator: 'Exists' }] })
    const prediction = predict(tolerant, world(nodes, pods), tolerateGpu)
    expect(prediction.after).toEqual(prediction.before)
    expect(prediction).toMatchObject({ gained: [], podsRestarted: 0 })
  })

  test('of another taint also fixes misscheduled nodes, because the rollout deletes their pods', () => {
    const prediction = predict(agent(), world(nodes, pods), {
      kind: 'tolerate',
      tolerations: [{ key: 'other', operator: 'Exists' }],
    })
    expect(numbers(prediction.after)).toEqual([2, 2, 0])
    expect(prediction).toMatchObject({ lost: ['agent-c'], gained: [], podsRestarted: 2 })
  })

  test('taken away again removes the pod from the tainted node, without a replacement', () => {
    const tolerant = agent({ tolerations: [{ key: 'gpu', operator: 'Exists' }] })
    const prediction = predict(tolerant, world(nodes.slice(0, 3), pods), {
      kind: 'set-tolerations',
      tolerations: [],
    })
    expect(numbers(prediction.before)).toEqual([3, 3, 0])
    expect(numbers(prediction.after)).toEqual([2, 2, 0])
    expect(prediction).toMatchObject({ lost: ['agent-c'], gained: [], podsRestarted: 2 })
  })

  test('of another taint fixes nothing under OnDelete', () => {
    const change: Change = { kind: 'tolerate', tolerations: [{ key: 'other', operator: 'Exists' }] }
    const prediction = predict(agent({}, { type: 'OnDelete' }), world(nodes, pods), change)
    expect(numbers(prediction.after)).toEqual([2, 2, 1])
    expect(prediction.lost).toEqual([])
  })

  test('keeps available pods on misscheduled nodes if an unavailable pod uses up maxUnavailable', () => {
    const broken = [pod('a', { ready: 'False' }), pod('b'), pod('c')]
    const prediction = predict(agent(), world(nodes, broken), {
      kind: 'tolerate',
      tolerations: [{ key: 'other', operator: 'Exists' }],
    })
    expect(numbers(prediction.after)).toEqual([2, 2, 1])
    expect(prediction).toMatchObject({ rolloutBlocked: true, lost: [] })
    const wide = agent({}, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } })
    const withMoreRoom = predict(wide, world(nodes, broken), {
      kind: 'tolerate',
      tolerations: [{ key: 'other', operator: 'Exists' }],
    })
    expect(numbers(withMoreRoom.after)).toEqual([2, 2, 0])
    expect(withMoreRoom.rolloutBlocked).toBe(false)
  })

  test('keeps available pods if all nodes are misscheduled and maxUnavailable is a percentage', () => {
    const change: Change = { kind: 'tolerate', tolerations: [{ key: 'other', operator: 'Exists' }] }
    const percent = agent({}, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } })
    expect(numbers(predict(percent, world([node('c', [GPU])], [pod('c')]), change).after)).toEqual([
      0, 0, 1,
    ])
    expect(numbers(predict(agent(), world([node('c', [GPU])], [pod('c')]), change).after)).toEqual([
      0, 0, 0,
    ])
  })

  test('under maxSurge deletes available pods on misscheduled nodes only while more are available than desired', () => {
    const surging = agent(
      {},
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    )
    const change: Change = { kind: 'tolerate', tolerations: [{ key: 'other', operator: 'Exists' }] }
    expect(numbers(predict(surging, world(nodes, pods), change).after)).toEqual([2, 2, 0])
    const oneDown = [pod('a', { ready: 'False' }), pod('b'), pod('c')]
    expect(numbers(predict(surging, world(nodes, oneDown), change).after)).toEqual([2, 2, 1])
  })

  test('of not-ready makes pods on NotReady nodes scheduled, but not available', () => {
    const notReady: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
    const nodes = [node('a'), node('n', [notReady], 'False'), node('m', [notReady], 'Unknown')]
    const prediction = predict(agent(), world(nodes, [pod('a'), pod('n', { ready: 'False' })]), {
      kind: 'tolerate',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' },
      ],
    })
    expect(numbers(prediction.before)).toEqual([1, 1, 1])
    expect(numbers(prediction.after)).toEqual([3, 3, 0])
    expect(prediction.after).toMatchObject({ numberReady: 1, numberUnavailable: 2 })
    expect(prediction).toMatchObject({ gained: ['m'], rolloutBlocked: true })
  })
})

describe('deleting pods', () => {
  test('removes them from misscheduled nodes; on other nodes they are recreated', () => {
    const prediction = predict(
      agent(),
      world([node('a'), node('c', [GPU])], [pod('a'), pod('c')]),
      {
        kind: 'delete-pods',
        pods: ['agent-a', 'agent-c'],
      },
    )
    expect(numbers(prediction.before)).toEqual([1, 1, 1])
    expect(numbers(prediction.after)).toEqual([1, 1, 0])
    expect(prediction).toMatchObject({ lost: ['agent-c'], gained: [], podsRestarted: 0 })
  })

  test('changes nothing on a node that is not ready: the pod stays in Terminating and is still counted', () => {
    const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }
    const prediction = predict(agent(), world([node('c', [unreachable], 'Unknown')], [pod('c')]), {
      kind: 'delete-pods',
      pods: ['agent-c'],
    })
    expect(numbers(prediction.after)).toEqual([0, 0, 1])
    expect(prediction.lost).toEqual([])
  })

  test('that are already terminating changes nothing', () => {
    const prediction = predict(
      agent(),
      world([node('c', [GPU])], [pod('c', { terminating: true })]),
      {
        kind: 'delete-pods',
        pods: ['agent-c'],
      },
    )
    expect(numbers(prediction.after)).toEqual([0, 0, 1])
  })

  test('leaves a node misscheduled while another pod is on it', () => {
    const pods = [pod('c'), pod('c', { name: 'second' })]
    const prediction = predict(agent(), world([node('c', [GPU])], pods), {
      kind: 'delete-pods',
      pods: ['second'],
    })
    expect(numbers(prediction.after)).toEqual([0, 0, 1])
    expect(prediction.lost).toEqual(['second'])
  })

  test('ignores a pod with the same name in another namespace', () => {
    const other: Pod = { ...pod('c'), metadata: { ...pod('c').metadata, namespace: 'other' } }
    const prediction = predict(agent(), world([node('c', [GPU])], [other]), {
      kind: 'delete-pods',
      pods: ['agent-c'],
    })
    expect(numbers(prediction.before)).toEqual([0, 0, 0])
    expect(prediction.lost).toEqual([])
  })
})

describe('a taint', () => {
  const nodes = [node('a'), node('b')]
  const pods = [pod('a'), pod('b')]

  test('with NoSchedule leaves the pod there, and it counts as misscheduled', () => {
    const prediction = predict(agent(), world(nodes, pods), {
      kind: 'taint',
      nodes: ['b'],
      taint: GPU,
    })
    expect(numbers(prediction.before)).toEqual([2, 2, 0])
    expect(numbers(prediction.after)).toEqual([1, 1, 1])
    expect(prediction).toMatchObject({ misscheduledAfter: ['b'], lost: [], podsRestarted: 0 })
  })

  test('with NoExecute makes the controller delete the pod', () => {
    const prediction = predict(agent(), world(nodes, pods), {
      kind: 'taint',
      nodes: ['b'],
      taint: EVICT,
    })
    expect(numbers(prediction.after)).toEqual([1, 1, 0])
    expect(prediction).toMatchObject({ misscheduledAfter: [], lost: ['agent-b'] })
  })

  test('with NoExecute leaves the pod in Terminating if the kubelet does not respond', () => {
    const prediction = predict(agent(), world([node('b', [], 'Unknown')], [pod('b')]), {
      kind: 'taint',
      nodes: ['b'],
      taint: EVICT,
    })
    expect(numbers(prediction.after)).toEqual([0, 0, 1])
  })

  test('replaces a taint with the same key and effect', () => {
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

  test('that is removed fixes its nodes, including those without a pod', () => {
    const tainted = [node('a', [GPU, EVICT]), node('b', [GPU]), node('c', [GPU])]
    const prediction = predict(agent(), world(tainted, [pod('b')]), {
      kind: 'remove-taint',
      nodes: ['a', 'b'],
      key: 'gpu',
    })
    expect(numbers(prediction.before)).toEqual([0, 0, 1])
    expect(numbers(prediction.after)).toEqual([2, 2, 0])
    expect(prediction.gained).toEqual(['a'])
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

test('deleting a node removes its pods, including terminating ones', () => {
  const nodes = [node('a'), node('c', [GPU], 'Unknown')]
  const prediction = predict(agent(), world(nodes, [pod('a'), pod('c', { terminating: true })]), {
    kind: 'delete-node',
    nodes: ['c'],
  })
  expect(numbers(prediction.before)).toEqual([1, 1, 1])
  expect(numbers(prediction.after)).toEqual([1, 1, 0])
  expect(prediction.lost).toEqual(['agent-c'])
})

test('a recount repeats the count and changes no pods', () => {
  const prediction = predict(
    agent(),
    world([node('a'), node('b'), node('c', [GPU])], [pod('a'), pod('c')]),
    { kind: 'recount' },
  )
  expect(prediction.after).toEqual(prediction.before)
  expect(numbers(prediction.after)).toEqual([2, 1, 1])
  expect(prediction).toMatchObject({ gained: [], lost: [], podsRestarted: 0 })
})

test('a pod that the controller should already have deleted stays, whatever the change', () => {
  const nodes = [node('a'), node('p', [EVICT]), node('t', [GPU])]
  const prediction = predict(agent(), world(nodes, [pod('a'), pod('p'), pod('t')]), {
    kind: 'remove-taint',
    nodes: ['t'],
    key: 'gpu',
  })
  expect(numbers(prediction.before)).toEqual([1, 1, 2])
  expect(numbers(prediction.after)).toEqual([2, 2, 1])
  expect(prediction).toMatchObject({ misscheduledAfter: ['p'], lost: [] })
})

test('a node that already lacks its pod does not gain one', () => {
  const nodes = [node('a'), node('empty'), node('c', [GPU])]
  const prediction = predict(agent(), world(nodes, [pod('a')]), tolerateGpu)
  expect(numbers(prediction.before)).toEqual([2, 1, 0])
  expect(numbers(prediction.after)).toEqual([3, 2, 0])
  expect(prediction.gained).toEqual(['c'])
})

test('a DaemonSet being deleted neither gains nor loses pods', () => {
  const deleted = { ...agent(), metadata: { ...agent().metadata, deletionTimestamp: NOW } }
  const nodes = [node('a'), node('c', [GPU])]
  const prediction = predict(deleted, world(nodes, [pod('a')]), {
    kind: 'taint',
    nodes: ['a'],
    taint: EVICT,
  })
  expect(numbers(prediction.after)).toEqual([0, 0, 1])
  expect(predict(deleted, world(nodes, [pod('a')]), tolerateGpu)).toMatchObject({
    gained: [],
    podsRestarted: 0,
  })
})
