import type { InputBlock, KnownBlock, ModalView } from '@slack/web-api'
import { counted, listed, plural, strong, type Words, words } from '../words/words.ts'
import {
  ACTION_PREFIX,
  type ButtonName,
  type ModalMetadata,
  writeMetadata,
} from './interactions.ts'
import { LIMITS } from './limits.ts'
import { cut, cutMiddle, paragraph, plainText, plainTextLine, preformatted } from './text.ts'

/** Arguments of `views.open` and `views.update`. */
export type Modal = ModalView

/** The incident that a modal is about, and the revision that its message showed. */
export interface Origin {
  readonly incidentId: string
  readonly rev: number
}

/** Opened at once: the trigger expires before the cluster is read. */
export function checkingModal(): Modal {
  return plainModal('Checking…', [modalText(words`⏳ Reading the cluster…`)], 'Close')
}

/** The response to a submission that takes longer than Slack waits, until its result is known. */
export function applyingModal(): Modal {
  const text = words`⏳ You can close this. The message will show the result.`
  return plainModal('Applying…', [modalText(text)], 'Close')
}

/** A submission that was carried out. Its dialog closes; one that Slack still shows says this. */
export interface Done {
  readonly title: string
  readonly text: Words
}

/** Whether the submission was carried out. Otherwise the modal is what comes next. */
export function isDone(result: Modal | Done): result is Done {
  return !('type' in result)
}

/** What was done, for a dialog that could not be closed. */
export function resultModal(result: Done): Modal {
  return plainModal(result.title, [modalText(words`✅ ${result.text}`)], 'Close')
}

/** Why nothing was done. */
export function refusedModal(why: Words): Modal {
  return plainModal('Not done', [modalText(words`⛔ ${why}`)], 'Close')
}

/** Who may do this, what the presser can run instead, and what is for everyone. */
export function notAllowedModal(refused: {
  readonly who: Words
  readonly commands: readonly string[]
  readonly open: Words
}): Modal {
  const { who, commands, open } = refused
  const code = commands.length > 0 ? [codeBlock(commands.join('\n'), 2900)] : []
  return plainModal('Not allowed', [modalText(words`⛔ ${who}`), ...code, modalText(open)], 'Close')
}

/** Asks before a silence ends or a patch is undone. */
export function confirmModal(
  draft: Origin & {
    readonly button: ButtonName
    readonly actionId: string
    readonly title: string
    readonly submit: string
    readonly text: Words
  },
): Modal {
  return formModal(draft, draft.title, draft.submit, [modalText(draft.text)])
}

/** Asks which of several DaemonSets. Names too long for an option are left out and counted. */
export function pickModal(
  draft: Origin & { readonly button: ButtonName; readonly choices: readonly string[] },
): Modal {
  const fitting = draft.choices
    .filter((choice) => choice.length <= LIMITS.optionValue)
    .slice(0, LIMITS.selectOptions)
  const options = fitting.map((choice) => ({
    text: plainText(cutMiddle(choice, LIMITS.optionText)),
    value: choice,
  }))
  if (options.length === 0)
    return refusedModal(
      words`These DaemonSet names are too long for a Slack menu. Use kubectl for this change.`,
    )
  const pick: InputBlock = {
    type: 'input',
    block_id: 'pick',
    label: plainText('DaemonSet'),
    element: { type: 'static_select', action_id: 'v', options },
  }
  const left = draft.choices.length - fitting.length
  const note = words`${left} more ${plural(left, 'does', 'do')} not fit in this menu.`
  return formModal(draft, 'Which DaemonSet?', 'Next', [
    pick,
    ...(left > 0 ? [modalText(note)] : []),
  ])
}

/** At most 10 pieces of YAML to copy, and where each belongs. */
export function showFixModal(
  fixes: readonly {
    /** `namespace/name`. */
    readonly daemonSets: readonly string[]
    readonly snippet: string
    readonly where: Words
    /** Set if it is right only with this answer to the question that the message asks. */
    readonly answer?: 'yes' | 'no'
  }[],
): Modal {
  const shown = fixes.slice(0, 10)
  const rest = fixes.length - shown.length
  const blocks = shown.flatMap(({ daemonSets, snippet, where, answer }) => [
    modalText(words`${condition(answer)}${listed(daemonSets, 6)}: ${where}`),
    codeBlock(snippet, 2900),
  ])
  if (rest > 0) blocks.push(modalText(words`+${counted(rest, 'more snippet')}`))
  return plainModal('Lasting fix', blocks, 'Close')
}

function condition(answer: 'yes' | 'no' | undefined): Words {
  if (answer === undefined) return []
  return [strong(answer === 'yes' ? 'If it belongs there' : 'If it does not belong there'), ' ▸ ']
}

/** A modal with a submit button. */
export function formModal(
  metadata: ModalMetadata,
  title: string,
  submit: string,
  blocks: readonly KnownBlock[],
): Modal {
  return {
    ...plainModal(title, blocks, 'Cancel'),
    callback_id: `${ACTION_PREFIX}${metadata.button}`,
    private_metadata: writeMetadata(metadata),
    submit: plainText(cutLine([submit], LIMITS.modalTitle)),
  }
}

/** A modal that can only be closed. */
export function plainModal(
  title: string,
  blocks: readonly KnownBlock[],
  close: 'Close' | 'Cancel',
): Modal {
  return {
    type: 'modal',
    title: plainText(cutLine([title], LIMITS.modalTitle)),
    close: plainText(close),
    blocks: [...blocks],
  }
}

/** A checkbox that must be ticked before the modal is submitted. */
export function confirmCheckbox(label: string): InputBlock {
  const options = [{ text: plainText(cutLine([label], LIMITS.optionText)), value: 'yes' }]
  return {
    type: 'input',
    block_id: 'confirm',
    label: plainText('Confirm'),
    element: { type: 'checkboxes', action_id: 'v', options },
  }
}

/** A paragraph of at most 1,500 characters. */
export function modalText(text: Words): KnownBlock {
  return paragraph(cut(text, 1500))
}

/** A code block of at most `most` characters. */
export function codeBlock(text: string, most: number): KnownBlock {
  return { type: 'rich_text', elements: [preformatted(text, most)] }
}

/** One line of at most `most` characters for a plain_text field. */
export function cutLine(text: Words, most: number): string {
  return plainTextLine(cut(text, most))
}
