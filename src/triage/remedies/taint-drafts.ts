import { isRollingUpdate } from '../../daemonset/rollout.ts'
import type { Taint } from '../../kubernetes/objects.ts'
import { undoesPatches } from '../../ownership/ownership.ts'
import { code, joined, sentence, type Words, words } from '../../words/words.ts'
import type { Cases } from '../facts/facts.ts'
import { servesNode } from '../facts/role.ts'
import type { Belonging } from '../taints/belonging.ts'
import type { TaintedPods } from '../taints/clues.ts'
import { isPassing, type TaintPurpose } from '../taints/taint-purpose.ts'
import { tellingName } from '../taints/taint-value.ts'
import { knownTaint } from '../taints/taints.ts'
import {
  deletePods,
  infrastructureNote,
  nothing,
  removeTaint,
  silenceUntilFixed,
  wait,
} from './drafts.ts'
import { excludeNodes } from './placement-draft.ts'
import type { RemedyDraft } from './remedy.ts'
import { tolerate } from './tolerate-draft.ts'

/** What decides which remedy is right for a taint that somebody added. */
export interface TaintVerdict {
  readonly purpose: TaintPurpose
  readonly belonging: Belonging
}

type Found = TaintedPods & Cases<{ readonly taint: Taint }>

/**
 * The remedies for a taint that somebody added: the pod belongs there, or does not, or the taint is
 * wrong, or it goes away on its own. Which one is right depends on what was intended, so all are
 * shown, and none is recommended without evidence.
 */
export function taintDrafts(
  found: Found,
  { purpose, belonging }: TaintVerdict,
): readonly (RemedyDraft | undefined)[] {
  if (purpose.kind === 'fault') return faultDrafts(found)
  if (isPassing(purpose)) return passingDrafts(found, purpose)
  switch (belonging.verdict) {
    case 'yes':
      return belongsDrafts(found, belonging)
    case 'no':
      return strangerDrafts(found, belonging)
    case 'unknown':
      return openDrafts(found)
  }
}

/** The taint goes away: waiting is right, and a change of the template would outlive it. */
function passingDrafts(found: Found, purpose: TaintPurpose): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, taint } = found
  const byHand = purpose.kind === 'ad-hoc' || purpose.kind === 'personal'
  return [
    wait(
      byHand
        ? words`Wait, and ask who added the taint ${code(tellingName(facts.index, taint))}`
        : ['Silence and wait'],
      whyWait(purpose, isWaiting(found)),
    ),
    {
      ...untaint(found),
      why: byHand
        ? words`Right if nobody needs the taint any longer. Without it, other pods can be scheduled there too.`
        : words`Right only if the taint is a mistake or left over. Without it, other pods can be scheduled there too${addedAgain(taint)}.`,
    },
    // Where it serves the node, it is needed until the taint is gone.
    servesNode(facts.role)
      ? undefined
      : deletePods(facts, pods, { horizon: 'now', choice: true, why: [NOT_RECREATED] }),
    tolerate(facts, nodes, taint, { horizon: 'now', tempting: true, why: outlives(taint) }),
    nothing(
      byHand
        ? ['If the taint is to stay, tolerate it then, or keep the DaemonSet off these nodes.']
        : ['It ends when the work is done.'],
    ),
  ]
}

/** Why a passing taint is not tolerated. */
export function outlives({ effect }: Taint): Words {
  return effect === 'NoExecute'
    ? [
        'The toleration would stay when the work is over, and the next time the node is emptied this pod would stay on it.',
      ]
    : ['The toleration would stay in the template when the taint is gone.']
}

function faultDrafts(found: Found): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, taint } = found
  const { means, ends } = knownTaint(taint.key)
  return [
    {
      kind: 'fix-node',
      horizon: 'now',
      title: ['Fix what the taint reports'],
      why: words`It means that ${means}. It goes away ${ends}.`,
    },
    wait(['Silence and wait'], [DOES_NOT_END], { choice: true, bridges: true }),
    untaint(found),
    deletePods(facts, pods, { horizon: 'now', choice: true, why: [NOT_RECREATED] }),
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      tempting: true,
      why: ['It hides the fault.'],
    }),
    nothing(['The DaemonSet needs no change.']),
  ]
}

