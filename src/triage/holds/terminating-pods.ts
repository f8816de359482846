import type { Misscheduling } from '../facts/facts.ts'
import { wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import type { HeldPods } from './hold.ts'
import { holdOn } from './index.ts'

/**
 * What to do if all pods of a finding are stopping or have ended; it comes before everything else.
 * Empty if one of them still runs or waits for the scheduler.
 */
export function draftsForTerminatingPods(held: HeldPods): readonly (RemedyDraft | undefined)[] {
  const states = new Set(held.pods.map(({ state }) => state))
  if (states.has('live') || states.has('unbound')) return []
  if (states.has('terminal'))
    return [
      wait(
        ['Wait: the pod has ended'],
        ['The controller removes it within 15 minutes and does not recreate it.'],
      ),
    ]
  const [first] = held.misschedulings
  return holdOn(held.misschedulings.find(isOverdue) ?? first).drafts(held)
}

function isOverdue({ pod }: Misscheduling): boolean {
  return pod.state === 'overdue'
}
