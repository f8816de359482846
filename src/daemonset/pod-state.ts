import type { Pod } from '../kubernetes/objects.ts'

export function isBound(pod: Pod): boolean {
  return Boolean(pod.spec?.nodeName)
}

export function isTerminating(pod: Pod): boolean {
  return Boolean(pod.metadata.deletionTimestamp)
}

/** Failed or Succeeded: its containers will not run again. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded'
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True'
}

/** Ready for `minReadySeconds` already. `now` is RFC 3339. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: string): boolean {
  if (minReadySeconds === 0) return isReady(pod)
  const condition = readyCondition(pod)
  if (condition?.status !== 'True') return false
  return Date.parse(condition.lastTransitionTime ?? '') + minReadySeconds * 1000 <= Date.parse(now)
}

/** The controller's order of the pods on one node: bound before unbound, then the older, then by name. Only the first is looked at for readiness. */
export function byControllerOrder(a: Pod, b: Pod): number {
  if (isBound(a) !== isBound(b)) return isBound(a) ? -1 : 1
  const [created, other] = [createdAt(a), createdAt(b)]
  if (created !== other) return created - other
  return a.metadata.name < b.metadata.name ? -1 : 1
}

function readyCondition(pod: Pod) {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')
}

function createdAt(pod: Pod): number {
  return pod.metadata.creationTimestamp ? Date.parse(pod.metadata.creationTimestamp) : 0
}
