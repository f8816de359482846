import { code, listed, words } from '../../words/words.ts'
import { defineStatusCause, statusCount } from '../findings/status-cause.ts'
import { nothing, recountDraft, wait } from '../remedies/drafts.ts'
/** More nodes are wrong than the status shows: since Kubernetes 1.33 a taint put under a running pod does not make the controller count. */
export const statusTooLow = defineStatusCause<{ readonly status: number }>({
  id: 'S6',
  cause: 'status-too-low',
  title: 'The status is too low: a taint was added and the controller has not counted again',
  headline: ({ who, many, nodes }) =>
    words`${who} ${many ? 'are' : 'is'} misscheduled on ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`}, more than the status shows`,
  diagnose(facts) {
    const status = statusCount(facts)
    return status !== undefined && status < facts.recount.count.numberMisscheduled
      ? { status }
      : undefined
  },
  explain(facts, { status }) {
    const count = facts.recount.count.numberMisscheduled
    const all = facts.nodes.map(({ name }) => name)
    return {
      summary: words`The status of ${code(facts.name)} says ${status} misscheduled, but ${count === 1 ? 'one node is' : `${count} nodes are`}: ${listed(all, 5)}.`,
      why: [
        'Since Kubernetes 1.33 the controller does not count again when a taint comes under a running pod. The alert goes by its count: late, too low, or not at all.',
      ],
      evidence: [
        words`status: ${status} misscheduled, ${facts.daemonSet.status?.desiredNumberScheduled ?? 'unknown'} desired; counted now: ${count} and ${facts.recount.count.desiredNumberScheduled}`,
        words`server version ${code(facts.index.snapshot.serverVersion ?? 'not known')}`,
      ],
      drafts: [
        recountDraft(facts, ['The status is right then, and the alert fires if the cause stays.']),
        wait(
          ['Wait'],
          ['The next event of the DaemonSet or one of its pods corrects the status.'],
          { choice: true },
        ),
        nothing(['It is how the controller works; alert on the true count instead.']),
      ],
    }
  },
})
