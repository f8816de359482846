import type { ContainerStatus, Pod } from '../../kubernetes/objects.ts'
import { counted } from '../../words/words.ts'

/**
 * Why the pod cannot run on its machine, e.g. `fails with “exec format error” (1043 restarts)`;
 * undefined if nothing says that it cannot.
 */
export function platformFailure({ status }: Pod): string | undefined {
  const { reason } = status ?? {}
  if (reason !== undefined && REJECTED.has(reason)) return `was rejected by the kubelet: ${reason}`
  for (const container of containers(status)) {
    const phrase =
      container.state?.waiting?.message ??
      container.state?.terminated?.message ??
      container.lastState?.terminated?.message
    if (phrase !== undefined && container.ready !== true)
      return `fails with “${phrase}”${restarts(container)}`
  }
  return undefined
}

/** Why no container of the pod was ever created; undefined if one was, or if that is unknown. */
export function creationFailure({ status }: Pod): string | undefined {
  const failed = containers(status).find(
    ({ state, restartCount = 0 }) =>
      restartCount === 0 && state?.waiting?.reason === 'CreateContainerError',
  )
  return failed && 'has not started once: CreateContainerError'
}

/** What its containers wait for, e.g. `CrashLoopBackOff (12 restarts)`; undefined if nothing is known. */
export function waitingFor({ status }: Pod): string | undefined {
  const waiting = containers(status).find(({ state }) => state?.waiting?.reason !== undefined)
  return waiting && `${waiting.state?.waiting?.reason}${restarts(waiting)}`
}

/** `waitingFor`, if its containers cannot start or keep ending; undefined if they only start. */
export function failureOf(pod: Pod): string | undefined {
  const waiting = waitingFor(pod)
  return waiting !== undefined && FAILING.test(waiting) ? waiting : undefined
}

const FAILING =
  /^(CrashLoopBackOff|ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|CreateContainerConfigError|CreateContainerError|RunContainerError)/

/** Reasons of the kubelet for pods whose operating system is not the node's. */
const REJECTED: ReadonlySet<string> = new Set([
  'PodOSNotSupported',
  'PodOSSelectorNodeLabelDoesNotMatch',
])

function containers(status: Pod['status']): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
}

function restarts({ restartCount = 0 }: ContainerStatus): string {
  return restartCount > 0 ? ` (${counted(restartCount, 'restart')})` : ''
}
