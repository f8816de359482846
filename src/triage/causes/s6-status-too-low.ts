import { code, counted, listed, plural, words } from '../../words/words.ts'
import { defineStatusCause, statusCount } from '../findings/status-cause.ts'
import { nothing, recountDraft, wait } from '../remedies/drafts.ts'

/**
 * More nodes are wrong than the status shows: since Kubernetes 1.33, the controller does not
 * recount when a taint is added under a running pod.
 */
export const statusTooLow = defineStatusCause<{ readonly status: number }>({
  id: 'S6',
  cause: 'status-too-low',
  title: 'The status is too low: a taint was added and the controller has not recounted',
  headline: ({ who, many, nodes }) =>
    words`${who} ${many ? 'are' : 'is'} misscheduled on ${counted(nodes.length, 'node')}, more than the status shows`,
  past: ({ who, many, nodes }) =>
    words`${who} ${many ? 'were' : 'was'} misscheduled on ${counted(nodes.length, 'node')}, more than the status showed`,
  diagnose(facts) {
    const status = statusCount(facts)
    return status !== undefined && status < facts.recount.count.numberMisscheduled
      ? { status }
      : undefined
  },
  explain(facts, { status }) {
    const { recount, daemonSet } = facts
    const count = recount.count.numberMisscheduled
    const all = facts.nodes.map(({ name }) => name)
    return {
      summary: words`The status of ${code(facts.name)} says ${status} misscheduled, but ${plural(count, 'one node is', `${count} nodes are`)}: ${listed(all, 5)}.`,
      ifIgnored: ['The alert stays late, too low or missing.'],
      why: [
        'Since Kubernetes 1.33, the controller does not recount when a taint is added under a running pod. The alert follows its count, so it is late, too low or missing.',
      ],
      evidence: [
        words`status: ${status} misscheduled, ${daemonSet.status?.desiredNumberScheduled ?? 'unknown'} desired; recount: ${count} misscheduled, ${recount.count.desiredNumberScheduled} desired`,
        words`server version: ${code(facts.index.snapshot.serverVersion ?? 'unknown')}`,
      ],
      drafts: [
        recountDraft(facts, [
          'The status is then correct, and the alert fires if the cause stays.',
        ]),
        wait(
          ['Wait'],
          ['The next event on the DaemonSet or one of its pods corrects the status.'],
          { choice: true },
        ),
        nothing(['This is how the controller works. Alert on the true count instead.']),
      ],
    }
  },
})
