import { code, joined, names, time, words } from '../../words/words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { REVISIONS } from '../facts/needs.ts'
import { isOlderThanOwner } from '../facts/pod-origin.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, infrastructureNote, nothing, wait } from '../remedies/drafts.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { reasonWords } from '../taints/reason-words.ts'

/** The DaemonSet was deleted without its pods and made again with another placement: it adopted the old ones. */
export const olderThanOwner = defineCause<true>({
  id: 'O3',
  cause: 'older-than-owner',
  title:
    'The DaemonSet was deleted with --cascade=orphan and made again; the pods are older than it',
  needs: [REVISIONS],
  explains: 'pod',
  diagnose: ({ facts, pod }) => (isOlderThanOwner(facts, pod) ? true : undefined),
  key: () => null,
  headline: ({ who, nodes }) =>
    words`${who} was made anew; old pods of its predecessor are left on ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`}`,
  explain({ facts, nodes, pods, cases }) {
    const [first] = cases
    const taint = wrongTaint(first)
    return {
      summary: words`${code(facts.name)} holds pods on ${names(nodes)} that are older than itself.`,
      why: words`A DaemonSet of this name was deleted without its pods (${code('--cascade=orphan')}) and made again. The new one adopted them, but its placement does not want them there.`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: words`${code(pod.name)}, older than the DaemonSet`,
      })),
      evidence: [
        words`the DaemonSet was made at ${time(facts.daemonSet.metadata.creationTimestamp ?? '')}`,
        ...cases
          .slice(0, 3)
          .map(
            ({ pod }) =>
              words`pod ${code(pod.name)} was made at ${time(pod.pod.metadata.creationTimestamp ?? '')}`,
          ),
        words`wrong there because of ${reasonWords(first.reason)}`,
      ],
      drafts: [
        deletePods(facts, pods, {
          horizon: 'now',
          why: [
            'They are left over from the former DaemonSet; the new one does not want them there and will not make them again.',
          ],
        }),
        taint &&
          tolerate(facts, nodes, taint, {
            horizon: 'now',
            ...(infrastructureNote(facts).length === 0 && { choice: true }),
            why: joined([
              ['Right if the former placement was the right one.'],
              infrastructureNote(facts),
            ]),
          }),
        wait(['Wait'], ['Only a roll-out under RollingUpdate would remove them.'], {
          choice: true,
        }),
        nothing(['It comes only from deleting with --cascade=orphan and making again.']),
      ],
    }
  },
})
