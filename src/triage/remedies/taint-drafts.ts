import type { Taint } from '../../kubernetes/objects.ts'
import { undoesPatches } from '../../ownership/ownership.ts'
import { code, joined, type Words, words } from '../../words/words.ts'
import type { Cases } from '../facts/facts.ts'
import { roleTitle, servesNode } from '../facts/role.ts'
import type { TaintSigns } from '../taints/taint-purpose.ts'
import { nearMiss } from '../taints/taint-tolerations.ts'
import { knownTaint } from '../taints/taints.ts'
import { deletePods, infrastructureNote, nothing, removeTaint, tolerate, wait } from './drafts.ts'
import { helps, type RemedyDraft } from './remedies.ts'

/**
 * The answers to a taint that somebody put on: the pod belongs there, or it does not, or the taint is wrong, or it ends by itself. Which one it is depends on
 * what was meant, so all are shown; the order follows from what the DaemonSet does and from what the taint looks like.
 */
export function taintDrafts(
  found: Cases<{ readonly taint: Taint }>,
  signs: TaintSigns,
): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, cases } = found
  const { taint } = cases[0].evidence
  const serves = servesNode(facts.role)
  const meant = nearMiss(facts, taint) !== undefined
  const stays = serves || meant
  const toleration = tolerate(facts, nodes, taint, {
    horizon: 'now',
    why: meant
      ? ['It tolerates this key already, but not this taint: it was meant to run there.']
      : serves
        ? words`It most likely belongs there, since it ${facts.role.sign}: ${roleTitle(facts.role)} serves every pod of a node.`
        : ['Right if it should run there.'],
  })
  const removal = deletePods(facts, pods, {
    horizon: 'now',
    why: stays
      ? [
          'Right only if it should not run there: the controller does not make it again while the taint is on.',
        ]
      : [
          'Nothing shows that it serves the node, and the taint asks others to stay away. The controller will not make it again.',
        ],
  })
  const waiting = wait(
    ['Wait, with a silence'],
    stays && undoesPatches(facts.owner)
      ? words`A patch does not last. ${facts.owner.revert} Silence it until the lasting fix is rolled out.`
      : waitingWords(signs),
  )
  const untaint = removeTaint(nodes, taint, {
    horizon: 'now',
    choice: true,
    why: words`Right only if the taint is a mistake or a left-over. It also keeps every other pod away that does not tolerate it${putBack(taint)}.`,
  })
  const good = goodOffers(found, stays, signs)
  const asChoice = (offer: RemedyDraft | undefined): RemedyDraft | undefined =>
    offer && { ...offer, choice: true }
  switch (signs.kind) {
    case 'rotation':
    case 'maintenance':
      return [waiting, asChoice(toleration), asChoice(removal), untaint, ...good]
    case 'fault':
      return [
        mend(taint),
        asChoice(waiting),
        untaint,
        asChoice(removal),
        { ...toleration, tempting: true, why: ['It hides what is broken.'] },
        ...good,
      ]
    case 'other-system':
      return [
        removal,
        keepAway(found, 'now'),
        asChoice(waiting),
        {
          ...toleration,
          tempting: true,
          why: ['Its image is for another operating system: it could not run there.'],
        },
        keepAway(found, 'for-good'),
      ]
    default:
      return stays
        ? [toleration, waiting, asChoice(removal), untaint, ...good]
        : [removal, asChoice(toleration), waiting, untaint, ...good]
  }
}

function goodOffers(
  { facts, nodes, cases }: Cases<{ readonly taint: Taint }>,
  stays: boolean,
  { kind }: TaintSigns,
): readonly RemedyDraft[] {
  const { taint } = cases[0].evidence
  const ownerFix = facts.owner.kind === 'none' ? '' : ` ${facts.owner.fix}`
  const toleration = tolerate(facts, nodes, taint, {
    horizon: 'for-good',
    why: words`Without it, a pod that is lost there does not come back.${ownerFix}`,
  })
  if (kind === 'fault') return [nothing(['The DaemonSet is right as it is.'])]
  if (stays && knownTaint(taint.key).tolerate !== 'never') {
    return helps(facts, toleration)
      ? [toleration]
      : [
          nothing([
            'Something else is wrong on these nodes too, so a toleration alone ends nothing now.',
          ]),
          toleration,
        ]
  }
  const none = nothing(
    kind === 'rotation' || kind === 'maintenance'
      ? ['It ends with the work.']
      : ['Once its pod is gone it does not come back: the taint keeps it away.'],
  )
  return [none, { ...toleration, choice: true }]
}

function waitingWords({ kind }: TaintSigns): Words {
  if (kind === 'rotation')
    return [
      'If this is a planned rotation it ends with the old nodes. If nobody planned it, the taint is the mistake.',
    ]
  if (kind === 'maintenance') return ['If the work is planned, it ends with it.']
  return ['Right if somebody is at work there. Nothing ends it by itself.']
}

function putBack(taint: Taint): Words {
  const { class: kind, setBy } = knownTaint(taint.key)
  return kind === 'unknown' ? [] : words`, and ${setBy} may put it back`
}

function mend(taint: Taint): RemedyDraft {
  const known = knownTaint(taint.key)
  return {
    kind: 'fix-node',
    horizon: 'now',
    title: ['Mend what the taint reports'],
    why: words`It means that ${known.means}. It goes ${known.ends}.`,
  }
}

function keepAway(
  { facts, cases }: Cases<{ readonly taint: Taint }>,
  horizon: RemedyDraft['horizon'],
): RemedyDraft {
  const other = cases[0].evidence.taint.value?.toLowerCase() === 'windows' ? 'linux' : 'windows'
  return {
    kind: 'change-placement',
    horizon,
    title: words`Select ${code(`kubernetes.io/os: ${other}`)}`,
    why: joined([
      ['Then the controller keeps it off nodes of another system.'],
      infrastructureNote(facts),
    ]),
    snippet: `nodeSelector:\n  kubernetes.io/os: ${other}\n`,
  }
}
