import { code, joined, names, nodeOrCount, plural, time, words } from '../../words/words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { REVISIONS } from '../facts/needs.ts'
import { isOlderThanOwner } from '../facts/pod-origin.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { ifStaying } from '../findings/staying.ts'
import { deletePods, infrastructureNote, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { reasonWords } from '../taints/reason-words.ts'

/** The DaemonSet was deleted without its pods and created again with another placement. */
export const olderThanOwner = defineCause<true>({
  id: 'O3',
  cause: 'older-than-owner',
  title:
    'The DaemonSet was deleted with --cascade=orphan and recreated; the pods are older than it is',
  needs: [REVISIONS],
  explains: 'pod',
  diagnose: ({ facts, pod }) => (isOlderThanOwner(facts, pod) ? true : undefined),
  key: () => null,
  headline: ({ who, nodes }) =>
    words`${who} was recreated; ${plural(nodes.length, 'a pod of its predecessor is', 'pods of its predecessor are')} still on ${nodeOrCount(nodes)}`,
  past: ({ who, nodes }) =>
    words`${who} had been recreated, and ${plural(nodes.length, 'a pod of its predecessor was', 'pods of its predecessor were')} still on ${nodeOrCount(nodes)}`,
  explain(group) {
    const { facts, nodes, cases } = group
    const [first] = cases
    return {
      summary: words`${code(facts.name)} owns pods on ${names(nodes)} that are older than itself.`,
      ifIgnored: ifStaying(group),
      why: words`A DaemonSet of this name was deleted without its pods (${code('--cascade=orphan')}) and created again. The new one adopted them, but its placement excludes these nodes.`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: words`${code(pod.name)}, older than the DaemonSet`,
      })),
      evidence: [
        words`the DaemonSet was created at ${time(facts.daemonSet.metadata.creationTimestamp ?? '')}`,
        ...cases
          .slice(0, 3)
          .map(
            ({ node, pod }) =>
              words`${code(node.name)}: pod ${code(pod.name)} was created at ${time(pod.pod.metadata.creationTimestamp ?? '')}`,
          ),
        words`misscheduled because of ${reasonWords(first.reason)}`,
      ],
      drafts: drafts(group),
    }
  },
})

function drafts({
  facts,
  nodes,
  pods,
  cases,
}: CaseGroup<true>): readonly (RemedyDraft | undefined)[] {
  const taint = wrongTaint(cases[0])
  const note = infrastructureNote(facts)
  return [
    deletePods(facts, pods, {
      horizon: 'now',
      why: [
        'Left over from the old DaemonSet: the new one excludes these nodes and recreates no pod there.',
      ],
    }),
    taint &&
      tolerate(facts, nodes, taint, {
        horizon: 'now',
        ...(note.length === 0 && { choice: true }),
        why: joined([['Right if the old placement was correct.'], note]),
      }),
    wait(['Wait'], ['Only a rollout with RollingUpdate would remove them.'], { choice: true }),
    nothing(['It happens only when a DaemonSet is deleted with --cascade=orphan and recreated.']),
  ]
}
