import { isRollingUpdate } from '../../daemonset/rollout.ts'
import {
  code,
  joined,
  names,
  nodeOrCount,
  plural,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import type { Cases } from '../facts/facts.ts'
import { type Ending, type Estimate, endingOf } from '../holds/ending.ts'
import { draftsForEnding, lossWords } from '../holds/ending-drafts.ts'
import { rolloutEvidence, rolloutState } from '../remedies/rollout-state.ts'
import { reasonWords } from '../taints/reason-words.ts'
import type { HeadlineFacts } from './cause.ts'
import type { CauseReport } from './report.ts'

/**
 * A cause's report for pods that go on their own: that they go, and when, comes first, and why they
 * are misscheduled second.
 */
export function withEnding(
  report: CauseReport,
  found: Cases<unknown>,
  ending: Ending,
): CauseReport {
  const isRollout = ending.kind === 'rollout'
  return {
    ...report,
    ...(isRollout ? {} : { summary: words`${happening(found, ending)}.` }),
    ifIgnored: ifIgnored(found, ending),
    why: isRollout ? rolloutWhy(found, ending.estimate) : endWhy(found, ending),
    perNode: rows(report, () => ending),
    evidence: [
      ...(isRollout ? [rolloutEvidence(rolloutState(found.facts))] : podLines(found)),
      ...report.evidence,
    ],
    drafts: draftsForEnding(found, ending, report.drafts),
  }
}

/** A report on pods that stay, with the rollout that would delete them if it went on. */
export function withRollout(report: CauseReport, found: Cases<unknown>): CauseReport {
  const { facts, cases } = found
  const old = cases.filter(
    ({ pod }) => pod.current === false && pod.hash !== undefined && pod.state === 'live',
  )
  if (old.length === 0 || !isRollingUpdate(facts.daemonSet)) return report
  const rollout = rolloutState(facts)
  const nodes = [...new Set(old.map(({ node }) => node))]
  const then =
    rollout.state === 'blocked' || rollout.state === 'stalled'
      ? words`; ${STOPPED[rollout.state]}: once it goes on, it deletes the old ${plural(old.length, 'pod', 'pods')} on ${names(nodes)} and creates none there`
      : []
  return {
    ...report,
    evidence: [...report.evidence, words`${rolloutEvidence(rollout)}${then}`],
  }
}

const STOPPED = { blocked: 'it is stuck', stalled: 'it makes no progress' } as const

/** A report about the nodes: its rows, with what becomes of the pods there. */
export function withStates(
  report: CauseReport,
  { facts, nodes }: Pick<Cases<unknown>, 'facts' | 'nodes'>,
): CauseReport {
  const endings = new Map(nodes.map((node) => [node.name, endingOf(facts, node)]))
  return { ...report, perNode: rows(report, (node) => endings.get(node)) }
}

function rows(
  { perNode = [] }: CauseReport,
  endingOn: (node: string) => Ending | undefined,
): NonNullable<CauseReport['perNode']> {
  return perNode.map(({ node, reason }) => {
    const ending = endingOn(node)
    return { node, reason: ending ? joined([reason, stateWords(ending)], '; ') : reason }
  })
}

function stateWords(ending: Ending): Words {
  switch (ending.kind) {
    case 'stopping':
      return words`its pod stops by ${time(ending.at)}`
    case 'rollout':
      return ['a rollout removes its pod']
    default:
      return ['its pod has ended']
  }
}

/** The headline of pods that go on their own; undefined if they still run, or may do so. */
export function endingHeadline({ presence, nodes, who, many }: HeadlineFacts): Words | undefined {
  if (presence === 'running' || presence === 'failing' || presence === 'unknown') return undefined
  const isOne = nodes.length === 1 && !many
  if (presence === 'rollout')
    return words`A rollout removes ${who} from ${nodeOrCount(nodes)} without replacing ${isOne ? 'it' : 'them'}; the alert then ends`
  const pods = words`${isOne ? 'The pod' : 'Pods'} of ${who} on ${nodeOrCount(nodes)}`
  const end = `the alert ends with ${isOne ? 'it' : 'them'}`
  switch (presence) {
    case 'stopping':
      return words`${pods} ${isOne ? 'is' : 'are'} stopping; ${end}`
    case 'ended':
      return words`${pods} ${isOne ? 'has' : 'have'} ended; ${end}`
    case 'overdue':
      return words`${pods} ${isOne ? 'has' : 'have'} ended, and the controller does not delete ${isOne ? 'it' : 'them'}`
  }
}

function ifIgnored(found: Cases<unknown>, ending: Ending): Words {
  const one = plural(found.pods.length, 'The pod', 'The pods')
  switch (ending.kind) {
    case 'rollout':
      return words`It ends on its own, but ${lossWords(found)}.`
    case 'stopping':
      return words`It ends by ${time(ending.at)}. ${one} ${plural(found.pods.length, 'does', 'do')} not come back.`
    case 'ended':
      return ['It ends on its own, within 15 minutes.']
    case 'overdue':
      return ['The alert keeps firing until the pod is deleted.']
  }
}

/** "The pod of `agent` on `n1` has ended", without a period. */
function happening({ facts, nodes, pods }: Cases<unknown>, ending: Ending): Words {
  const isOne = pods.length === 1
  const subject = words`${isOne ? 'The pod' : 'The pods'} of ${code(facts.name)} on ${names(nodes)}`
  return ending.kind === 'stopping'
    ? words`${subject} ${isOne ? 'is' : 'are'} stopping and should be gone by ${time(ending.at)}`
    : words`${subject} ${isOne ? 'has' : 'have'} ended`
}

function endWhy(found: Cases<unknown>, ending: Ending): Words {
  const { cases, pods } = found
  const it = plural(pods.length, 'it', 'them')
  const then =
    ending.kind === 'overdue'
      ? words`, and the controller has not deleted ${it}`
      : ending.kind === 'ended'
        ? words`; the controller deletes ${it} and does not recreate ${it} there`
        : words`; the controller does not recreate ${it} there`
  return words`${happening(found, ending)}${then}. ${plural(pods.length, 'It is', 'They are')} misscheduled because of ${reasonWords(cases[0].reason)}.`
}

function rolloutWhy(found: Cases<unknown>, estimate: Estimate | undefined): Words {
  const { cases, nodes, pods } = found
  const { limit, left } = rolloutState(found.facts)
  const it = plural(pods.length, 'it', 'them')
  const reach = estimate
    ? words`It should reach ${it} by about ${time(estimate.at)} (${estimate.left} old ${plural(estimate.left, 'pod is', 'pods are')} left, and the last ${estimate.created} took ${minutes(estimate.inMs)})`
    : words`It reaches ${it} within its limit of ${limit} at a time, with ${left.length} old ${plural(left.length, 'pod', 'pods')} left`
  return words`A rollout is under way, and because of ${reasonWords(cases[0].reason)} it deletes the old ${plural(pods.length, 'pod', 'pods')} on ${names(nodes)} without creating ${plural(pods.length, 'a new one', 'new ones')}. ${reach}.`
}

function minutes(ms: number): string {
  return ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
}

function podLines({ cases }: Cases<unknown>): readonly Words[] {
  const lines = cases.map(({ node, pod: { name, pod } }) => {
    const { phase = 'unknown', reason } = pod.status ?? {}
    const until = pod.metadata.deletionTimestamp
    return until
      ? words`${code(node.name)}: pod ${code(name)} was deleted and may take until ${time(until)} to stop`
      : words`${code(node.name)}: pod ${code(name)} has phase ${phase}${reason ? words` (${code(reason)})` : ''}`
  })
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()].slice(0, 3)
}
