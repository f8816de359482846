import type { Prediction } from '../../daemonset/predict.ts'
import { isRollingUpdate } from '../../daemonset/rollout.ts'
import type { DaemonSet } from '../../kubernetes/objects.ts'
import { counted, joined, listed, names, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { servesNode } from '../facts/role.ts'
import type { RemedyDraft } from './remedy.ts'
import { isOnlyStarting } from './rollout-state.ts'

/**
 * Whether the change leaves the count as it is. A recount corrects the status only, so it helps if
 * the status differs.
 */
export function isUseless(
  { daemonSet }: DaemonSetFacts,
  { kind }: RemedyDraft,
  { before, after }: Prediction,
): boolean {
  return kind === 'recount'
    ? after.numberMisscheduled === daemonSet.status?.numberMisscheduled
    : after.numberMisscheduled >= before.numberMisscheduled
}

/**
 * The pods that the rollout of a toleration would take from nodes that need them and stay
 * misscheduled: the count would fall, and the nodes would go without. Empty if they are not needed.
 */
export function costOf(
  { role }: DaemonSetFacts,
  { kind }: RemedyDraft,
  { lost }: Prediction,
): readonly string[] {
  return kind === 'tolerate' && servesNode(role) ? lost : []
}

/** Sentences on what the simulation shows besides the counts; empty if there is nothing to add. */
export function consequences(
  facts: DaemonSetFacts,
  draft: RemedyDraft,
  prediction: Prediction,
  readyNodes: readonly NodeFacts[] = [],
): Words {
  const sentences: Words[] = []
  if (readyNodes.length > 0)
    sentences.push(words`The simulation counts ${names(readyNodes)} as Ready.`)
  if (draft.kind !== 'recount' && isUseless(facts, draft, prediction))
    sentences.push(
      words`The simulation leaves the count at ${prediction.after.numberMisscheduled}.`,
    )
  if (draft.kind === 'tolerate') sentences.push(...rolloutWords(facts, prediction))
  return joined(sentences)
}

/**
 * How fast a rollout restarts pods, after their number: `10% at a time, each ready for 30 s before
 * the next`.
 */
export function pace({ spec }: DaemonSet): string {
  const { maxUnavailable, maxSurge } = spec.updateStrategy?.rollingUpdate ?? {}
  const surges = maxSurge !== undefined && maxSurge !== 0 && maxSurge !== '0%'
  const wait = spec.minReadySeconds
    ? `, each ready for ${spec.minReadySeconds} s before the next`
    : ''
  return `${surges ? maxSurge : (maxUnavailable ?? 1)} at a time${wait}`
}

function rolloutWords(
  facts: DaemonSetFacts,
  { gained, lost, rolloutBlocked }: Prediction,
): readonly Words[] {
  const { daemonSet } = facts
  const sentences: Words[] = []
  if (gained.length > 0) {
    const requests = requestsText(daemonSet)
    const requesting =
      requests === '' ? '' : ` requesting ${requests}${gained.length > 1 ? ' each' : ''}`
    sentences.push(
      words`${counted(gained.length, 'more node')} would get a pod${requesting}: ${listed(gained)}.`,
    )
  }
  if (lost.length > 0)
    sentences.push(
      words`The rollout would also remove ${listed(lost)} from ${lost.length === 1 ? 'a node that stays misscheduled, without replacing it' : 'nodes that stay misscheduled, without replacing them'}.`,
    )
  if (!isRollingUpdate(daemonSet))
    sentences.push([
      'Under OnDelete, running pods change only when they are deleted, but the count drops anyway.',
    ])
  if (rolloutBlocked && !isOnlyStarting(facts))
    sentences.push(['The rollout would stop early: unavailable pods use up its limit.'])
  return sentences
}

/**
 * The requests of one pod, `250m CPU and 192Mi memory`; empty without requests in plain quantities.
 */
function requestsText({ spec }: DaemonSet): string {
  const requests = (spec.template.spec?.containers ?? []).map(
    ({ resources }) => resources?.requests ?? {},
  )
  const cpu = total(
    requests.map(({ cpu }) => cpu),
    CPU,
  )
  const memory = total(
    requests.map(({ memory }) => memory),
    MEMORY,
  )
  const parts = [
    ...(cpu ? [`${cpu}m CPU`] : []),
    ...(memory ? [`${Math.ceil(memory / 2 ** 20)}Mi memory`] : []),
  ]
  return parts.join(' and ')
}

type Units = Readonly<Record<string, number>>

/** In thousandths of a core. */
const CPU: Units = { m: 1, '': 1000 }
/** In bytes. */
const MEMORY: Units = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

function total(quantities: readonly (string | undefined)[], units: Units): number {
  return quantities.reduce((sum, quantity) => sum + amount(quantity, units), 0)
}

function amount(quantity: string | undefined, units: Units): number {
  const [, number = '', suffix = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity ?? '') ?? []
  const unit = units[suffix]
  return number === '' || unit === undefined ? 0 : Number(number) * unit
}
