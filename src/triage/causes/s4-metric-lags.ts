import { defineNumberCause, statusCount } from '../number-cause.ts'
import { nothing } from '../offers.ts'
import { code, time, words } from '../words.ts'

/** Nothing is wrong and the status says so: whatever still fires lags behind. */
export const metricLags = defineNumberCause<{ readonly since: string | undefined }>({
  id: 'S4',
  cause: 'metric-lags',
  title: 'Over already: nothing is misscheduled and the status says so; the metric or the alert lags',
  headline: ({ who, many }) => words`Nothing is misscheduled: ${who} ${many ? 'are' : 'is'} fine`,
  diagnose(facts) {
    if (facts.recount.count.numberMisscheduled > 0 || (statusCount(facts) ?? 0) > 0) return undefined
    return { since: facts.context.alert?.startsAt }
  },
  explain(facts, { since }) {
    return {
      summary: words`No pod of ${code(facts.name)} is misscheduled, and its status says so too.`,
      why: ['If the alert still fires, it is not resolved yet, or kube-state-metrics or Prometheus shows an old value.'],
      evidence: [
        statusCount(facts) === undefined
          ? ['the status has no count; counted now: 0 misscheduled']
          : ['status and own count: 0 misscheduled'],
        ...(since ? [words`the alert has been firing since ${time(since)}`] : []),
      ],
      offers: [
        {
          kind: 'none',
          horizon: 'now',
          title: ['Nothing to do'],
          why: ['It is over. If the alert stays for more than some minutes, look at kube-state-metrics.'],
        },
        nothing(['The DaemonSet is right as it is.']),
      ],
    }
  },
})
