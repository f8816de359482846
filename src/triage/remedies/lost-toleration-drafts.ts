import type { Taint } from '../../kubernetes/objects.ts'
import { undoesPatches } from '../../ownership/ownership.ts'
import { plural, type Words, words } from '../../words/words.ts'
import type { Cases } from '../facts/facts.ts'
import { isNodeInfrastructure } from '../facts/role.ts'
import { type Belonging, belongingOf } from '../taints/belonging.ts'
import type { TaintedPods } from '../taints/clues.ts'
import { isPassing, purposeOf } from '../taints/taint-purpose.ts'
import { deletePods, infrastructureNote, nothing, wait, waitForFix } from './drafts.ts'
import type { RemedyDraft } from './remedy.ts'
import { taintDrafts } from './taint-drafts.ts'
import { tolerate } from './tolerate-draft.ts'

type Found = TaintedPods &
  Cases<{ readonly taint: Taint }> & {
    /** An older template is known to have had the toleration. */
    readonly isProven: boolean
  }

/**
 * The remedies for old pods whose template lost a toleration. The cluster does not show whether it
 * was removed on purpose, so restoring it or deleting the pods is recommended only if something
 * shows where the pods belong; otherwise a person is asked. A taint that goes away is waited for.
 */
export function lostTolerationDrafts(found: Found): readonly (RemedyDraft | undefined)[] {
  const { facts, cases, taint } = found
  const belonging = belongingDespiteLoss(found)
  const purpose = purposeOf({ facts, node: cases[0].node }, taint)
  if (isPassing(purpose)) return taintDrafts(found, { purpose, belonging })
  switch (belonging.verdict) {
    case 'yes':
      return restoreDrafts(found, belonging.because)
    case 'no':
      return removeDrafts(found, belonging.because)
    case 'unknown':
      return openDrafts(found)
  }
}

/**
 * What a DaemonSet does for its node in general does not outweigh that its template stopped
 * tolerating the taint. Other pods on the node need node infrastructure either way.
 */
function belongingDespiteLoss(found: Found): Belonging {
  const { facts } = found
  if (isNodeInfrastructure(facts.role))
    return { verdict: 'yes', clues: [], because: infrastructureNote(facts) }
  const belonging = belongingOf(found)
  return belonging.clues.some(({ weight }) => weight > 1)
    ? belonging
    : { ...belonging, verdict: 'unknown' }
}

/** Something shows that the pods belong there, so the toleration was removed by mistake. */
function restoreDrafts(found: Found, because: Words): readonly (RemedyDraft | undefined)[] {
  return [
    restore(found, { horizon: 'now', why: words`${because} ${PROBABLY_MISTAKE}` }),
    removal(found, { choice: true, why: [IF_ON_PURPOSE] }),
    waitForFix(found.facts),
    restore(found, {
      horizon: 'for-good',
      why: ['Without it, a pod that is deleted there is not recreated.'],
    }),
  ]
}

/** Something shows that the pods do not belong there, so the toleration was removed on purpose. */
function removeDrafts(found: Found, because: Words): readonly (RemedyDraft | undefined)[] {
  return [
    removal(found, { why: words`${because} ${LEFT_OVER}` }),
    restore(found, { horizon: 'now', choice: true, why: [IF_MISTAKE] }),
    waitForFix(found.facts),
    nothing(['The template already leaves these nodes out.']),
  ]
}

/** Nothing shows whether the toleration was removed on purpose, so a person is asked. */
function openDrafts(found: Found): readonly (RemedyDraft | undefined)[] {
  const isFixedByOwner = undoesPatches(found.facts.owner)
  const yes: Words = found.isProven
    ? THEN_MISTAKE
    : ['Its pods may then stay there and are recreated if they are deleted.']
  return [
    restore(found, { horizon: 'now', answer: 'yes', why: isFixedByOwner ? [] : yes }),
    removal(found, {
      answer: 'no',
      why: [
        found.isProven
          ? plural(
              found.pods.length,
              'The pod is then left over from the older template and is not recreated.',
              'The pods are then left over from the older template and are not recreated.',
            )
          : 'Deleted pods are not recreated while the taint is there.',
      ],
    }),
    wait(
      ['Silence and ask whether the toleration was removed on purpose'],
      ['The old pods keep running meanwhile. It does not end on its own.'],
      { choice: true, bridges: true },
    ),
    restore(found, { horizon: 'for-good', answer: 'yes', why: yes }),
  ]
}

const THEN_MISTAKE: Words = [
  'The toleration was then removed by mistake, for example by a chart upgrade.',
]
const PROBABLY_MISTAKE = 'The toleration was probably removed by mistake.'
const IF_MISTAKE = 'Right only if the toleration was removed by mistake.'
const IF_ON_PURPOSE = 'Right only if the toleration was removed on purpose.'
const LEFT_OVER = 'The pods are left over from the older template and are not recreated.'

type Part = Pick<RemedyDraft, 'why' | 'answer' | 'choice'>

function restore(
  { facts, nodes, taint, isProven }: Found,
  part: Part & Pick<RemedyDraft, 'horizon'>,
): RemedyDraft {
  return tolerate(facts, nodes, taint, {
    ...(isProven && { title: ['Restore the toleration'] }),
    ...part,
  })
}

function removal({ facts, pods }: Found, part: Part): RemedyDraft | undefined {
  return deletePods(facts, pods, { horizon: 'now', ...part })
}
