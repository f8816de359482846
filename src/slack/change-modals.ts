import type { InputBlock, KnownBlock } from '@slack/web-api'
import type { Prediction } from '../daemonset/predict.ts'
import type { Toleration } from '../kubernetes/objects.ts'
import { tolerationLines } from '../ownership/lasting-fix.ts'
import { code, counted, joined, listed, user, type Words, words } from '../words/words.ts'
import type { ButtonName, ModalMetadata } from './interactions.ts'
import { LIMITS } from './limits.ts'
import {
  codeBlock,
  confirmCheckbox,
  cutLine,
  formModal,
  type Modal,
  modalText,
  type Origin,
  plainModal,
} from './modals.ts'
import { plainText } from './text.ts'

/** What every change modal shows: the DaemonSet, the simulation, and the API server's dry run. */
export interface ChangeDraft extends Origin {
  /** `namespace/name`. */
  readonly target: string
  /** Hash of what the modal shows: a submission with another hash is not carried out. */
  readonly shown: string
  readonly prediction: Prediction
  /** What else the change brings about, in sentences. */
  readonly consequences?: Words
  readonly dryRun:
    | { readonly verdict: 'accepted' }
    | { readonly verdict: 'refused' | 'unchecked'; readonly why: string }
  /** Shown at the top, such as that the cluster has changed. */
  readonly note?: Words
}

/** The diff of the toleration list, the simulation, and what would revert the patch. */
export function patchModal(
  draft: ChangeDraft & {
    readonly from: readonly Toleration[] | undefined
    readonly to: readonly Toleration[] | undefined
    /** May be empty. */
    readonly revert: string
  },
): Modal {
  return changeModal(draft, 'patch', 'Add toleration', 'Add toleration', [
    modalText(words`Tolerations of ${code(draft.target)}:`),
    codeBlock(tolerationDiff(draft.from, draft.to), 2500),
    modalText(rolloutSimulation(draft.prediction)),
    dryRunBlock(draft),
    ...(draft.revert ? [modalText(words`⚠️ ${draft.revert}`)] : []),
    confirmCheckbox(`I reviewed this change to ${draft.target}`),
  ])
}

/** The pods to delete. The user must type `confirmWord`, as the deletion cannot be undone. */
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
  const title = pods.length === 1 ? 'Delete pod' : 'Delete pods'
  return changeModal({ ...draft, confirmWord }, 'delete', title, 'Delete', [
    modalText(
      words`⚠️ Deletes ${what} of ${code(draft.target)}. This cannot be undone: a DaemonSet does not recreate a pod on a node where it should not run.`,
    ),
    codeBlock(pods.join('\n'), 1500),
    modalText(simulation(draft.prediction, draft.consequences)),
    dryRunBlock(draft),
    typed,
  ])
}

/** The diff of the toleration list, and what an undo does to the pods. */
export function undoModal(
  draft: Origin & {
    readonly actionId: string
    /** `namespace/name`. */
    readonly target: string
    /** Slack user ID of who made the patch. */
    readonly who: string
    readonly from: readonly Toleration[] | undefined
    readonly to: readonly Toleration[] | undefined
    readonly prediction?: Prediction
    /** Why there is no prediction. */
    readonly notSimulated?: Words
    /** The rollout of the patch is still under way, which makes pods unavailable for a while. */
    readonly isRollingOut?: boolean
  },
): Modal {
  const { incidentId, rev, actionId, target, who, from, to, prediction, notSimulated } = draft
  const { isRollingOut = false } = draft
  return formModal({ incidentId, rev, actionId, button: 'undo' }, 'Undo patch', 'Undo', [
    modalText(
      words`Restores the tolerations of ${code(target)} to what they were before the patch by ${user(who)}:`,
    ),
    codeBlock(tolerationDiff(from, to), 2500),
    modalText(
      prediction
        ? rolloutSimulation({
            ...prediction,
            rolloutBlocked: prediction.rolloutBlocked && !isRollingOut,
          })
        : words`The effect could not be simulated. ${notSimulated ?? []} The rollout restarts the pods once more; on nodes whose taints the pods then do not tolerate, they are not created again.`,
    ),
    ...(isRollingOut
      ? [
          modalText(
            words`The rollout of the patch is not finished. The undo stops it; pods that it has restarted restart again.`,
          ),
        ]
      : []),
  ])
}

