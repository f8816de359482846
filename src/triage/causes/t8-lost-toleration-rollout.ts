import { isRollingUpdate } from '../../daemonset/rollout.ts'
import { code, listed, names, nodeOrCount, plural, words } from '../../words/words.ts'
import { type LostToleration, lostToleration } from '../facts/earlier-template.ts'
import { REVISIONS } from '../facts/needs.ts'
import { askOnly, decideFirst } from '../findings/open-history.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { wait } from '../remedies/drafts.ts'
import { lostTolerationDrafts } from '../remedies/lost-toleration-drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { type RolloutState, rolloutState } from '../remedies/rollout-state.ts'
import { taintText } from '../taints/taints.ts'
import { isProven, lostReason, lostTolerationEvidence } from './t7-lost-toleration.ts'

type LostInRollout = LostToleration & { readonly rollout: RolloutState }

/** The template lost the toleration, and the rollout that would remove the old pods has not. */
export const lostTolerationRollout = defineCause<LostInRollout>({
  id: 'T8',
  cause: 'lost-toleration-rollout',
  title: 'The template lost the toleration; the rollout has not reached the old pods',
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
  headline: ({ who, variant, nodes, many, isOpen }) =>
    words`${who} ${isOpen ? `${many ? 'do' : 'does'} not tolerate a taint of ${many ? 'their' : 'its'} old pods` : 'lost a toleration'}; ${many ? 'their' : 'its'} rollout ${variant === 'going-on' ? 'has not reached' : 'is stuck before reaching'} ${nodeOrCount(nodes)}`,
  past: ({ who, variant, nodes, many, isOpen }) =>
    words`${who} ${isOpen ? `did not tolerate a taint of ${many ? 'their' : 'its'} old pods` : 'had lost a toleration'}, and ${many ? 'their' : 'its'} rollout ${variant === 'going-on' ? 'had not reached' : 'was stuck before reaching'} ${nodeOrCount(nodes)}`,
  explain(group) {
    const { facts, nodes, cases, variant } = group
    const { taint, rollout } = cases[0].evidence
    const isOpen = !isProven(group)
    return {
      isOpen,
      summary: words`The template of ${code(facts.name)} ${isOpen ? 'does not tolerate' : 'no longer tolerates'} ${code(taintText(taint))}, and the rollout has not removed its old pods on ${names(nodes)}.`,
      ifIgnored: [
        variant === 'going-on'
          ? 'The rollout removes the old pods, and none is created there again.'
          : 'The rollout stays stuck, and the alert keeps firing.',
      ],
      why: words`A rollout also removes old pods from wrong nodes, within its limit of ${rollout.limit} at a time. ${WHY[rollout.state]}`,
      perNode: cases.map(({ node, pod }) => ({
        node: node.name,
        reason: lostReason(pod.name, taint, isOpen),
      })),
      evidence: lostTolerationEvidence(group),
      drafts: drafts(group),
    }
  },
})

const WHY: Readonly<Record<RolloutState['state'], string>> = {
  'going-on': 'It is in progress and should get there.',
  blocked: 'New pods that are not available use up that limit, so it is stuck.',
  stalled: 'Nothing uses up that limit, but it makes no progress: the controller does not act.',
  'surge-hangs':
    'With maxSurge, this version of the controller tries to start a new pod next to the old one, which the taint forbids, so it never gets there.',
  'none-desired':
    'The DaemonSet now matches no node, and a percentage of 0 is 0, so it never gets there.',
}

function drafts(group: CaseGroup<LostInRollout>): readonly (RemedyDraft | undefined)[] {
  const { cases, variant, ending } = group
  const others = lostTolerationDrafts({
    ...group,
    taint: cases[0].evidence.taint,
    isProven: isProven(group),
  })
  if (variant === 'going-on' && ending) return others
  if (variant === 'going-on')
    return [
      wait(
        ['Wait for the rollout'],
        ['It removes the old pods as it proceeds, and does not recreate them there.'],
      ),
      ...others.filter((draft) => draft?.kind !== 'wait').map(asChoice),
    ]
  const blocked = variant === 'blocked' ? [unblock(group), ...others.map(asChoice)] : others
  return isProven(group) ? blocked : askOnly(blocked, decideFirst(group, ['revisions']))
}

/** A rollout that reaches the old pods deletes them, so deleting them by hand answers nothing. */
function asChoice(draft: RemedyDraft | undefined): RemedyDraft | undefined {
  if (draft?.horizon !== 'now' || draft.kind === 'wait') return draft
  if (draft.kind !== 'delete-pod') return { ...draft, choice: true }
  const { answer: _, ...removal } = draft
  return { ...removal, choice: true }
}

function unblock({ facts, cases, pods }: CaseGroup<LostInRollout>): RemedyDraft {
  const unavailable = cases[0].evidence.rollout.unavailable.map(({ metadata }) => metadata.name)
  return {
    kind: 'unblock-rollout',
    horizon: 'now',
    title: ['Unblock the rollout'],
    why: words`Fix what keeps ${listed(unavailable)} from becoming available. The rollout then removes the old ${plural(pods.length, 'pod: if it belongs', 'pods: if they belong')} there, restore the toleration first.`,
    commands: [
      `kubectl -n ${facts.namespace} rollout status daemonset ${facts.name} --timeout=5s`,
      ...unavailable
        .slice(0, 2)
        .map((name) => `kubectl -n ${facts.namespace} describe pod ${name}`),
    ],
  }
}
