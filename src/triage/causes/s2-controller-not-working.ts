import { code, time, type Words, words } from '../../words/words.ts'
import { controllerManager } from '../facts/controller-manager.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { defineStatusCause, hasSeenSpec, statusCount } from '../findings/status-cause.ts'
import { nothing, recountDraft, wait } from '../remedies/drafts.ts'
/** Nobody renews the status: no controller-manager leads, or its DaemonSet controller does not get to this object. */
export const controllerNotWorking = defineStatusCause<{ readonly signs: readonly Words[] }>({
  id: 'S2',
  cause: 'controller-not-working',
  title: 'kube-controller-manager is down, does not lead, or does not get to the DaemonSet',
  // Every DaemonSet of the cluster has it from the same.
  root: 'S2 kube-controller-manager',
  headline: ({ who, many }) =>
    words`The DaemonSet controller is not working; the status of ${who} ${many ? 'are' : 'is'} old`,
  diagnose(facts) {
    const status = statusCount(facts)
    const signs = controllerSigns(facts)
    return signs.length > 0 &&
      status !== undefined &&
      status !== facts.recount.count.numberMisscheduled
      ? { signs }
      : undefined
  },
  undecided: ({ index }) =>
    index.lease('kube-system', 'kube-controller-manager')
      ? undefined
      : [
          'The Lease of kube-controller-manager was not read, so it is unknown whether it is running (S2).',
        ],
  explain(facts, { signs }) {
    const { daemonSet, recount } = facts
    return {
      summary: words`The status of ${code(facts.name)} says ${daemonSet.status?.numberMisscheduled ?? 0} misscheduled, counted now it is ${recount.count.numberMisscheduled}, and the controller does not renew it.`,
      why: [
        'Only the DaemonSet controller writes these numbers. While it does not work, they stay as they are, and nothing is rolled out, made or removed.',
      ],
      evidence: [...signs, ...behind(facts)],
      drafts: [
        {
          kind: 'repair-controller',
          horizon: 'now',
          title: ['Bring kube-controller-manager back'],
          why: [
            'It renews all counts within seconds of leading again. Look at its pods or units on the control plane, and at its log.',
          ],
          commands: [
            'kubectl -n kube-system get lease kube-controller-manager -o yaml',
            'kubectl -n kube-system get pods -l component=kube-controller-manager -o wide',
          ],
        },
        wait(['Silence while it is being repaired'], ['Nothing else will end it.'], {
          choice: true,
        }),
        recountDraft(facts, ['Nobody is there to count: it would change nothing.'], {
          tempting: true,
        }),
        nothing(['The DaemonSet is right as it is.']),
      ],
    }
  },
})

function behind({ index }: DaemonSetFacts): readonly Words[] {
  const all = index.snapshot.daemonSets
  const late = all.filter((daemonSet) => hasSeenSpec({ daemonSet }) === false)
  return late.length > 1
    ? [[`${late.length} of ${all.length} DaemonSets wait for it in the same way`]]
    : []
}

/** What shows that the controller does not work on this DaemonSet; empty: nothing does. */
export function controllerSigns(facts: DaemonSetFacts): readonly Words[] {
  const manager = controllerManager(facts.index)
  const { generation } = facts.daemonSet.metadata
  const signs: Words[] = []
  if (manager.state === 'stale')
    signs.push(
      words`Lease ${code('kube-system/kube-controller-manager')} was last renewed at ${time(manager.renewed)}: nobody leads`,
    )
  if (hasSeenSpec(facts) === false)
    signs.push([
      `the controller has seen generation ${facts.daemonSet.status?.observedGeneration} of ${generation}`,
    ])
  return signs
}
