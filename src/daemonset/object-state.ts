import type { Node, OwnerReference, Pod } from '../kubernetes/objects.ts'

/** The owner that controls an object: the first reference with `controller: true`. */
export function controllerRef(object: {
  readonly metadata: { readonly ownerReferences?: readonly OwnerReference[] }
}): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true)
}

/** Whether the scheduler, or the template, has assigned the pod to a node. */
export function isBound(pod: Pod): boolean {
  return Boolean(pod.spec?.nodeName)
}

/** Whether the pod is being deleted (`deletionTimestamp`), whatever its phase. */
export function isTerminating(pod: Pod): boolean {
  return Boolean(pod.metadata.deletionTimestamp)
}

/** Failed or Succeeded: its containers will not run again. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded'
}

/** Whether the pod has ended, or is in a grace period that ends. `now` is RFC 3339. */
export function isOver(pod: Pod, now: string): boolean {
  return isTerminal(pod) || Date.parse(pod.metadata.deletionTimestamp ?? '') > Date.parse(now)
}

/** Whether the pod's condition Ready is True. */
export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True'
}

/**
 * Whether the node's condition Ready is True or missing. If it is not, the kubelet may not respond.
 */
export function isReadyNode(node: Node): boolean {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  return ready === undefined || ready.status === 'True'
}

/** Whether the pod has been Ready for `minReadySeconds`. `now` is RFC 3339. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: string): boolean {
  if (minReadySeconds === 0) return isReady(pod)
  const condition = readyCondition(pod)
  if (condition?.status !== 'True') return false
  return Date.parse(condition.lastTransitionTime ?? '') + minReadySeconds * 1000 <= Date.parse(now)
}

/**
 * The controller's order of the pods on one node: bound before unbound, then by age, oldest first,
 * then by name. Only the first pod's readiness counts.
 */
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
