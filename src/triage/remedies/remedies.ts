import type { Change } from '../../daemonset/change.ts'
import type { Prediction } from '../../daemonset/predict.ts'
import { isRollingUpdate } from '../../daemonset/rollout.ts'
import { joined, listed, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import type { Remedy, RemedyKind } from './remedy.ts'
import { requestsText } from './requests.ts'
import { simulate } from './simulate.ts'

/** An answer that a cause proposes, before it has been tried. */
export interface RemedyDraft {
  readonly kind: RemedyKind
  readonly horizon: 'now' | 'for-good'
  readonly title: Words
  readonly why: Words
  /** It looks right and is wrong here. */
  readonly tempting?: boolean
  /** A fair choice that must not be recommended, as it may be wrong and nothing can tell. */
  readonly choice?: boolean
  readonly commands?: readonly string[]
  readonly snippet?: string
  readonly change?: Change
}

/**
 * Tries every offer on the snapshot and ranks them. Offers come in order of preference: for each horizon the first that is neither tempting nor a mere
 * choice, and whose trial does not leave the count as it is, is recommended; without one, waiting is,
 * where it may be chosen. Then the other choices, then the tempting ones.
 */
export function remedies(facts: DaemonSetFacts, offers: readonly RemedyDraft[]): readonly Remedy[] {
  const tried = offers.map((offer) => ({
    offer,
    outcome: offer.change && simulate(facts, offer.change),
  }))
  const recommended = new Set(
    HORIZONS.map(
      (horizon) =>
        tried.find(
          ({ offer, outcome }) =>
            offer.horizon === horizon &&
            !offer.tempting &&
            !offer.choice &&
            !(outcome && isUseless(facts, offer, outcome)),
        ) ??
        tried.find(
          ({ offer }) => offer.horizon === horizon && offer.kind === 'wait' && !offer.tempting,
        ),
    ),
  )
  const all = tried.map((one) => remedy(facts, one.offer, one.outcome, recommended.has(one)))
  return [
    ...all.filter((one) => one.recommended),
    ...all.filter((one) => !one.recommended && !one.tempting),
    ...all.filter((one) => one.tempting),
  ]
}

/** Whether trying the offer makes the count fall; also where there is nothing to try. */
export function helps(facts: DaemonSetFacts, offer: RemedyDraft): boolean {
  return !offer.change || !isUseless(facts, offer, simulate(facts, offer.change))
}

const HORIZONS = ['now', 'for-good'] as const

function remedy(
  facts: DaemonSetFacts,
  offer: RemedyDraft,
  outcome: Prediction | undefined,
  recommended: boolean,
): Remedy {
  const { kind, horizon, title, commands, snippet, change, tempting = false } = offer
  const said = outcome ? consequences(facts, offer, outcome) : []
  return {
    kind,
    horizon,
    recommended,
    tempting,
    title,
    why: offer.why,
    ...(said.length > 0 && { consequences: said }),
    ...(outcome && outcome.podsRestarted > 0 && { pace: pace(facts.daemonSet) }),
    ...(commands && { commands }),
    ...(snippet && { snippet }),
    ...(change && { change }),
    predict: outcome
      ? {
          numberMisscheduled: outcome.after.numberMisscheduled,
          desiredNumberScheduled: outcome.after.desiredNumberScheduled,
          podsRestarted: outcome.podsRestarted,
        }
      : null,
  }
}

// A recount mends the status, not the count: it helps where the two differ.
function isUseless(
  { daemonSet }: DaemonSetFacts,
  { kind }: RemedyDraft,
  { before, after }: Prediction,
): boolean {
  const shown =
    kind === 'recount' ? daemonSet.status?.numberMisscheduled : before.numberMisscheduled
  return kind === 'recount'
    ? after.numberMisscheduled === shown
    : after.numberMisscheduled >= (shown ?? 0)
}

function consequences(facts: DaemonSetFacts, offer: RemedyDraft, outcome: Prediction): Words {
  const useless = isUseless(facts, offer, outcome)
  const sentences: Words[] = []
  if (useless && offer.kind !== 'recount')
    sentences.push(words`The trial leaves the count at ${outcome.after.numberMisscheduled}.`)
  if (offer.kind === 'tolerate') sentences.push(...rolloutWords(facts, outcome))
  return joined(sentences)
}

function rolloutWords(
  { daemonSet }: DaemonSetFacts,
  { gained, lost, rolloutBlocked }: Prediction,
): readonly Words[] {
  const sentences: Words[] = []
  if (gained.length > 0) {
    const each = requestsText(daemonSet)
    const need = each === '' ? '' : `, which needs ${each}${gained.length > 1 ? ' each' : ''}`
    sentences.push(
      words`${gained.length === 1 ? 'One more node gets' : `${gained.length} more nodes get`} a pod${need}: ${listed(gained)}.`,
    )
  }
  if (lost.length > 0)
    sentences.push(
      words`The roll-out also removes ${listed(lost)} from ${lost.length === 1 ? 'a node that stays' : 'nodes that stay'} wrong; nothing takes ${lost.length === 1 ? 'its' : 'their'} place.`,
    )
  if (!isRollingUpdate(daemonSet))
    sentences.push([
      'No running pod changes until it is deleted (OnDelete); the count falls all the same.',
    ])
  if (rolloutBlocked)
    sentences.push(['The roll-out stops half-way: pods that are not available use up its limit.'])
  return sentences
}

function pace(daemonSet: DaemonSetFacts['daemonSet']): string {
  const { maxUnavailable, maxSurge } = daemonSet.spec.updateStrategy?.rollingUpdate ?? {}
  const surge = maxSurge !== undefined && maxSurge !== 0 && maxSurge !== '0%'
  const wait = daemonSet.spec.minReadySeconds
    ? `, each ready for ${daemonSet.spec.minReadySeconds} s before the next`
    : ''
  return `${surge ? maxSurge : (maxUnavailable ?? 1)} at a time${wait}`
}
