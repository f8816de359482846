import type { Misscheduling } from '../facts/facts.ts'
import { wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedies.ts'
import type { HeldPods } from './hold.ts'
import { heldBy, holdOf } from './index.ts'

/** Where all pods of a finding are on their way out already, what that asks for; it comes before everything else. Empty where one is still to go. */
export function draftsForTerminatingPods(held: HeldPods): readonly (RemedyDraft | undefined)[] {
  const states = new Set(held.pods.map(({ state }) => state))
  if (states.has('live') || states.has('unbound')) return []
  if (states.has('terminal'))
    return [
      wait(
        ['Wait: the pod has ended'],
        ['The controller removes it within 15 minutes and does not make it again.'],
      ),
    ]
  const [first] = held.misschedulings
  const overdue = held.misschedulings.find(isOverdue) ?? first
  return holdOf(heldBy(overdue)).drafts(held)
}

function isOverdue({ pod }: Misscheduling): boolean {
  return pod.state === 'overdue'
}
