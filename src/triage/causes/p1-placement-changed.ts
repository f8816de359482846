import type { Reason } from '../../daemonset/decide.ts'
import { failingKeys } from '../../daemonset/decide.ts'
import type { ControllerRevision } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, names, time, words } from '../../words/words.ts'
import { earlierPlacement } from '../facts/earlier-template.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { REVISIONS } from '../facts/needs.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'
import { nothing } from '../remedies/drafts.ts'
import { reasonWords } from '../taints/reason-words.ts'

/** The template's node selector or affinity was changed, and the node no longer matches it. */
export const placementChanged = definePlacementCause<ControllerRevision | true>({
  id: 'P1',
  cause: 'placement-changed',
  title: "The template's node selector or affinity was changed",
  needs: [REVISIONS],
  diagnose(misscheduling) {
    const { reason, facts, pod, node } = misscheduling
    if (reason.type !== 'NodeSelector' && reason.type !== 'NodeAffinity') return undefined
    const earlier = pod.current === true ? undefined : earlierPlacement(facts, node.node)
    // A node never changes its name: an affinity that names nodes can only have been changed itself.
    return earlier ?? (isByName(reason) || isOfUnknownTemplate(misscheduling) ? true : undefined)
  },
  key: () => null,
  headline: ({ who, nodes }) =>
    words`${who} was told to leave ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`}, but its pods are still there`,
  explain(found) {
    const { facts, nodes, cases } = found
    const [{ evidence: earlier, reason, pod }] = cases
    const made = earlier === true ? undefined : earlier
    return {
      summary: words`was moved away from ${names(nodes)} by a change of its template`,
      why: words`The current template asks for ${reasonWords(reason)}.`,
      evidence: [
        ...(made
          ? [
              words`revision ${made.revision ?? 0}${made.metadata.creationTimestamp ? words`, made at ${time(made.metadata.creationTimestamp)},` : ''} matched ${code(nodes[0]?.name ?? '')}; the current one does not`,
            ]
          : []),
        ...(earlier === true && !isByName(reason)
          ? [
              [
                'what its older template asked for cannot be told: that ControllerRevision is missing; a label may have changed instead',
              ],
            ]
          : []),
        pod.current === false
          ? words`pod ${code(pod.name)} is of revision ${code(pod.hash ?? 'unknown')}, not of the current one`
          : words`pod ${code(pod.name)} is of revision ${code(pod.hash ?? 'unknown')}`,
      ],
      after: [
        nothing(['The change does what it says.']),
        {
          kind: 'change-placement',
          horizon: 'for-good',
          choice: true,
          title: ['Take the change of the template back'],
          why: ['Right if the node should have kept its pod.'],
          commands: [`kubectl -n ${facts.namespace} rollout history daemonset ${facts.name}`],
        },
      ],
    }
  },
})

// An old template that nothing shows: it let the pod onto the node, and only a node that joined anew can have changed under it unseen.
function isOfUnknownTemplate({ facts, pod, node }: Misscheduling): boolean {
  const born = milliseconds(node.node.metadata.creationTimestamp)
  const joinedAnew = born !== undefined && pod.created !== undefined && pod.created < born
  return pod.current === false && facts.revisions.length < 2 && !joinedAnew
}

function isByName(reason: Reason): boolean {
  return (
    reason.type === 'NodeAffinity' &&
    reason.terms.every(({ error }) => error === undefined) &&
    failingKeys(reason).length === 0
  )
}