/** The annotation that makes the controller recount. */
export function recountModal(draft: ChangeDraft): Modal {
  return changeModal(draft, 'recount', 'Recount', 'Recount', [
    modalText(
      words`Sets an annotation on ${code(draft.target)}, which makes the controller recount.`,
    ),
    modalText(simulation(draft.prediction)),
    dryRunBlock(draft),
  ])
}

/** If the API server refuses the change, the modal says why and has no inputs or submit button. */
function changeModal(
  draft: ChangeDraft & Pick<ModalMetadata, 'confirmWord'>,
  button: ButtonName,
  title: string,
  submit: string,
  blocks: readonly KnownBlock[],
): Modal {
  const all = [...(draft.note ? [modalText(words`⚠️ ${draft.note}`)] : []), ...blocks]
  if (draft.dryRun.verdict === 'refused')
    return plainModal(
      title,
      all.filter(({ type }) => type !== 'input'),
      'Close',
    )
  return formModal({ ...draft, button }, title, submit, all)
}

function simulation(prediction: Prediction, consequences: Words = []): Words {
  const { before, after, gained, lost, podsRestarted, rolloutBlocked } = prediction
  return joined(
    [
      words`Simulated: misscheduled ${before.numberMisscheduled} → ${after.numberMisscheduled}, desired ${before.desiredNumberScheduled} → ${after.desiredNumberScheduled}.`,
      gained.length === 0
        ? words`No additional node gets a pod.`
        : gained.length === 1
          ? words`1 additional node gets a pod: ${listed(gained)}.`
          : words`${gained.length} additional nodes get a pod: ${listed(gained, 5)}.`,
      podsRestarted > 0
        ? words`The rollout restarts ${counted(podsRestarted, 'pod')}.`
        : consequences.length > 0
          ? consequences
          : words`No running pod restarts.`,
      lost.length > 0 && podsRestarted > 0
        ? words`⚠️ It also deletes ${counted(lost.length, 'pod')} that the controller does not create again: ${listed(lost, 5)}.`
        : [],
      rolloutBlocked
        ? words`⚠️ The rollout would not finish: unavailable pods use up its maxUnavailable or maxSurge.`
        : [],
    ],
    '\n',
  )
}

/** The same of a changed template, whose rollout may remove pods although it restarts none. */
function rolloutSimulation(prediction: Prediction): Words {
  const { lost, podsRestarted } = prediction
  const removes = lost.length > 0 && podsRestarted === 0
  return simulation(
    prediction,
    removes
      ? words`⚠️ The rollout deletes ${counted(lost.length, 'pod')} that the controller does not create again: ${listed(lost, 5)}.`
      : [],
  )
}

function dryRunBlock({ dryRun }: ChangeDraft): KnownBlock {
  switch (dryRun.verdict) {
    case 'accepted':
      return modalText(words`✅ Server-side dry run: accepted.`)
    case 'refused':
      return modalText(words`⛔ Server-side dry run: refused. ${dryRun.why}`)
    case 'unchecked':
      return modalText(words`❔ Server-side dry run: not available. ${dryRun.why}`)
  }
}

type Tolerations = readonly Toleration[] | undefined

/** Unchanged tolerations shown; the rest are counted. */
const contextTolerations = 2

/** A toleration list's change as a YAML diff, short enough for a phone. The list has no order. */
export function tolerationDiff(from: Tolerations = [], to: Tolerations = []): string {
  const [before, after] = [new Set(from.map(yaml)), new Set(to.map(yaml))]
  const kept = from.filter((toleration) => after.has(yaml(toleration)))
  const removed = from.filter((toleration) => !after.has(yaml(toleration)))
  const added = to.filter((toleration) => !before.has(yaml(toleration)))
  const shown = kept.slice(-contextTolerations)
  const hidden = kept.length - shown.length
  return [
    '  tolerations:',
    ...(hidden > 0 ? [`  # ${hidden} more, unchanged`] : []),
    ...marked(' ', shown),
    ...marked('-', removed),
    ...marked('+', added),
  ].join('\n')
}

function marked(sign: string, tolerations: readonly Toleration[]): readonly string[] {
  return tolerationLines(tolerations).map((line) => `${sign} ${line}`)
}

function yaml(toleration: Toleration): string {
  return tolerationLines([toleration]).join('\n')
}
