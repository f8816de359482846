import type { Bot } from '../bot.ts'
import type { ActionName } from '../config/config.ts'
import type { Cluster } from '../kubernetes/cluster.ts'
import type { Explanation } from '../triage/explain.ts'
import { type OfferedChange, offeredChanges } from './offered.ts'
import type { Observation } from './state.ts'

const verbs = {
  patch: ['patch', 'daemonsets'],
  recount: ['patch', 'daemonsets'],
  delete: ['delete', 'pods'],
} as const

/** What may be done about this incident: the configuration, and the bot's own rights by the API server's access review. */
export async function allowanceFor(
  bot: Bot,
  observation: Observation,
  explanation: Explanation | null,
): Promise<Allowance> {
  const { config } = bot
  const wanted = explanation
    ? offeredChanges(explanation, observation.diagnoses).filter((offer) =>
        config.actions.includes(offer.action),
      )
    : []
  const answers = new Map(
    await Promise.all(
      wanted.map(
        async (offer): Promise<[string, Review]> => [keyOf(offer), await reviewed(bot, offer)],
      ),
    ),
  )
  return {
    actions: config.actions,
    nobody: config.allowedUsers.length === 0 && config.allowedUsergroups.length === 0,
    canSilence: bot.alertmanager !== undefined,
    may: (offer) =>
      answers.get(keyOf(offer)) ?? { allowed: false, reason: 'the right was not checked' },
  }
}

/** An answer holds this long: a right that was given shows soon, and one that was taken away is refused by the API server anyway. Milliseconds. */
const reviewMs = 30_000

const known = new WeakMap<Cluster, Map<string, { readonly at: number; readonly review: Review }>>()

/** Asked once for all messages and clicks of the next half minute; an answer that did not come is asked for again. */
async function reviewed(bot: Bot, offer: OfferedChange): Promise<Review> {
  const answers =
    known.get(bot.cluster) ?? new Map<string, { readonly at: number; readonly review: Review }>()
  known.set(bot.cluster, answers)
  const last = answers.get(keyOf(offer))
  const at = bot.now().getTime()
  if (last && at - last.at < reviewMs) return last.review
  try {
    const review = await ask(bot, offer)
    answers.set(keyOf(offer), { at, review })
    return review
  } catch (error) {
    const [verb, resource] = verbs[offer.action]
    return {
      allowed: false,
      reason: `whether the bot may ${verb} ${resource} could not be checked: ${String(error)}`,
    }
  }
}

interface Review {
  readonly allowed: boolean
  readonly reason?: string
}

async function ask(bot: Bot, offer: OfferedChange): Promise<Review> {
  const [verb, resource] = verbs[offer.action]
  const answer = await bot.cluster.may(
    verb,
    resource,
    offer.namespace,
    resource === 'daemonsets' ? offer.name : undefined,
  )
  const file = offer.action === 'delete' ? 'delete-pods.yaml' : 'write.yaml'
  return answer.allowed
    ? answer
    : {
        allowed: false,
        reason: `the bot may not ${verb} ${resource} in ${offer.namespace} (deploy/kubernetes/${file} gives that right)`,
      }
}

function keyOf(offer: Pick<OfferedChange, 'action' | 'namespace' | 'name'>): string {
  return `${offer.action} ${offer.namespace}/${offer.name}`
}
/** What the installation allows. */
export interface Allowance {
  readonly actions: readonly ActionName[]
  /** Nobody is on the list of users. */
  readonly nobody: boolean
  /** Alertmanager's API is configured, without which nothing can be silenced. */
  readonly canSilence: boolean
  /** May the bot itself do this? The reason says what is missing. */
  readonly may: (offer: OfferedChange) => { readonly allowed: boolean; readonly reason?: string }
}
