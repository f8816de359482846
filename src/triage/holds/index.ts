import type { Misscheduling } from '../facts/facts.ts'
import type { Hold } from './hold.ts'
import { gracePeriod } from './k1-grace-period.ts'
import { kubeletUnreachable } from './k2-kubelet-unreachable.ts'
import { kubeletStuck } from './k3-kubelet-stuck.ts'
import { finalizer } from './k4-finalizer.ts'
import { notDeleted } from './k5-not-deleted.ts'
import { recreated } from './k6-recreated.ts'

/**
 * Every hold, in order of precedence: the first that fits names it. The last ones need no proof.
 */
export const HOLDS: readonly Hold[] = [
  recreated,
  gracePeriod,
  finalizer,
  kubeletUnreachable,
  kubeletStuck,
  notDeleted,
]

/** Why this pod is still there; "nobody has asked it to stop" if nothing else fits. */
export function holdOn(misscheduling: Misscheduling): Hold {
  return HOLDS.find((hold) => hold.fits(misscheduling)) ?? notDeleted
}

/** The hold with this id. */
export function holdById(id: string | null): Hold | undefined {
  return HOLDS.find((hold) => hold.id === id)
}
