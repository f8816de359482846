import type { Taint } from '../../kubernetes/objects.ts'
import { undoesPatches } from '../../ownership/ownership.ts'
import { code, joined, type Words, words } from '../../words/words.ts'
import type { Cases, DaemonSetFacts } from '../facts/facts.ts'
import { roleTitle, servesNode } from '../facts/role.ts'
import type { TaintPurpose } from '../taints/taint-purpose.ts'
import { nearMiss } from '../taints/taint-tolerations.ts'
import { knownTaint } from '../taints/taints.ts'
import { deletePods, infrastructureNote, nothing, removeTaint, wait } from './drafts.ts'
import { helps } from './remedies.ts'
import type { RemedyDraft } from './remedy.ts'
import { tolerate } from './tolerate-draft.ts'

type TaintCases = Cases<{ readonly taint: Taint }>

/**
 * The remedies for a taint that somebody added: the pod belongs there, or does not, or the taint is
 * wrong, or it goes away on its own. Which one is right depends on what was intended, so all are
 * shown. Their order follows from the DaemonSet's role and the probable purpose of the taint.
 */
export function taintDrafts(
  found: TaintCases,
  purpose: TaintPurpose,
): readonly (RemedyDraft | undefined)[] {
  const belongs = belongsThere(found)
  const { toleration, removal, waiting, untaint } = immediateDrafts(found, purpose, belongs)
  const permanent = permanentDrafts(found, purpose, belongs)
  switch (purpose.kind) {
    case 'rotation':
    case 'maintenance':
      return [waiting, asChoice(toleration), asChoice(removal), untaint, ...permanent]
    case 'fault':
      return [
        fixFault(taintOf(found)),
        asChoice(waiting),
        untaint,
        asChoice(removal),
        { ...toleration, tempting: true, why: ['It hides the fault.'] },
        ...permanent,
      ]
    case 'other-os':
      return [
        removal,
        selectOwnOs(found, 'now'),
        asChoice(waiting),
        {
          ...toleration,
          tempting: true,
          why: ['Its image is for another operating system and cannot run there.'],
        },
        selectOwnOs(found, 'for-good'),
      ]
    default:
      return belongs
        ? [toleration, waiting, asChoice(removal), untaint, ...permanent]
        : [removal, asChoice(toleration), waiting, untaint, ...permanent]
  }
}

function taintOf({ cases }: TaintCases): Taint {
  return cases[0].evidence.taint
}

function asChoice(draft: RemedyDraft | undefined): RemedyDraft | undefined {
  return draft && { ...draft, choice: true }
}

/** Whether the DaemonSet probably should run on the tainted nodes. */
function belongsThere(found: TaintCases): boolean {
  return servesNode(found.facts.role) || nearMiss(found.facts, taintOf(found)) !== undefined
}

function immediateDrafts(found: TaintCases, purpose: TaintPurpose, belongs: boolean) {
  const { facts, nodes, pods } = found
  const taint = taintOf(found)
  return {
    toleration: tolerate(facts, nodes, taint, {
      horizon: 'now',
      why: whyTolerate(facts, taint),
    }),
    removal: deletePods(facts, pods, {
      horizon: 'now',
      why: belongs
        ? [
            'Right only if it should not run there: the controller does not recreate it while the taint is there.',
          ]
        : [
            'Nothing shows that it serves the node, and the taint keeps other pods away. The controller will not recreate it.',
          ],
    }),
    waiting: wait(
      ['Silence and wait'],
      belongs && undoesPatches(facts.owner)
        ? words`A patch does not last. ${facts.owner.revert} Silence the alert until the permanent fix is rolled out.`
        : whyWait(purpose),
    ),
    untaint: removeTaint(nodes, taint, {
      horizon: 'now',
      choice: true,
      why: words`Right only if the taint is a mistake or left over. Without it, other pods can be scheduled there too${addedAgain(taint)}.`,
    }),
  }
}

function whyTolerate(facts: DaemonSetFacts, taint: Taint): Words {
  if (nearMiss(facts, taint))
    return ['It tolerates this key, but not this taint, so it was probably meant to run there.']
  return servesNode(facts.role)
    ? words`It probably belongs there: it ${facts.role.evidence}, and ${roleTitle(facts.role)} serves every pod on a node.`
    : ['Right if it should run there.']
}

function whyWait({ kind }: TaintPurpose): Words {
  if (kind === 'rotation')
    return [
      'If this is a planned rotation, it ends when the old nodes are gone. If nobody planned it, the taint is the mistake.',
    ]
  if (kind === 'maintenance') return ['If the work is planned, it ends when the work is done.']
  return ['Right if someone is working on the node. It does not end on its own.']
}

function addedAgain(taint: Taint): Words {
  const { class: kind, setBy } = knownTaint(taint.key)
  return kind === 'unknown' ? [] : words`, and ${setBy} may add it again`
}

function permanentDrafts(
  found: TaintCases,
  { kind }: TaintPurpose,
  belongs: boolean,
): readonly RemedyDraft[] {
  const { facts, nodes } = found
  const taint = taintOf(found)
  if (kind === 'fault') return [nothing(['The DaemonSet needs no change.'])]
  const toleration = tolerate(facts, nodes, taint, {
    horizon: 'for-good',
    why: ['Without it, a pod that is deleted there is not recreated.'],
  })
  if (belongs && knownTaint(taint.key).tolerate !== 'never')
    return helps(facts, toleration) ? [toleration] : [notEnough, toleration]
  const none = nothing(
    kind === 'rotation' || kind === 'maintenance'
      ? ['It ends when the work is done.']
      : ['Once the pod is deleted, the taint keeps it from coming back.'],
  )
  return [none, { ...toleration, choice: true }]
}

const notEnough = nothing([
  'These nodes are misscheduled for another reason too, so a toleration alone changes nothing now.',
])

function fixFault(taint: Taint): RemedyDraft {
  const { means, ends } = knownTaint(taint.key)
  return {
    kind: 'fix-node',
    horizon: 'now',
    title: ['Fix what the taint reports'],
    why: words`It means that ${means}. It goes away ${ends}.`,
  }
}

function selectOwnOs(found: TaintCases, horizon: RemedyDraft['horizon']): RemedyDraft {
  const os = taintOf(found).value?.toLowerCase() === 'windows' ? 'linux' : 'windows'
  return {
    kind: 'change-placement',
    horizon,
    title: words`Select ${code(`kubernetes.io/os: ${os}`)}`,
    why: joined([
      ['The controller then keeps it off nodes with another operating system.'],
      infrastructureNote(found.facts),
    ]),
    snippet: `nodeSelector:\n  kubernetes.io/os: ${os}\n`,
  }
}
