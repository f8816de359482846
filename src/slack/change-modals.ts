import type { InputBlock, KnownBlock } from '@slack/web-api'
import type { Prediction } from '../daemonset/predict.ts'
import type { Toleration } from '../kubernetes/objects.ts'
import { code, listed, type Words, words } from '../words/words.ts'
import { preformatted } from './draw.ts'
import { LIMITS } from './limits.ts'
import type { ModalMetadata } from './metadata.ts'
import {
  agreement,
  block,
  cutLine,
  form,
  type Modal,
  modal,
  type Origin,
  plainText,
  text,
} from './modal-parts.ts'
import type { Press } from './press.ts'
import { tolerationDiff } from './toleration-diff.ts'

/** What every dialog of a change shows: whom it is about, what the simulation says, what the API server said to a dry run. */
export interface ChangeDraft extends Origin {
  /** `namespace/name`. */
  readonly target: string
  /** Of all that is shown here: a submission of anything else is not carried out. */
  readonly shown: string
  readonly outcome: Prediction
  readonly dryRun:
    | { readonly verdict: 'accepted' }
    | { readonly verdict: 'refused' | 'unchecked'; readonly why: string }
  /** Shown on top, e.g. that this has changed since it was last looked at. */
  readonly note?: Words
}

/** The new list beside the old, what the simulation and the API server say of it, and who would take it back. */
export function patchModal(
  draft: ChangeDraft & {
    readonly from: readonly Toleration[] | undefined
    readonly to: readonly Toleration[] | undefined
    readonly revert: string
  },
): Modal {
  const name = code(draft.target)
  return changeForm(draft, 'patch', 'Add toleration', 'Add toleration', [
    text(words`The toleration list of ${name}:`),
    block(preformatted(tolerationDiff(draft.from, draft.to), 2500)),
    text(simulation(draft.outcome)),
    dryRunBlock(draft),
    ...(draft.revert ? [text(words`⚠️ ${draft.revert}`)] : []),
    agreement(`I have read this: change ${draft.target}`),
  ])
}

/** One-way: the name has to be typed. */
export function deleteModal(
  draft: ChangeDraft & { readonly pods: readonly string[]; readonly confirmWord: string },
): Modal {
  const { pods, confirmWord } = draft
  const typed: InputBlock = {
    type: 'input',
    block_id: 'confirm',
    label: plainText(cutLine([`Type ${confirmWord} to delete`], 200)),
    element: { type: 'plain_text_input', action_id: 'v', max_length: LIMITS.id },
  }
  const what = pods.length === 1 ? 'this pod' : `these ${pods.length} pods`
  return changeForm(
    { ...draft, confirmWord },
    'delete',
    pods.length === 1 ? 'Delete pod' : 'Delete pods',
    'Delete',
    [
      text(
        words`⚠️ Deletes ${what} of ${code(draft.target)}. It cannot be undone: nothing brings a pod back to a node that the DaemonSet does not want.`,
      ),
      block(preformatted(pods.join('\n'), 1500)),
      text(simulation(draft.outcome)),
      dryRunBlock(draft),
      typed,
    ],
  )
}

/** Touches the DaemonSet; nothing restarts. */
export function recountModal(draft: ChangeDraft): Modal {
  return changeForm(draft, 'recount', 'Recount', 'Recount', [
    text(
      words`Sets an annotation of ${code(draft.target)}, so that the controller looks at it and counts again. No pod restarts.`,
    ),
    text(simulation(draft.outcome)),
    dryRunBlock(draft),
  ])
}

function changeForm(
  draft: ChangeDraft & Pick<ModalMetadata, 'confirmWord'>,
  press: Press,
  title: string,
  submit: string,
  blocks: readonly KnownBlock[],
): Modal {
  const all = [...(draft.note ? [text(words`⚠️ ${draft.note}`)] : []), ...blocks]
  // What the API server refuses cannot be sent off: the dialog only tells why.
  if (draft.dryRun.verdict === 'refused')
    return modal(
      title,
      all.filter(({ type }) => type !== 'input'),
      'Close',
    )
  return form({ ...draft, press }, title, submit, all)
}

/** Before and after, as counted on the snapshot that was just read. */
function simulation(outcome: Prediction): Words {
  const { before, after, gained, podsRestarted, rolloutBlocked } = outcome
  const lines = [
    words`Simulated: misscheduled ${before.numberMisscheduled} → ${after.numberMisscheduled}, desired ${before.desiredNumberScheduled} → ${after.desiredNumberScheduled}.`,
    gained.length > 0
      ? words`${gained.length} ${gained.length === 1 ? 'node newly gets' : 'nodes newly get'} a pod: ${listed(gained, 5)}.`
      : words`No node newly gets a pod.`,
    podsRestarted > 0
      ? words`The roll-out restarts ${podsRestarted} ${podsRestarted === 1 ? 'pod' : 'pods'}.`
      : words`No running pod is restarted.`,
    ...(rolloutBlocked
      ? [words`⚠️ The roll-out would stop half-way: pods that are not available use up its limits.`]
      : []),
  ]
  return lines.flatMap((line, index) => (index === 0 ? line : ['\n', ...line]))
}

function dryRunBlock({ dryRun }: ChangeDraft): KnownBlock {
  switch (dryRun.verdict) {
    case 'accepted':
      return text(words`✅ Server-side dry run: accepted.`)
    case 'refused':
      return text(words`⛔ Server-side dry run: refused. ${dryRun.why}`)
    case 'unchecked':
      return text(words`❔ Server-side dry run: could not be checked. ${dryRun.why}`)
  }
}
