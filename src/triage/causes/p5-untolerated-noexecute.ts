import { isReadyNode } from '../../daemonset/object-state.ts'
import type { Taint } from '../../kubernetes/objects.ts'
import { code, listed, names, nodeOrCount, time, type Words, words } from '../../words/words.ts'
import type { Case } from '../facts/facts.ts'
import { worksOnFailedNodes } from '../facts/role.ts'
import { together } from '../findings/cause.ts'
import { definePlacementCause, held } from '../findings/placement-cause.ts'
import type { CaseGroup } from '../findings/pod-cause.ts'
import { nothing, removeTaint } from '../remedies/drafts.ts'
import { excludeNodes } from '../remedies/placement-draft.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { outlives } from '../remedies/taint-drafts.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { belongingOf } from '../taints/belonging.ts'
import { taintHistory } from '../taints/taint-history.ts'
import { isPassing, purposeOf } from '../taints/taint-purpose.ts'
import { nearMiss } from '../taints/taint-tolerations.ts'
import { tellingText } from '../taints/taint-value.ts'
import { knownTaint } from '../taints/taints.ts'

/** A NoExecute taint that the template does not tolerate: the pod must go. */
export const untoleratedNoExecute = definePlacementCause<Taint>({
  id: 'P5',
  cause: 'untolerated-noexecute',
  title: 'A NoExecute taint that the DaemonSet does not tolerate',
  diagnose({ reason }) {
    if (reason.type !== 'UntoleratedTaint') return undefined
    const { key, value, effect, timeAdded } = reason
    return {
      key,
      effect,
      ...(value !== undefined && { value }),
      ...(timeAdded !== undefined && { timeAdded }),
    }
  },
  key: (_, { key }) => key,
  taint: (_, taint) => taint,
  split: (misscheduling, taint) => purposeOf(misscheduling, taint).kind,
  headline(incident) {
    const { nodes, keys } = together(incident)
    return words`${incident.who} must leave ${nodeOrCount(nodes)} (${listed(keys, 2)}); ${held(incident).now}`
  },
  past(incident) {
    const { nodes, keys } = together(incident)
    return words`${incident.who} had to leave ${nodeOrCount(nodes)} (${listed(keys, 2)}), and ${held(incident).past}`
  },
  explain(group) {
    const { facts, nodes, cases } = group
    const [{ evidence: taint }] = cases
    const miss = nearMiss(facts, taint)?.words ?? []
    return {
      summary: words`does not tolerate ${code(tellingText(facts.index, taint))} on ${names(nodes)}`,
      why: words`${code(`${taint.key}:NoExecute`)} evicts pods without a toleration${meaning(taint)}.`,
      evidence: [...cases.slice(0, 3).map(evidence), ...(miss.length > 0 ? [miss] : [])],
      after: draftsForGood(group, taint),
    }
  },
})

function meaning({ key }: Taint): string {
  const known = knownTaint(key)
  return known.class === 'unknown' ? '' : `: ${known.means}`
}

function evidence({ node, pod, evidence: taint }: Case<Taint>): Words {
  const target = pod.pod.status?.conditions?.find(
    ({ type, status }) => type === 'DisruptionTarget' && status === 'True',
  )
  const evicted = target
    ? words`; pod ${code(pod.name)} has condition DisruptionTarget (${code(target.reason ?? 'no reason given')})${target.lastTransitionTime ? words` since ${time(target.lastTransitionTime)}` : ''}`
    : ''
  return words`${code(node.name)}: ${taintHistory(node, taint)}${evicted}`
}

function draftsForGood(group: CaseGroup<Taint>, taint: Taint): readonly RemedyDraft[] {
  const { facts } = group
  if (taint.key === 'node.kubernetes.io/out-of-service') return outOfServiceDrafts(group, taint)
  const known = knownTaint(taint.key)
  const toleration = (part: Pick<RemedyDraft, 'why'> & Partial<RemedyDraft>) =>
    tolerate(facts, group.nodes, taint, { horizon: 'for-good', ...part })
  if (known.tolerate === 'bootstrap' && !worksOnFailedNodes(facts.daemonSet, facts.role))
    return [
      nothing([
        `The taint works as intended and goes ${known.ends}. Check ${known.tool ?? 'what removes it'}.`,
      ]),
      toleration({ choice: true, why: ['Right if it has to run there despite the taint.'] }),
    ]
  if (isPassing(purposeOf(group.cases[0], taint)))
    return [
      nothing(['The taint goes away when the work is done.']),
      toleration({ tempting: true, why: outlives(taint) }),
    ]
  const belonging = belongingOf({ ...group, taint })
  if (belonging.verdict === 'yes')
    return [
      toleration({ why: belonging.because }),
      { ...nothing(['Right if it should stay off these nodes.']), choice: true },
    ]
  if (belonging.verdict === 'no')
    return [
      excludeNodes({ ...group, taint }, { horizon: 'for-good', why: belonging.because }),
      toleration({ choice: true, why: ['Right only if it should run there after all.'] }),
    ]
  return [
    toleration({ answer: 'yes', why: ['Its pods may then stay there.'] }),
    { ...nothing(['The taint keeps it off these nodes.']), answer: 'no' },
  ]
}

/**
 * out-of-service says that the machine is confirmed off:
 * https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#non-graceful-node-shutdown
 */
function outOfServiceDrafts(
  { facts, nodes }: CaseGroup<Taint>,
  taint: Taint,
): readonly RemedyDraft[] {
  const back = nodes.filter(({ node }) => isReadyNode(node))
  return [
    ...(back.length > 0
      ? [
          removeTaint(back, taint, {
            horizon: 'now',
            choice: true,
            why: [
              'The node is Ready again, so the taint is left over. The person or tool that set it has to remove it.',
            ],
          }),
        ]
      : []),
    nothing(['The DaemonSet is correct as it is.']),
    tolerate(facts, nodes, taint, {
      horizon: 'for-good',
      tempting: true,
      why: ['The taint exists to clear the pods of a dead machine; tolerating it defeats that.'],
    }),
  ]
}
