import type { Taint } from '../../kubernetes/objects.ts'
import { code, names, nodeOrCount, words } from '../../words/words.ts'
import { toleratedByPod } from '../facts/earlier-template.ts'
import { REVISIONS } from '../facts/needs.ts'
import { askOnly, decideFirst, historiesOf, openLine } from '../findings/open-history.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { ifStaying } from '../findings/staying.ts'
import { deletePods, waitForFix } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintText } from '../taints/taints.ts'

/** The pod tolerates the taint and the template does not: the pod got its toleration elsewhere. */
export const toleratedByPodOnly = defineCause<Taint>({
  id: 'T9',
  cause: 'tolerated-by-pod-only',
  title: 'The pod got the toleration at admission; the template does not have it',
  needs: [REVISIONS],
  explains: 'history',
  diagnose: toleratedByPod,
  key: (_, taint) => taint.key,
  ownIncident: true,
  headline: ({ who, many, nodes }) =>
    words`${who} ${many ? 'tolerate' : 'tolerates'} the taint of ${nodeOrCount(nodes)} only in ${many ? 'their' : 'its'} pods, not in the template`,
  past: ({ who, nodes, many }) =>
    words`${who} tolerated the taint of ${nodeOrCount(nodes)} only in ${many ? 'their' : 'its'} pods, not in the template`,
  explain(group) {
    const { facts, nodes, cases } = group
    const taint = cases[0].evidence
    const isAdmission = cases.every(({ pod }) => pod.current === true)
    return {
      isOpen: !isAdmission,
      summary: words`Pods of ${code(facts.name)} on ${names(nodes)} tolerate ${code(taintText(taint))}, but its template does not.`,
      ifIgnored: ifStaying(group),
      why: words`${isAdmission ? 'Something added the toleration when the pods were admitted (a namespace default, a webhook, ExtendedResourceToleration).' : 'The pods got it from an older template or at admission; which of the two is unknown.'} The controller goes by the template alone, so it counts them as misscheduled.`,
      perNode: nodes.map(({ name }) => ({
        node: name,
        reason: words`${code(taintText(taint))} tolerated by the pod, not by the template`,
      })),
      evidence: [
        ...cases
          .slice(0, 3)
          .map(
            ({ node, pod }) =>
              words`${code(node.name)}: pod ${code(pod.name)} tolerates the taint${pod.current === true ? ' and belongs to the current revision' : ''}`,
          ),
        ...(isAdmission
          ? []
          : cases
              .filter(({ pod }) => pod.current !== true)
              .slice(0, 3)
              .map((one) => openLine(one, historiesOf(one)))),
      ],
      drafts: isAdmission
        ? drafts(group)
        : askOnly(drafts(group), decideFirst(group, ['revisions'])),
    }
  },
})

function drafts({
  facts,
  nodes,
  pods,
  cases,
}: CaseGroup<Taint>): readonly (RemedyDraft | undefined)[] {
  const taint = cases[0].evidence
  const isAdmission = cases.every(({ pod }) => pod.current === true)
  return [
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      why: isAdmission
        ? ['The pods are admitted there on purpose; the template has to say so too.']
        : ['Right if they should run there: the template has to say so too.'],
    }),
    deletePods(facts, pods, {
      horizon: 'now',
      choice: true,
      why: ['Right only if the pods should not run there.'],
    }),
    waitForFix(facts),
    tolerate(facts, nodes, taint, {
      horizon: 'for-good',
      why: isAdmission
        ? ['The controller never sees what admission adds to pods.']
        : ['Right if they should run there. The controller goes by the template alone.'],
    }),
  ]
}
