import type { Condition, Node } from '../../src/kubernetes/objects.ts'

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

/** What a healthy kubelet reports, since this time. */
export const healthyConditions = (since: string): readonly Condition[] =>
  CONDITIONS.map((condition) => ({
    ...condition,
    lastHeartbeatTime: since,
    lastTransitionTime: since,
  }))

/** What the node controller writes once it has heard nothing for its grace period. */
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
