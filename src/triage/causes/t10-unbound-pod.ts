import type { Taint } from '../../kubernetes/objects.ts'
import { code, joined, names, time, words } from '../../words/words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { servesNode } from '../facts/role.ts'
import { newestEvent } from '../facts/snapshot-index.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, infrastructureNote, nothing, wait } from '../remedies/drafts.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { knownTaint, taintText } from '../taints/taints.ts'

/** A pod that was made for the node and never bound: the taint came first. It counts as if it ran. */
export const unboundPod = defineCause<Taint>({
  id: 'T10',
  cause: 'unbound-pod',
  title: 'A Pending pod was made for the node, and the taint came before it was bound',
  explains: 'pod',
  diagnose: (misscheduling) =>
    misscheduling.pod.state === 'unbound' ? wrongTaint(misscheduling) : undefined,
  key: (_, taint) => taint.key,
  headline: ({ nodes, who, many }) =>
    words`${who} ${many ? 'have' : 'has'} pods that wait for ${nodes.length === 1 ? 'a tainted node' : `${nodes.length} tainted nodes`} and will never run there`,
  explain({ facts, nodes, pods, cases }) {
    const taint = cases[0].evidence
    const hopeless =
      knownTaint(taint.key).tolerate === 'never' || knownTaint(taint.key).tolerate === 'bootstrap'
    return {
      summary: words`A pod of ${code(facts.name)} waits for ${names(nodes)} and cannot be bound, because of ${code(taintText(taint))}.`,
      why: words`The controller made the pod before the taint came; now the scheduler cannot bind it and the controller keeps it. A waiting pod counts on its node as if it ran.`,
      perNode: nodes.map(({ name }) => ({
        node: name,
        reason: words`pod waits, ${code(taintText(taint))}`,
      })),
      evidence: cases.slice(0, 5).map(({ node, pod }) => {
        const refused = pod.pod.status?.conditions?.find(
          ({ type, status }) => type === 'PodScheduled' && status === 'False',
        )
        const event = newestEvent(facts.index.eventsOf('Pod', facts.namespace, pod.name), [
          'FailedScheduling',
        ])
        const said = event?.message ?? refused?.message
        return words`${code(pod.name)} is pinned to ${code(node.name)} and not bound${pod.pod.metadata.creationTimestamp ? words`, made at ${time(pod.pod.metadata.creationTimestamp)}` : ''}${said ? words`; the scheduler says ${code(said.slice(0, 160))}` : ''}`
      }),
      drafts: [
        deletePods(facts, pods, {
          horizon: 'now',
          why: [
            'It does not run anyway, and the controller will not make it again while the taint is on.',
          ],
        }),
        tolerate(facts, nodes, taint, {
          horizon: 'now',
          ...(hopeless
            ? { tempting: true }
            : infrastructureNote(facts).length === 0
              ? { choice: true }
              : {}),
          why: hopeless
            ? ['The node is what is wrong, not the DaemonSet.']
            : joined([
                ['Right if it should run there: the pod is bound then.'],
                infrastructureNote(facts),
              ]),
        }),
        wait(['Wait'], ['It ends only with the taint or the node.'], { choice: true }),
        !hopeless && servesNode(facts.role)
          ? tolerate(facts, nodes, taint, {
              horizon: 'for-good',
              why: words`It ${facts.role.evidence}, so it most likely belongs on such nodes.`,
            })
          : nothing(['A rare race between the controller and the taint; nothing to set.']),
      ],
    }
  },
})
