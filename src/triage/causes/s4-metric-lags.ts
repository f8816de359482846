import { isBound, isTerminal } from '../../daemonset/object-state.ts'
import { code, listed, plural, time, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import type { CauseReport } from '../findings/report.ts'
import { defineStatusCause, statusCount } from '../findings/status-cause.ts'
import { nothing, wait } from '../remedies/drafts.ts'

interface Over {
  /** RFC 3339: since when the alert has been firing. */
  readonly since: string | undefined
  /** Nodes that the status still counts: their Node objects are gone, their pods not yet. */
  readonly gone: readonly string[]
}

/** Nothing is wrong now, and the status says so or soon will: whatever still fires lags behind. */
export const metricLags = defineStatusCause<Over>({
  id: 'S4',
  cause: 'metric-lags',
  title:
    'Already over: nothing is misscheduled and the status agrees, or the nodes are gone; the metric or the alert lags',
  nothingToFix: true,
  headline: ({ who, many }) => words`Nothing is misscheduled: ${who} ${many ? 'are' : 'is'} fine`,
  diagnose(facts) {
    const since = facts.context.alert?.startsAt
    const gone = goneNodes(facts)
    if (gone.length > 0) return { since, gone }
    const isRight = facts.recount.count.numberMisscheduled === 0 && (statusCount(facts) ?? 0) === 0
    // If nobody asked about this DaemonSet, there is nothing to report.
    return isRight && facts.context.asked ? { since, gone } : undefined
  },
  variant: ({ gone }) => (gone.length > 0 ? 'nodes-gone' : null),
  explain: (facts, over) => (over.gone.length > 0 ? nodesGone(facts, over) : allWell(facts, over)),
})

function allWell(facts: DaemonSetFacts, { since }: Over): CauseReport {
  return {
    summary: words`No pod of ${code(facts.name)} is misscheduled, and its status agrees.`,
    why: [
      'Nothing is misscheduled, and the status agrees. If the alert is firing, kube-state-metrics or Prometheus lags behind.',
    ],
    evidence: [
      statusCount(facts) === undefined
        ? ['the status has no count; recount: 0 misscheduled']
        : ['status and recount: 0 misscheduled'],
      ...(since ? [words`the alert has been firing since ${time(since)}`] : []),
    ],
    drafts: [
      {
        kind: 'none',
        horizon: 'now',
        title: ['Nothing to do'],
        why: [
          'It is over. If the alert keeps firing for more than a few minutes, check kube-state-metrics.',
        ],
      },
      nothing(['The DaemonSet is correct as it is.']),
    ],
  }
}

function nodesGone(facts: DaemonSetFacts, { gone }: Over): CauseReport {
  return {
    summary: words`The status of ${code(facts.name)} still counts ${plural(gone.length, 'a node that is', 'nodes that are')} gone: ${listed(gone)}.`,
    why: [
      'A pod whose Node object is gone is not counted, but the controller does not recount when a node is deleted. It recounts when pod garbage collection removes the pods of that node.',
    ],
    evidence: [
      words`status: ${statusCount(facts) ?? 0} misscheduled; recount: ${facts.recount.count.numberMisscheduled}`,
      words`pods are still bound to ${listed(gone)}, and no Node has ${plural(gone.length, 'that name', 'those names')}`,
    ],
    drafts: [
      wait(
        ['Wait: the count falls when the pods of the deleted nodes are removed'],
        [
          'Pod garbage collection takes about a minute. If it takes much longer, check kube-controller-manager.',
        ],
      ),
      nothing(['The DaemonSet is correct as it is.']),
    ],
  }
}

/**
 * Deleted nodes with pods, if they explain by how much the status is too high; otherwise empty. A
 * node that became right again would raise the desired count above the status; a deleted one does
 * not.
 */
function goneNodes(facts: DaemonSetFacts): readonly string[] {
  const { recount, daemonSet, index } = facts
  const excess = (statusCount(facts) ?? 0) - recount.count.numberMisscheduled
  if (
    excess <= 0 ||
    (daemonSet.status?.desiredNumberScheduled ?? 0) < recount.count.desiredNumberScheduled
  )
    return []
  const gone = new Set<string>()
  for (const pod of recount.claimed) {
    const name = pod.spec?.nodeName
    if (name && isBound(pod) && !isTerminal(pod) && !index.node(name)) gone.add(name)
  }
  return gone.size >= excess ? [...gone] : []
}
