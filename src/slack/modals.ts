import type { InputBlock } from '@slack/web-api'
import { code, type Words, words } from '../words/words.ts'
import { cutMiddle, preformatted } from './draw.ts'
import { LIMITS } from './limits.ts'
import { block, form, type Modal, modal, type Origin, plainText, text } from './modal-parts.ts'
import type { Press } from './press.ts'

/** Opened at once, while the trigger lives. */
export function checkingModal(): Modal {
  return modal('Checking…', [text(words`⏳ Reading the cluster as it is now.`)], 'Close')
}

/** The answer to a submission, until it is known what came of it. */
export function applyingModal(): Modal {
  return modal(
    'Applying…',
    [text(words`⏳ You may close this: the outcome is told in the thread too.`)],
    'Close',
  )
}

export function resultModal(result: { readonly title: string; readonly text: Words }): Modal {
  return modal(result.title, [text(words`✅ ${result.text}`)], 'Close')
}

/** What the presser reads where nothing was done. */
export function refusedModal(why: Words): Modal {
  return modal('Not done', [text(words`⛔ ${why}`)], 'Close')
}

/** Ending a silence, undoing a patch: one sentence and a button. */
export function confirmModal(
  draft: Origin & {
    readonly press: Press
    readonly actionId: string
    readonly title: string
    readonly submit: string
    readonly text: Words
  },
): Modal {
  return form(draft, draft.title, draft.submit, [text(draft.text)])
}

/** Which of several DaemonSets. Names too long for an option are left out and counted. */
export function pickModal(
  draft: Origin & { readonly press: Press; readonly choices: readonly string[] },
): Modal {
  const fitting = draft.choices
    .filter((choice) => choice.length <= LIMITS.optionValue)
    .slice(0, LIMITS.selectOptions)
  const left = draft.choices.length - fitting.length
  const options = fitting.map((choice) => ({
    text: plainText(cutMiddle(choice, LIMITS.optionText)),
    value: choice,
  }))
  if (options.length === 0)
    return refusedModal(
      words`The names of these DaemonSets are too long for a menu of Slack’s. Use kubectl for this change.`,
    )
  const pick: InputBlock = {
    type: 'input',
    block_id: 'pick',
    label: plainText('DaemonSet'),
    element: { type: 'static_select', action_id: 'v', options },
  }
  return form(draft, 'Which DaemonSet?', 'Next', [
    pick,
    ...(left > 0 ? [text(words`${left} more do not fit into this menu.`)] : []),
  ])
}

/** YAML to copy, and where it goes. */
export function showFixModal(
  fixes: readonly {
    readonly namespace: string
    readonly name: string
    readonly snippet: string
    readonly where: string
  }[],
): Modal {
  const shown = fixes.slice(0, 10)
  const rest = fixes.length - shown.length
  const blocks = shown.flatMap(({ namespace, name, snippet, where }) => [
    text(words`${code(`${namespace}/${name}`)}: ${where}`),
    block(preformatted(snippet, 2900)),
  ])
  return modal(
    'The lasting fix',
    [...blocks, ...(rest > 0 ? [text(words`+${rest} more`)] : [])],
    'Close',
  )
}
