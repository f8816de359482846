import type { Misscheduling } from '../facts/facts.ts'
import type { HeldBy, Hold } from './hold.ts'
import { gracePeriod } from './k1-grace-period.ts'
import { kubeletUnreachable } from './k2-kubelet-unreachable.ts'
import { kubeletStuck } from './k3-kubelet-stuck.ts'
import { finalizer } from './k4-finalizer.ts'
import { notDeleted } from './k5-not-deleted.ts'
import { madeAgain } from './k6-made-again.ts'

/** What can hold a pod that the controller deletes, in the order of proof: the first that holds names it. The last ones need no proof. */
export const HOLDS: readonly Hold[] = [
  madeAgain,
  gracePeriod,
  finalizer,
  kubeletUnreachable,
  kubeletStuck,
  notDeleted,
]

export function heldBy(misscheduling: Misscheduling): HeldBy {
  return HOLDS.find((hold) => hold.holds(misscheduling))?.id ?? notDeleted.id
}

export function holdOf(id: HeldBy | null): Hold {
  return HOLDS.find((hold) => hold.id === id) ?? notDeleted
}
