import { code, type Words, words } from '../../words/words.ts'
import { hasSeenSpec, staleLease } from '../facts/controller-manager.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { defineStatusCause, statusCount } from '../findings/status-cause.ts'
import { bringControllerManagerBack, nothing, recountDraft, wait } from '../remedies/drafts.ts'

/** Nothing updates the status: no controller-manager leads, or its DaemonSet controller lags. */
export const controllerNotWorking = defineStatusCause<readonly Words[]>({
  id: 'S2',
  cause: 'controller-not-working',
  title: 'kube-controller-manager is down, does not lead, or does not process the DaemonSet',
  // One fault for every DaemonSet of the cluster, so one incident.
  root: () => 'S2 kube-controller-manager',
  headline: ({ who }) =>
    words`The DaemonSet controller is not working; the status of ${who} is out of date`,
  past: () => ['the DaemonSet controller was not working'],
  diagnose(facts) {
    const status = statusCount(facts)
    if (status === undefined || status === facts.recount.count.numberMisscheduled) return undefined
    const symptoms = symptomsOf(facts)
    return symptoms.length > 0 ? symptoms : undefined
  },
  undecided: ({ index }) =>
    index.lease('kube-system', 'kube-controller-manager')
      ? []
      : [
          [
            'The Lease of kube-controller-manager was not read, so it is unknown whether it is running (S2).',
          ],
        ],
  explain(facts, symptoms) {
    const { daemonSet, recount } = facts
    return {
      summary: words`The status of ${code(facts.name)} says ${daemonSet.status?.numberMisscheduled ?? 0} misscheduled, the recount says ${recount.count.numberMisscheduled}, and the controller does not update the status.`,
      ifIgnored: ['No rollout goes on, and no daemon pod is created or removed in the cluster.'],
      why: [
        'Only the DaemonSet controller writes these numbers, so they do not change until it works again.',
      ],
      evidence: [...symptoms, ...otherDaemonSets(facts)],
      drafts: [
        bringControllerManagerBack,
        wait(['Silence while it is being fixed'], ['Nothing else ends it.'], { choice: true }),
        recountDraft(facts, ['The controller is not working, so a recount does nothing.'], {
          tempting: true,
        }),
        nothing(['The DaemonSet is correct as it is.']),
      ],
    }
  },
})

/** What shows that the controller does not work on this DaemonSet; empty if nothing does. */
function symptomsOf(facts: DaemonSetFacts): readonly Words[] {
  const stale = staleLease(facts.index)
  const { generation } = facts.daemonSet.metadata
  const symptoms: Words[] = []
  if (stale) symptoms.push(stale)
  if (hasSeenSpec(facts) === false)
    symptoms.push([
      `the controller has observed generation ${facts.daemonSet.status?.observedGeneration} of ${generation}`,
    ])
  return symptoms
}

function otherDaemonSets({ index }: DaemonSetFacts): readonly Words[] {
  const all = index.snapshot.daemonSets
  const behind = all.filter((daemonSet) => hasSeenSpec({ daemonSet }) === false)
  return behind.length > 1
    ? [
        [
          `the controller has not observed the current spec of ${behind.length} of ${all.length} DaemonSets`,
        ],
      ]
    : []
}
