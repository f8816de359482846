import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import type { Prediction } from '../../daemonset/predict.ts'
import { isRollingUpdate } from '../../daemonset/rollout.ts'
import type { DaemonSet, Pod } from '../../kubernetes/objects.ts'
import { counted, joined, listed, names, plural, type Words, words } from '../../words/words.ts'
import { hasSeenSpec, staleLease } from '../facts/controller-manager.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import { servesNode } from '../facts/role.ts'
import type { RemedyDraft } from './remedy.ts'
import { isOnlyStarting, rolloutState } from './rollout-state.ts'

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
 * The pods that the rollout of a toleration would take from nodes that stay misscheduled, although
 * the nodes need them or it is open whether they belong there: the count would fall, and the nodes
 * would go without.
 */
export function costOf(
  { role }: DaemonSetFacts,
  { kind }: RemedyDraft,
  { lost }: Prediction,
  openPods: ReadonlySet<string> = new Set(),
): readonly string[] {
  if (kind !== 'tolerate') return []
  return servesNode(role) ? lost : lost.filter((pod) => openPods.has(pod))
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
  sentences.push(...freedRollout(facts, draft), ...withoutController(facts, draft))
  return joined(sentences)
}

/** A misscheduled pod that is not replaced no longer uses up the limit of a stuck rollout. */
function freedRollout(facts: DaemonSetFacts, { change }: RemedyDraft): readonly Words[] {
  if (change?.kind !== 'delete-pods' || !isRollingUpdate(facts.daemonSet)) return []
  const isDeleted = ({ metadata }: Pod) => change.pods.includes(metadata.name)
  const { state, limit, stuck, left } = rolloutState(facts)
  const isFreed = stuck.filter((pod) => !isDeleted(pod)).length < limit
  const next = left.filter((pod) => !isDeleted(pod))
  if (state !== 'blocked' || !isFreed || next.length === 0) return []
  const wrong = new Set(facts.nodes.map(({ name }) => name))
  const removed = next.filter((pod) => wrong.has(targetNodeName(pod) ?? ''))
  const restarted = next.length - removed.length
  return [
    words`The rollout is stuck on ${change.pods.length === 1 ? 'it' : 'them'} and then goes on${restarted > 0 ? `: ${counted(restarted, 'old pod')} ${plural(restarted, 'restarts', 'restart')}, ${pace(facts.daemonSet)}` : ''}.`,
    ...(removed.length > 0
      ? [
          words`It then also deletes ${listed(removed.map(({ metadata }) => metadata.name))} without a replacement.`,
        ]
      : []),
  ]
}

/** What the controller would do waits for it. */
function withoutController(
  { index, daemonSet, recount }: DaemonSetFacts,
  { kind }: RemedyDraft,
): readonly Words[] {
  // Just after a change the controller lags for a moment; then its count was still right before.
  const lags =
    hasSeenSpec({ daemonSet }) === false &&
    daemonSet.status?.numberMisscheduled !== recount.count.numberMisscheduled
  if (kind === 'recount' || (staleLease(index) === undefined && !lags)) return []
  return [
    kind === 'delete-pod'
      ? [
          'The pod goes at once, but the count changes only when the DaemonSet controller works again.',
        ]
      : [
          'This holds only when the DaemonSet controller works again; until then the count stays as it is.',
        ],
  ]
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