function belongsDrafts(found: Found, { because }: Belonging): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, taint } = found
  return [
    tolerate(facts, nodes, taint, { horizon: 'now', why: because }),
    undoesPatches(facts.owner)
      ? silenceUntilFixed(facts.owner)
      : wait(['Silence and wait'], [DOES_NOT_END], { bridges: true }),
    deletePods(facts, pods, { horizon: 'now', choice: true, why: [NOT_RECREATED] }),
    untaint(found),
    tolerate(facts, nodes, taint, {
      horizon: 'for-good',
      why: ['Without it, a pod that is deleted there is not recreated.'],
    }),
  ]
}

/** Something shows that the pods do not belong there. */
function strangerDrafts(
  found: Found,
  { because, clues }: Belonging,
): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, taint } = found
  const cannotRun = clues.some(({ weight }) => weight === 3)
  return [
    deletePods(facts, pods, {
      horizon: 'now',
      why: words`${because} Deleted pods are not recreated while the taint is there.`,
    }),
    excludeNodes(found, {
      horizon: 'now',
      why: joined([
        because,
        ['The controller then removes its pods there.'],
        infrastructureNote(facts),
      ]),
    }),
    wait(['Silence and wait'], [DOES_NOT_END], { choice: true, bridges: true }),
    untaint(found),
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      ...(cannotRun
        ? {
            tempting: true,
            why: ['It cannot run there: a toleration would put it on every such node.'],
          }
        : { choice: true, why: ['Right only if it should run there after all.'] }),
    }),
    excludeNodes(found, {
      horizon: 'for-good',
      why: [
        'Without it, only the taint keeps it away: a toleration added for another reason would bring it back.',
      ],
    }),
  ]
}

/** Nothing shows whether the pods belong there, so a person is asked. */
function openDrafts(found: Found): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, taint } = found
  const isFixedByOwner = undoesPatches(facts.owner)
  const removal = deletePods(facts, pods, {
    horizon: 'now',
    answer: 'no',
    why: ['Deleted pods are not recreated while the taint is there.'],
  })
  const exclusion = (horizon: RemedyDraft['horizon']) =>
    excludeNodes(found, {
      horizon,
      answer: 'no',
      why: joined([
        ['The controller then removes its pods there and keeps them away.'],
        horizon === 'now' ? infrastructureNote(facts) : [],
      ]),
    })
  return [
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      answer: 'yes',
      why: isFixedByOwner
        ? []
        : isWaiting(found)
          ? [canBeBound(facts)]
          : ['Pods may then run there and are recreated if they are deleted.'],
    }),
    removal ?? exclusion('now'),
    wait(['Silence and wait'], [DOES_NOT_END], { choice: true, bridges: true }),
    untaint(found),
    tolerate(facts, nodes, taint, {
      horizon: 'for-good',
      answer: 'yes',
      why: ['Without it, a pod that is deleted there is not recreated.'],
    }),
    exclusion('for-good'),
  ]
}

/** A pod keeps the tolerations that it was created with. */
function canBeBound({ daemonSet }: Found['facts']): string {
  return isRollingUpdate(daemonSet)
    ? 'The rollout replaces the pods that wait with ones that can be bound.'
    : 'Under OnDelete, delete the pods that wait afterwards: the new ones can be bound.'
}

/** Whether none of the pods was ever bound to its node. */
function isWaiting({ pods }: Found): boolean {
  return pods.every(({ state }) => state === 'unbound')
}

function untaint({ nodes, taint }: TaintedPods): RemedyDraft {
  return removeTaint(nodes, taint, {
    horizon: 'now',
    choice: true,
    why: words`Right only if the taint is a mistake or left over. Without it, other pods can be scheduled there too${addedAgain(taint)}.`,
  })
}

const NOT_RECREATED =
  'Right only if it should not run there: the controller does not recreate it while the taint is there.'
const DOES_NOT_END = 'Right if someone is working on the node. It does not end on its own.'

function whyWait({ kind, hints }: TaintPurpose, waiting: boolean): Words {
  switch (kind) {
    case 'rotation':
      return [
        'If this is a planned rotation, it ends when the old nodes are gone. If nobody planned it, the taint is the mistake.',
      ]
    case 'maintenance':
      return ['If the work is planned, it ends when the work is done.']
    default: {
      const [hint = []] = hints
      return words`${waiting ? 'Pods that wait start, and the alert ends,' : 'The alert ends'} with the taint: remove it if nobody needs it. ${sentence(hint)}`
    }
  }
}

function addedAgain(taint: Taint): Words {
  const { class: kind, setBy } = knownTaint(taint.key)
  return kind === 'unknown' ? [] : words`, and ${setBy} may add it again`
}
