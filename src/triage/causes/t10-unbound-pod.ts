import type { Taint } from '../../kubernetes/objects.ts'
import { code, names, plural, time, type Words, words } from '../../words/words.ts'
import { toleratedByPod } from '../facts/earlier-template.ts'
import { type Case, wrongTaint } from '../facts/facts.ts'
import { newestEvent } from '../facts/snapshot-index.ts'
import type { HeadlineFacts } from '../findings/cause.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { taintDrafts } from '../remedies/taint-drafts.ts'
import { belongingOf } from '../taints/belonging.ts'
import { taintHistory } from '../taints/taint-history.ts'
import { isPassing, purposeOf, type TaintPurpose } from '../taints/taint-purpose.ts'
import { tellingText } from '../taints/taint-value.ts'

interface Unbound {
  readonly taint: Taint
  readonly purpose: TaintPurpose
}

/** A pod that was created for the node and never bound: the taint came first. It still counts. */
export const unboundPod = defineCause<Unbound>({
  id: 'T10',
  cause: 'unbound-pod',
  title: 'A Pending pod was created for the node, and the taint was added before it was bound',
  explains: 'history',
  diagnose(misscheduling) {
    const taint = misscheduling.pod.state === 'unbound' ? wrongTaint(misscheduling) : undefined
    // A pod that tolerates the taint itself waits for something else.
    return taint && !toleratedByPod(misscheduling)
      ? { taint, purpose: purposeOf(misscheduling, taint) }
      : undefined
  },
  key: (_, { taint }) => taint.key,
  taint: (_, { taint }) => taint,
  split: (_, { purpose }) => purpose.kind,
  headline: (incident) =>
    words`${isOnePod(incident) ? 'A pod' : 'Pods'} of ${incident.who} ${isOnePod(incident) ? 'waits' : 'wait'} for ${taintedNodes(incident)} and cannot start there`,
  past: (incident) =>
    words`${isOnePod(incident) ? 'a pod' : 'pods'} of ${incident.who} waited for ${taintedNodes(incident)}`,
  explain(group) {
    const { facts, nodes, cases } = group
    const { taint, purpose } = cases[0].evidence
    const found = { ...group, taint }
    const belonging = belongingOf(found)
    return {
      summary: words`A pod of ${code(facts.name)} waits for ${names(nodes)} and cannot be bound because of ${code(tellingText(facts.index, taint))}.`,
      ifIgnored: ifIgnored(group),
      why: words`The controller creates no pod for a node with this taint, so the taint was added later: the scheduler cannot bind the pod, and the controller keeps it. A Pending pod counts on its node as if it were running.`,
      perNode: nodes.map(({ name }) => ({
        node: name,
        reason: words`pod waits, ${code(tellingText(facts.index, taint))}`,
      })),
      evidence: [
        ...cases.slice(0, 5).map(evidence),
        ...nodes.slice(0, 3).map((node) => words`${code(node.name)}: ${taintHistory(node, taint)}`),
        ...belonging.clues.map(({ words }) => words),
        ...purpose.hints,
      ],
      drafts: taintDrafts(found, { purpose, belonging }),
    }
  },
})

function isOnePod({ nodes, many }: HeadlineFacts): boolean {
  return nodes.length === 1 && !many
}

function taintedNodes({ nodes }: HeadlineFacts): string {
  return nodes.length === 1 ? 'a tainted node' : `${nodes.length} tainted nodes`
}

function ifIgnored({
  pods,
  cases: [
    {
      evidence: { purpose },
    },
  ],
}: CaseGroup<Unbound>): Words {
  const pending = plural(pods.length, 'The pod stays Pending', 'The pods stay Pending')
  return [
    isPassing(purpose)
      ? `${pending} while the taint is there.`
      : `${pending}, and the alert keeps firing.`,
  ]
}

function evidence({ facts, node, pod }: Case<Unbound>): Words {
  const condition = pod.pod.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  )
  const event = newestEvent(facts.index.eventsOf('Pod', facts.namespace, pod.name), [
    'FailedScheduling',
  ])
  // What the scheduler says about preemption is as long again: a taint is not preempted.
  const [message] = (event?.message ?? condition?.message)?.split(' preemption: ') ?? []
  const created = pod.pod.metadata.creationTimestamp
  return words`${code(node.name)}: pod ${code(pod.name)} is pinned to it and not bound${created ? words`, created at ${time(created)}` : ''}${message ? words`; the scheduler says ${code(message.slice(0, 160))}` : ''}`
}
