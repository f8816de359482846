import type { InputBlock, KnownBlock, ModalView } from '@slack/web-api'
import type { Words } from '../words/words.ts'
import { cut, plainLine, type preformatted, richText } from './draw.ts'
import { LIMITS } from './limits.ts'
import { type ModalMetadata, writeMetadata } from './metadata.ts'
import { ACTION_PREFIX } from './press.ts'

export type Modal = ModalView

/** The incident that a dialog is about, and the revision that the presser saw. */
export interface Origin {
  readonly incidentId: string
  readonly rev: number
}

/** A dialog that can be sent off. */
export function form(
  metadata: ModalMetadata,
  title: string,
  submit: string,
  blocks: readonly KnownBlock[],
): Modal {
  return {
    ...modal(title, blocks, 'Cancel'),
    callback_id: `${ACTION_PREFIX}${metadata.press}`,
    private_metadata: writeMetadata(metadata),
    submit: plainText(cutLine([submit], LIMITS.viewTitle)),
  }
}

/** A dialog that can only be closed. */
export function modal(
  title: string,
  blocks: readonly KnownBlock[],
  close: 'Close' | 'Cancel',
): Modal {
  return {
    type: 'modal',
    title: plainText(cutLine([title], LIMITS.viewTitle)),
    close: plainText(close),
    blocks: [...blocks],
  }
}

/** A box that has to be ticked. */
export function agreement(sentence: string): InputBlock {
  const options = [{ text: plainText(cutLine([sentence], LIMITS.optionText)), value: 'yes' }]
  return {
    type: 'input',
    block_id: 'confirm',
    label: plainText('Confirm'),
    element: { type: 'checkboxes', action_id: 'v', options },
  }
}

export function text(content: Words): KnownBlock {
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements: richText(cut(content, 1500)) }],
  }
}

export function block(element: ReturnType<typeof preformatted>): KnownBlock {
  return { type: 'rich_text', elements: [element] }
}

export function plainText(content: string): { type: 'plain_text'; text: string; emoji: false } {
  return { type: 'plain_text', emoji: false, text: content }
}

export function cutLine(content: Words, most: number): string {
  return plainLine(cut(content, most))
}
