import { isRollingUpdate } from '../../daemonset/rollout.ts'
import type { Taint } from '../../kubernetes/objects.ts'
import { code, names, nodeOrCount, time, type Words, words } from '../../words/words.ts'
import { type LostToleration, lostToleration } from '../facts/earlier-template.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { REVISIONS } from '../facts/needs.ts'
import { askOnly, decideFirst, historiesOf, openLine } from '../findings/open-history.ts'
import { type CaseGroup, defineCause, type PodCause } from '../findings/pod-cause.ts'
import { ifStaying } from '../findings/staying.ts'
import { lostTolerationDrafts } from '../remedies/lost-toleration-drafts.ts'
import { taintText } from '../taints/taints.ts'

/** The template lost the toleration, and with strategy OnDelete nothing replaces the old pods. */
export const lostTolerationOnDelete: PodCause = defineCause<LostToleration>({
  id: 'T7',
  cause: 'lost-toleration-on-delete',
  title: 'The template lost the toleration; with strategy OnDelete the old pods stay',
  needs: [REVISIONS],
  explains: 'history',
  diagnose: (misscheduling) =>
    isRollingUpdate(misscheduling.facts.daemonSet) ? undefined : lostToleration(misscheduling),
  key: (_, { taint }) => taint.key,
  ownIncident: true,
  headline({ who, nodes, many, isOpen }) {
    const isOne = nodes.length === 1 && !many
    return isOpen
      ? words`${isOne ? 'The old pod' : 'Old pods'} of ${who} on ${nodeOrCount(nodes)} ${isOne ? 'tolerates' : 'tolerate'} a taint that the template does not`
      : words`${who} lost a toleration; ${oldPods(many, isOne)} ${isOne ? 'stays' : 'stay'} on ${nodeOrCount(nodes)} (OnDelete)`
  },
  past({ who, nodes, many, isOpen }) {
    const isOne = nodes.length === 1 && !many
    return isOpen
      ? words`${isOne ? 'the old pod' : 'old pods'} of ${who} on ${nodeOrCount(nodes)} tolerated a taint that the template did not`
      : words`${who} had lost a toleration, and ${oldPods(many, isOne)} stayed on ${nodeOrCount(nodes)} (OnDelete)`
  },
  explain(group) {
    const { facts, nodes, cases } = group
    const { taint } = cases[0].evidence
    const isOpen = !isProven(group)
    const drafts = lostTolerationDrafts({ ...group, taint, isProven: !isOpen })
    return {
      isOpen,
      summary: words`The template of ${code(facts.name)} ${isOpen ? 'does not tolerate' : 'no longer tolerates'} ${code(taintText(taint))}, but its old pods on ${names(nodes)} do.`,
      ifIgnored: ifStaying(group),
      why: words`Only the template counts, not what a running pod tolerates. With ${code('OnDelete')} the controller replaces no pod on its own, so the old ones stay forever.`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: lostReason(pod.name, taint, isOpen),
      })),
      evidence: lostTolerationEvidence(group),
      drafts: isOpen ? askOnly(drafts, decideFirst(group, ['revisions'])) : drafts,
    }
  },
})

function oldPods(many: boolean, isOne: boolean): string {
  return `${many ? 'their' : 'its'} old ${isOne ? 'pod' : 'pods'}`
}

/** Whether an older template is known to have had the toleration. */
export function isProven({ cases }: Pick<CaseGroup<LostToleration>, 'cases'>): boolean {
  return cases.every(({ evidence }) => evidence.isProven)
}

/** What is wrong with an old pod, for a table row. */
export function lostReason(pod: string, taint: Taint, isOpen: boolean): Words {
  return words`old pod ${code(pod)}, ${code(taintText(taint))} ${isOpen ? 'not tolerated by the template' : 'no longer tolerated'}`
}

/** Which revision had the toleration, and what the pods have. */
export function lostTolerationEvidence({
  facts,
  cases,
}: CaseGroup<LostToleration>): readonly Words[] {
  const { revision } = cases[0].evidence
  const current = currentHash(facts)
  return [
    ...cases
      .slice(0, 3)
      .map(
        ({ node, pod }) =>
          words`${code(node.name)}: pod ${code(pod.name)} tolerates the taint and belongs to revision ${code(pod.hash ?? 'unknown')}${current}`,
      ),
    ...(revision
      ? [
          words`revision ${revision.number}${revision.created ? words`, created at ${time(revision.created)},` : ''} had the toleration; the current one does not`,
        ]
      : cases
          .filter(({ evidence }) => !evidence.isProven)
          .slice(0, 3)
          .map((one) => openLine(one, historiesOf(one)))),
    ['nothing shows whether it was removed on purpose'],
  ]
}

function currentHash({ revisions }: DaemonSetFacts): Words {
  const hash = revisions[0]?.metadata.labels?.['controller-revision-hash']
  return hash ? words`; the current one is ${code(hash)}` : []
}
