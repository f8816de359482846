import type { Condition, Node, Pod } from '../../../src/kubernetes/objects.ts'

/**
 * A copy of the pod with these conditions. A condition whose status does not change keeps its
 * transition time.
 */
export function withConditions(
  pod: Pod,
  conditions: readonly Condition[],
  phase = pod.status?.phase,
): Pod {
  const old = pod.status?.conditions ?? []
  const unchanged = old.filter(({ type }) => !conditions.some((one) => one.type === type))
  const changed = conditions.map((one) => {
    const before = old.find(({ type }) => type === one.type)
    return before?.status === one.status
      ? { ...one, lastTransitionTime: before.lastTransitionTime }
      : one
  })
  return { ...pod, status: { ...pod.status, phase, conditions: [...unchanged, ...changed] } } as Pod
}

/** A copy of the pod, bound to the node by the scheduler. `at`: RFC 3339. */
export function boundPod(pod: Pod, nodeName: string, at: string): Pod {
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: at }
  return withConditions({ ...pod, spec: { ...pod.spec, nodeName } }, [scheduled])
}

/** A copy of the pod, Running and Ready. `at`: RFC 3339. */
export function runningPod(pod: Pod, at: string): Pod {
  const types = ['Initialized', 'Ready', 'ContainersReady']
  const up = withConditions(
    pod,
    types.map((type) => ({ type, status: 'True', lastTransitionTime: at })),
    'Running',
  )
  return { ...up, status: { startTime: at, ...up.status } } as Pod
}

/** A copy of the pod that is no longer Ready. `at`: RFC 3339. */
export function notReadyPod(pod: Pod, at: string, reason?: string): Pod {
  return withConditions(pod, [
    { type: 'Ready', status: 'False', ...(reason && { reason }), lastTransitionTime: at },
  ])
}

/** Whether the node's Ready condition is True. */
export const isNodeReady = (node: Node): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ??
  false

const CONDITIONS = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
  },
]

/** The conditions of a healthy node since this time (RFC 3339). */
export const healthyConditions = (since: string): readonly Condition[] =>
  CONDITIONS.map((condition) => ({
    ...condition,
    lastHeartbeatTime: since,
    lastTransitionTime: since,
  }))

/**
 * The conditions that the node controller writes when a kubelet has not reported for the grace
 * period.
 */
export const unknownConditions = (
  conditions: readonly Condition[],
  at: string,
): readonly Condition[] =>
  conditions.map(({ type, lastHeartbeatTime }) => ({
    type,
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastHeartbeatTime,
    lastTransitionTime: at,
  }))
