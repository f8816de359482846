import type { DaemonSet } from '../kubernetes/objects.ts'

/** Whether a change of the template replaces running pods; the API's default strategy does. */
export function isRollingUpdate(daemonSet: DaemonSet): boolean {
  return (daemonSet.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

/** Whether the roll-out starts the new pod of a node before it deletes the old one. */
export function allowsSurge(daemonSet: DaemonSet): boolean {
  return rollingUpdateLimits(daemonSet, 1).maxSurge > 0
}

/**
 * maxUnavailable and maxSurge in pods for this many desired nodes, percentages rounded up.
 * Where both come to 0, maxUnavailable is 1, save with no desired node: a percentage then lets nothing be replaced.
 */
export function rollingUpdateLimits(
  daemonSet: DaemonSet,
  desired: number,
): { readonly maxUnavailable: number; readonly maxSurge: number } {
  if (!isRollingUpdate(daemonSet)) return { maxUnavailable: 0, maxSurge: 0 }
  const { rollingUpdate } = daemonSet.spec.updateStrategy ?? {}
  const maxSurge = scaled(rollingUpdate?.maxSurge ?? 0, desired)
  const maxUnavailable = scaled(rollingUpdate?.maxUnavailable ?? 1, desired)
  return {
    maxUnavailable: maxUnavailable === 0 && maxSurge === 0 && desired > 0 ? 1 : maxUnavailable,
    maxSurge,
  }
}

function scaled(value: number | string, total: number): number {
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(value)
  return percent ? Math.ceil((Number(percent[1]) * total) / 100) : 0
}
