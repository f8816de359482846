import type { Taint } from '../../kubernetes/objects.ts'
import { code, names, words } from '../../words/words.ts'
import { toleratedByPod } from '../facts/earlier-template.ts'
import { REVISIONS } from '../facts/needs.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, waitForFix } from '../remedies/drafts.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintText } from '../taints/taints.ts'

/** The pod tolerates the taint and the template never did: admission gave the pod its toleration. */
export const toleratedByPodOnly = defineCause<Taint>({
  id: 'T9',
  cause: 'tolerated-by-pod-only',
  title: 'The pod got the toleration from admission; the template has not got it',
  needs: [REVISIONS],
  explains: 'history',
  diagnose: toleratedByPod,
  key: (_, taint) => taint.key,
  ownIncident: true,
  headline: ({ who, many, nodes }) =>
    words`${who} ${many ? 'tolerate' : 'tolerates'} the taint of ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`} only in ${many ? 'their' : 'its'} pods, not in the template`,
  explain({ facts, nodes, pods, cases }) {
    const taint = cases[0].evidence
    const known = cases.every(({ pod }) => pod.current === true)
    return {
      summary: words`Pods of ${code(facts.name)} on ${names(nodes)} tolerate ${code(taintText(taint))}, but its template does not.`,
      why: words`${known ? 'Something added the toleration when the pods were admitted (a namespace default, a webhook, ExtendedResourceToleration).' : 'The pods got it from an older template or at admission; which of them cannot be told.'} The controller goes by the template alone, so it counts them as misscheduled.`,
      perNode: nodes.map(({ name }) => ({
        node: name,
        reason: words`${code(taintText(taint))} tolerated by the pod, not by the template`,
      })),
      evidence: [
        ...cases
          .slice(0, 3)
          .map(
            ({ pod }) =>
              words`pod ${code(pod.name)} tolerates the taint${pod.current === true ? ' and is of the current revision' : ''}`,
          ),
        ...(known
          ? []
          : [
              [
                'whether an older template had the toleration cannot be told: the ControllerRevisions are missing',
              ],
            ]),
      ],
      drafts: [
        tolerate(facts, nodes, taint, {
          horizon: 'now',
          why: ['The pods are admitted there on purpose; the template has to say so too.'],
        }),
        deletePods(facts, pods, {
          horizon: 'now',
          choice: true,
          why: ['Right only if they should not run there.'],
        }),
        waitForFix(facts),
        tolerate(facts, nodes, taint, {
          horizon: 'for-good',
          why: ['What admission adds to pods the controller never sees.'],
        }),
      ],
    }
  },
})
