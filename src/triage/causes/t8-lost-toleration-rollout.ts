import { isRollingUpdate } from '../../daemonset/rollout.ts'
import { code, listed, names, type Words, words } from '../../words/words.ts'
import { type LostToleration, lostToleration } from '../facts/earlier-template.ts'
import { REVISIONS } from '../facts/needs.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { type RolloutState, rolloutState } from '../remedies/rollout-state.ts'
import { taintText } from '../taints/taints.ts'
import { bothWays, lostEvidence } from './t7-lost-toleration.ts'

/** The template lost the toleration, and the roll-out that would remove the old pods has not come to them. */
export const lostTolerationRollout = defineCause<
  LostToleration & { readonly rollout: RolloutState }
>({
  id: 'T8',
  cause: 'lost-toleration-rollout',
  title: 'The template lost the toleration; the roll-out has not come to the old pods',
  needs: [REVISIONS],
  explains: 'history',
  diagnose(misscheduling) {
    const lost = isRollingUpdate(misscheduling.facts.daemonSet)
      ? lostToleration(misscheduling)
      : undefined
    return lost && { ...lost, rollout: rolloutState(misscheduling.facts) }
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { rollout }) => rollout.state,
  ownIncident: true,
  headline: ({ who, variant, nodes }) =>
    words`${who} lost a toleration; its roll-out ${variant === 'going-on' ? 'has not reached' : 'is stuck before'} ${nodes.length === 1 ? 'a node' : `${nodes.length} nodes`}`,
  explain(found) {
    const { facts, nodes, cases } = found
    const { taint, rollout } = cases[0].evidence
    return {
      summary: words`The template of ${code(facts.name)} no longer tolerates ${code(taintText(taint))}, and the roll-out has not removed its old pods on ${names(nodes)}.`,
      why: words`A roll-out removes old pods from wrong nodes too, within its limit of ${rollout.limit} at a time. ${WHY[rollout.state]}`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: words`old pod ${code(pod.name)}, ${code(taintText(taint))} no longer tolerated`,
      })),
      evidence: [...lostEvidence(found), rolloutEvidence(rollout)],
      drafts: offers(found),
    }
  },
})

const WHY: Readonly<Record<RolloutState['state'], string>> = {
  'going-on': 'It is under way and should come to them.',
  blocked: 'New pods that are not available use that up, so it stands still.',
  'surge-hangs':
    'With maxSurge this version of the controller tries to start a new pod beside the old one, which the taint forbids, and so never comes to them.',
  'none-desired':
    'No node is right any more, and a percentage of none is none: it will never come to them.',
}

function rolloutEvidence({ updated, desired, limit, unavailable }: RolloutState): Words {
  const shown = unavailable.map(
    ({ metadata, spec }) => `${metadata.name}${spec?.nodeName ? ` on ${spec.nodeName}` : ''}`,
  )
  const blocked = shown.length > 0 ? words`; not available: ${listed(shown)}` : ''
  return words`roll-out: ${updated === undefined ? 'an unknown number' : updated} of ${desired} updated, at most ${limit} may be unavailable${blocked}`
}

function offers(
  found: CaseGroup<LostToleration & { readonly rollout: RolloutState }>,
): readonly (RemedyDraft | undefined)[] {
  const { facts, pods, variant, cases } = found
  const { unavailable } = cases[0].evidence.rollout
  const unblock: RemedyDraft = {
    kind: 'unblock-rollout',
    horizon: 'now',
    title: ['Unblock the roll-out'],
    why: words`Mend what keeps ${listed(unavailable.map(({ metadata }) => metadata.name))} from becoming available, on wrong nodes too; the roll-out then removes the old pods.`,
    commands: [
      `kubectl -n ${facts.namespace} rollout status daemonset ${facts.name} --timeout=5s`,
      ...unavailable
        .slice(0, 2)
        .map(({ metadata }) => `kubectl -n ${facts.namespace} describe pod ${metadata.name}`),
    ],
  }
  const rest = bothWays(found)
  const asChoice = (offer: RemedyDraft | undefined) =>
    offer && (offer.horizon === 'now' && offer.kind !== 'wait' ? { ...offer, choice: true } : offer)
  if (variant === 'going-on')
    return [
      wait(['Wait for the roll-out'], ['It removes the old pods on its way.']),
      ...rest.filter((offer) => offer?.kind !== 'wait').map(asChoice),
    ]
  if (variant === 'blocked') return [unblock, ...rest.map(asChoice)]
  return [
    deletePods(facts, pods, { horizon: 'now', why: ['The roll-out will never remove them.'] }),
    ...rest.filter((offer) => offer?.kind !== 'delete-pod'),
  ]
}
