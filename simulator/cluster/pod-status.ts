import type { Condition, Pod } from '../../src/kubernetes/objects.ts'

/** The pod with these conditions in place of those of the same type; one whose status stays keeps its transition time. */
export function withConditions(
  pod: Pod,
  conditions: readonly Condition[],
  phase = pod.status?.phase,
): Pod {
  const old = pod.status?.conditions ?? []
  const kept = old.filter(({ type }) => !conditions.some((one) => one.type === type))
  const changed = conditions.map((one) => {
    const before = old.find(({ type }) => type === one.type)
    return before?.status === one.status
      ? { ...one, lastTransitionTime: before.lastTransitionTime }
      : one
  })
  return { ...pod, status: { ...pod.status, phase, conditions: [...kept, ...changed] } } as Pod
}

/** The pod bound to the node by the scheduler. */
export function bound(pod: Pod, nodeName: string, at: string): Pod {
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: at }
  return withConditions({ ...pod, spec: { ...pod.spec, nodeName } }, [scheduled])
}

/** The pod with all its containers up. */
export function running(pod: Pod, at: string): Pod {
  const types = ['Initialized', 'Ready', 'ContainersReady']
  const up = withConditions(
    pod,
    types.map((type) => ({ type, status: 'True', lastTransitionTime: at })),
    'Running',
  )
  return { ...up, status: { startTime: at, ...up.status } } as Pod
}

/** The pod as it is no longer Ready, for this reason. */
export function notReady(pod: Pod, at: string, reason?: string): Pod {
  return withConditions(pod, [
    { type: 'Ready', status: 'False', ...(reason && { reason }), lastTransitionTime: at },
  ])
}
