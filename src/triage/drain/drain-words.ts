import { isReadyNode } from '../../daemonset/object-state.ts'
import type { Node, Taint } from '../../kubernetes/objects.ts'
import { code, counted, joined, plural, time, type Words, words } from '../../words/words.ts'
import type { Case } from '../facts/facts.ts'
import { DISRUPTION_BUDGETS, EVENTS, LEASES, MANAGED_FIELDS, type Need } from '../facts/needs.ts'
import { notReadyReason, readyEvidence } from '../facts/readiness.ts'
import type { Removal } from './consequences.ts'
import { type Drain, SHUTDOWN } from './drain.ts'
import { leaseName } from './tool-activity.ts'

/** A node that is being removed, and the taint because of which it is misscheduled. */
export interface DrainingNode extends Removal {
  readonly taint: Taint
}

/** The state of one node's drain in a few words, for a table. */
export function drainReason({ node, evidence }: Case<DrainingNode>): Words {
  return joined(
    [stateWords(evidence), ...(isOver(evidence) ? [] : [notReadyReason(node.node)])],
    '; ',
  )
}

// A removal that was given up does not explain why the node is not Ready.
function isOver({ drain }: DrainingNode): boolean {
  return drain.state === 'left-over'
}

function stateWords({ taint, drain }: DrainingNode): Words {
  const since = drain.since ? sinceWords(drain.since) : []
  const [blocker] = drain.blockers
  if (drain.state === 'blocked' && blocker) {
    const more = drain.blockers.length > 1 ? ` and ${drain.blockers.length - 1} more` : ''
    return words`stuck${since}: ${code(blocker.pod)}${more}`
  }
  if (drain.state === 'left-over') return words`leftover ${code(taint.key)}${since}`
  if (drain.state === 'machine-off') return words`machine is off${since}`
  if (drain.state === 'silent') return words`leaving${since}`
  return drain.until ? words`gone by ${time(drain.until)}` : words`draining${since}`
}

function sinceWords({ at, from }: NonNullable<Drain['since']>): Words {
  return from === 'managedFields'
    ? words`, tainted at ${time(at)} or earlier`
    : words` since ${time(at)}`
}

/** The evidence for the state of one node's drain, as one line. */
export function drainEvidence(found: Case<DrainingNode>): Words {
  const { node, evidence, facts } = found
  const { drain } = evidence
  const parts: Words[] = [
    ...startWords(found),
    ...toolWords(drain),
    ...(isReadyNode(node.node) || isOver(evidence) ? [] : readyEvidence(facts.index, node.node)),
    ...(drain.state === 'left-over' ? [cordoned(node.node)] : []),
    ...estimateWords(drain),
    ...podWords(drain, facts.index.has('pods')),
  ]
  return words`${code(node.name)}: ${joined(parts, '; ')}`
}

function cordoned({ spec }: Node): Words {
  return [spec?.unschedulable ? 'the node is cordoned' : 'the node is not cordoned']
}

function startWords({ node, evidence: { leaving } }: Case<DrainingNode>): readonly Words[] {
  const { since, sign, taint } = leaving
  const signs = sign.length > 0 ? [sign] : []
  if (!since) return signs
  const at = time(since.at)
  switch (since.from) {
    case 'value':
      return [words`removal started at ${at} (the value of ${code(taint?.key ?? '')})`]
    case 'timeAdded':
      return [words`tainted at ${at} (timeAdded)`]
    case 'deletionTimestamp':
      return [words`being deleted since ${at}`, ...signs]
    case 'cordon':
      return signs
    case 'managedFields': {
      const writer = code(node.taintsWritten?.manager ?? 'unknown')
      return [
        ...signs,
        words`tainted at ${at} or earlier: ${writer} last changed the taint list then`,
      ]
    }
  }
}

/**
 * What the state of these drains rests on: budgets while pods must still leave, events and the
 * tool's Lease where their absence would mean that nothing acts on the node.
 */
export function drainNeeds(nodes: readonly DrainingNode[]): readonly Need[] {
  const announced = nodes.filter(({ leaving }) => leaving.taint?.key !== SHUTDOWN)
  const open = announced.filter(({ drain }) => drain.state !== 'blocked')
  const isHeld = ({ drain: { state, remaining, stopping, blockers } }: DrainingNode) =>
    state !== 'machine-off' && remaining > stopping.length + blockers.length
  return [
    ...(open.some(isHeld) ? [DISRUPTION_BUDGETS] : []),
    ...(open.some(({ drain }) => drain.state !== 'draining') ? [EVENTS] : []),
    ...(open.some(({ leaving }) => leaseName(leaving) !== undefined) ? [LEASES] : []),
    ...(announced.some(({ drain }) => drain.since === undefined) ? [MANAGED_FIELDS] : []),
  ]
}

const MOST_BLOCKERS = 3
const MOST_STOPPING = 2

/** How many pods have to leave, and then what is known of single ones. */
function podWords(drain: Drain, podsWereRead: boolean): readonly Words[] {
  const { blockers, stopping, remaining } = drain
  const more = blockers.length - MOST_BLOCKERS
  const others = remaining - Math.min(stopping.length, MOST_STOPPING) - blockers.length
  return [
    ...(more > 0 ? [[`${counted(more, 'more pod')} cannot leave`]] : []),
    ...(others > 0
      ? [[`${others} ${plural(others, 'other pod has', 'other pods have')} to leave`]]
      : []),
    ...(remaining === 0 && podsWereRead ? [['no pods are left to evict']] : []),
    ...blockers
      .slice(0, MOST_BLOCKERS)
      .map(({ pod, why }) => words`pod ${code(pod)} cannot leave: ${why}`),
    ...stopping
      .slice(0, MOST_STOPPING)
      .map(
        ({ pod, by, graceSeconds }) =>
          words`pod ${code(pod)} is stopping and has until ${time(by)} (grace period ${graceSeconds} s)`,
      ),
  ]
}

/** What the estimate of the end is the sum of, and where the numbers are from. */
function estimateWords({ state, estimate }: Drain): readonly Words[] {
  if (state !== 'draining' || !estimate) return []
  const { podsBy, pod, machineMs, objectMs } = estimate
  const removal =
    objectMs > 0
      ? `up to ${minutes(machineMs)} for the machine and ${minutes(objectMs)} for its Node object, as the autoscaler itself expects`
      : `up to ${minutes(machineMs)} for the machine, as clouds usually need`
  const limit = pod ? 'the last grace period' : "the autoscaler's default limits for pods"
  return [words`estimate: ${limit}, until ${time(podsBy)}, then ${removal}`]
}

/** In a clause about the end: "then up to 8 min". */
export function minutes(ms: number): string {
  return `${Math.round(ms / 60_000)} min`
}

function toolWords({ lastEvent, expiredLease }: Drain): readonly Words[] {
  const parts: Words[] = []
  if (lastEvent) parts.push(words`last event ${code(lastEvent.reason)} at ${time(lastEvent.at)}`)
  if (expiredLease)
    parts.push(
      words`Lease ${code(expiredLease.lease)} was last renewed at ${time(expiredLease.renewed)}, so its holder is not running`,
    )
  return parts
}
