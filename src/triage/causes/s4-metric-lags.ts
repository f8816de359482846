import { code, time, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import type { CauseReport } from '../findings/report.ts'
import { defineStatusCause, statusCount } from '../findings/status-cause.ts'
import { nothing } from '../remedies/drafts.ts'

interface Over {
  /** RFC 3339: since when the alert has been firing. */
  readonly since: string | undefined
}

/** Nothing is wrong now, and the status says so: whatever still fires lags behind. */
export const metricLags = defineStatusCause<Over>({
  id: 'S4',
  cause: 'metric-lags',
  title:
    'Already over: nothing is misscheduled and the status agrees; the metric or the alert lags',
  isFalseAlarm: () => true,
  headline: ({ who, many }) => words`${who} ${many ? 'are' : 'is'} fine, nothing is misscheduled`,
  past: ({ who, many }) => words`${who} ${many ? 'were' : 'was'} fine, the alert lagged behind`,
  diagnose(facts) {
    const since = facts.context.alert?.startsAt
    const isRight = facts.recount.count.numberMisscheduled === 0 && (statusCount(facts) ?? 0) === 0
    // If nobody asked about this DaemonSet, there is nothing to report.
    return isRight && facts.context.asked ? { since } : undefined
  },
  explain: allWell,
})

function allWell(facts: DaemonSetFacts, { since }: Over): CauseReport {
  return {
    summary: words`No pod of ${code(facts.name)} is misscheduled, and its status agrees.`,
    ifIgnored: ['The alert should end within minutes. No pod is affected.'],
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
