import { type Bot, timestamp } from '../bot.ts'
import type { ActionRow } from '../store/store.ts'
import { silenceActions } from './action-log.ts'
import type { Observation } from './state.ts'

/** What is stored with a silence that ended because its incident is over. */
export function overOutcome(bot: Pick<Bot, 'now'>): string {
  return `ended with the incident ${timestamp(bot)}`
}

/** How many silences ended because the incident is over, this time. */
export function endedWith(
  { closed }: Pick<Observation, 'closed'>,
  actions: readonly ActionRow[],
): number {
  if (closed === undefined) return 0
  return silenceActions(actions).filter(({ action: { state, outcome } }) => {
    const at = state === 'ended' ? /^ended with the incident (.*)$/.exec(outcome ?? '')?.[1] : ''
    return at !== undefined && at !== '' && at >= closed
  }).length
}
