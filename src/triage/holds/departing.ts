import type { Suspect } from '../facts/facts.ts'
import { wait } from '../remedies/offers.ts'
import type { Offer } from '../remedies/remedies.ts'
import type { HeldPods } from './hold.ts'
import { heldBy, holdOf } from './index.ts'

/** Where all pods of a finding are on their way out already, what that asks for; it comes before everything else. Empty where one is still to go. */
export function departingOffers(held: HeldPods): readonly (Offer | undefined)[] {
  const states = new Set(held.pods.map(({ state }) => state))
  if (states.has('live') || states.has('unbound')) return []
  if (states.has('terminal'))
    return [
      wait(
        ['Wait: the pod has ended'],
        ['The controller removes it within 15 minutes and does not make it again.'],
      ),
    ]
  const [first] = held.suspects
  const overdue = held.suspects.find(isOverdue) ?? first
  return holdOf(heldBy(overdue)).offers(held)
}

function isOverdue({ pod }: Suspect): boolean {
  return pod.state === 'overdue'
}
