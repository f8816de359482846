import type { Bot } from '../bot.ts'
import type { Explanation } from '../triage/explain.ts'
import { type Offer, offers } from './offers.ts'
import type { Seen } from './seen.ts'
import type { Allowance } from './view.ts'

const verbs = { patch: ['patch', 'daemonsets'], recount: ['patch', 'daemonsets'], delete: ['delete', 'pods'] } as const

/** What may be done about this incident: the configuration, and the bot's own rights by the API server's access review. */
export async function allowanceFor(bot: Bot, seen: Seen, explanation: Explanation | null): Promise<Allowance> {
  const { config } = bot
  const wanted = explanation ? offers(explanation, seen.diagnoses).filter((offer) => config.actions.includes(offer.action)) : []
  const reviews = new Map(
    await Promise.all(
      wanted.map(
        async (offer): Promise<[string, { allowed: boolean; reason?: string }]> => [keyOf(offer), await review(bot, offer)],
      ),
    ),
  )
  return {
    actions: config.actions,
    nobody: config.allowedUsers.length === 0 && config.allowedUsergroups.length === 0,
    canSilence: bot.alertmanager !== undefined,
    may: (offer) => reviews.get(keyOf(offer)) ?? { allowed: false, reason: 'the right was not checked' },
  }
}

async function review(bot: Bot, offer: Offer): Promise<{ allowed: boolean; reason?: string }> {
  const [verb, resource] = verbs[offer.action]
  try {
    const answer = await bot.cluster.may(verb, resource, offer.namespace, resource === 'daemonsets' ? offer.name : undefined)
    return answer.allowed
      ? answer
      : {
          allowed: false,
          reason: `the bot may not ${verb} ${resource} in ${offer.namespace} (deploy/write.yaml gives that right)`,
        }
  } catch (error) {
    return { allowed: false, reason: `whether the bot may ${verb} ${resource} could not be checked: ${String(error)}` }
  }
}

function keyOf(offer: Pick<Offer, 'action' | 'namespace' | 'name'>): string {
  return `${offer.action} ${offer.namespace}/${offer.name}`
}
