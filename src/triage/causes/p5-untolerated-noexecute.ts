import type { Taint } from '../../kubernetes/objects.ts'
import { code, names, time, type Words, words } from '../../words/words.ts'
import { isDown } from '../drain/drain.ts'
import type { Case } from '../facts/facts.ts'
import { servesNode, worksOnFailedNodes } from '../facts/role.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'
import type { CaseGroup } from '../findings/pod-cause.ts'
import { nothing, removeTaint } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintHistory } from '../taints/taint-history.ts'
import { nearMiss } from '../taints/taint-tolerations.ts'
import { knownTaint, taintText } from '../taints/taints.ts'

/** A NoExecute taint that the template does not tolerate: the pod must go. */
export const untoleratedNoExecute = definePlacementCause<Taint>({
  id: 'P5',
  cause: 'untolerated-noexecute',
  title: 'A NoExecute taint that the DaemonSet does not tolerate',
  diagnose(misscheduling) {
    const { reason } = misscheduling
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
  headline: ({ who, nodes, key, many }) =>
    words`${who} must leave ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`} (${code(key ?? '')}), but ${many ? 'their' : 'its'} pods are still there`,
  explain(found) {
    const [{ evidence: taint }] = found.cases
    return {
      summary: words`does not tolerate ${code(taintText(taint))} on ${names(found.nodes)}`,
      why: words`${code(`${taint.key}:NoExecute`)} tells pods without a toleration to go${meaning(taint)}.`,
      evidence: [
        ...found.cases.slice(0, 3).map(evidence),
        ...((nearMiss(found.facts, taint) ?? []).length > 0
          ? [nearMiss(found.facts, taint) ?? []]
          : []),
      ],
      after: goodOffers(found, taint),
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

function goodOffers({ facts, nodes }: CaseGroup<Taint>, taint: Taint): readonly RemedyDraft[] {
  const known = knownTaint(taint.key)
  const toleration = (part: Partial<RemedyDraft>) => ({
    ...tolerate(facts, nodes, taint, {
      horizon: 'for-good',
      why: ['Right if it has to run there all the same.'],
    }),
    ...part,
  })
  if (taint.key === 'node.kubernetes.io/out-of-service') {
    const back = nodes.filter(({ node }) => !isDown(node))
    return [
      ...(back.length > 0
        ? [
            removeTaint(back, taint, {
              horizon: 'now',
              choice: true,
              why: [
                'The node is Ready again, so the taint is a left-over: whoever set it must take it off.',
              ],
            }),
          ]
        : []),
      nothing(['The DaemonSet is right as it is.']),
      toleration({
        tempting: true,
        why: ['The taint exists to clear the pods of a dead machine: tolerating it defeats that.'],
      }),
    ]
  }
  if (known.tolerate === 'bootstrap' && !worksOnFailedNodes(facts.daemonSet, facts.role)) {
    return [
      nothing([
        `The taint does its work and goes ${known.ends}: look at ${known.tool ?? 'what takes it off'}.`,
      ]),
      toleration({ choice: true }),
    ]
  }
  if (known.tolerate === 'never') return [nothing(['The DaemonSet is right as it is.'])]
  if (servesNode(facts.role) || nearMiss(facts, taint)) {
    return [
      toleration({
        why: words`It ${facts.role.evidence.length > 0 ? facts.role.evidence : 'tolerates this key already'}, so it most likely belongs on such nodes.`,
      }),
      { ...nothing(['Right if it should stay away.']), choice: true },
    ]
  }
  return [
    nothing(['The taint says that pods have to go, and nothing shows that this one has to stay.']),
    toleration({ choice: true }),
  ]
}
