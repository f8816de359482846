import type { Taint } from '../../kubernetes/objects.ts'
import { code, joined, names, time, type Words, words } from '../../words/words.ts'
import { type Case, wrongTaint } from '../facts/facts.ts'
import { servesNode } from '../facts/role.ts'
import { newestEvent } from '../facts/snapshot-index.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, infrastructureNote, nothing, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { knownTaint, taintText } from '../taints/taints.ts'

/** A pod that was created for the node and never bound: the taint came first. It still counts. */
export const unboundPod = defineCause<Taint>({
  id: 'T10',
  cause: 'unbound-pod',
  title: 'A Pending pod was created for the node, and the taint was added before it was bound',
  explains: 'pod',
  diagnose: (misscheduling) =>
    misscheduling.pod.state === 'unbound' ? wrongTaint(misscheduling) : undefined,
  key: (_, taint) => taint.key,
  headline: ({ nodes, who, many }) =>
    words`${who} ${many ? 'have' : 'has'} pods that wait for ${nodes.length === 1 ? 'a tainted node' : `${nodes.length} tainted nodes`} and cannot start there`,
  explain(group) {
    const { facts, nodes, cases } = group
    const taint = cases[0].evidence
    return {
      summary: words`A pod of ${code(facts.name)} waits for ${names(nodes)} and cannot be bound because of ${code(taintText(taint))}.`,
      why: words`The controller created the pod before the taint was added; now the scheduler cannot bind it and the controller keeps it. A Pending pod counts on its node as if it were running.`,
      perNode: nodes.map(({ name }) => ({
        node: name,
        reason: words`pod waits, ${code(taintText(taint))}`,
      })),
      evidence: cases.slice(0, 5).map(evidence),
      drafts: drafts(group),
    }
  },
})

function evidence({ facts, node, pod }: Case<Taint>): Words {
  const condition = pod.pod.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  )
  const event = newestEvent(facts.index.eventsOf('Pod', facts.namespace, pod.name), [
    'FailedScheduling',
  ])
  // What the scheduler says about preemption is as long again: a taint is not preempted.
  const [message] = (event?.message ?? condition?.message)?.split(' preemption: ') ?? []
  const created = pod.pod.metadata.creationTimestamp
  return words`${code(pod.name)} is pinned to ${code(node.name)} and not bound${created ? words`, created at ${time(created)}` : ''}${message ? words`; the scheduler says ${code(message.slice(0, 160))}` : ''}`
}

function drafts({
  facts,
  nodes,
  pods,
  cases,
}: CaseGroup<Taint>): readonly (RemedyDraft | undefined)[] {
  const taint = cases[0].evidence
  const { tolerate: who } = knownTaint(taint.key)
  const isNodeAtFault = who === 'never' || who === 'bootstrap'
  const note = infrastructureNote(facts)
  const toleration = isNodeAtFault
    ? ({ tempting: true, why: ['The node is at fault, not the DaemonSet.'] } as const)
    : {
        ...(note.length === 0 && { choice: true }),
        why: joined([['Right if it should run there: the pod is then bound.'], note]),
      }
  return [
    deletePods(facts, pods, {
      horizon: 'now',
      why: [
        'It does not run anyway, and the controller will not recreate it while the taint is on the node.',
      ],
    }),
    tolerate(facts, nodes, taint, { horizon: 'now', ...toleration }),
    wait(['Wait'], ['It ends only when the taint or the node is gone.'], { choice: true }),
    !isNodeAtFault && servesNode(facts.role)
      ? tolerate(facts, nodes, taint, {
          horizon: 'for-good',
          why: words`It ${facts.role.evidence}, so it most likely belongs on such nodes.`,
        })
      : nothing([
          'A rare race between the controller and the taint; there is nothing to configure.',
        ]),
  ]
}
