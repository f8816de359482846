import type { Words } from '../words/words.ts'
import type { Message } from './blocks.ts'
import { cut, mrkdwnWithin, richText } from './draw.ts'
import { LIMITS } from './limits.ts'

/** An entry of the thread: the same words as blocks with a plain line beside them, or as text alone. */
export function replyMessage(text: Words, form: 'blocks' | 'text'): Message {
  if (form === 'text') return { text: mrkdwnWithin(text, LIMITS.section) }
  const shown = cut(text, LIMITS.section)
  return {
    text: mrkdwnWithin(text, 500),
    blocks: [
      { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: richText(shown) }] },
    ],
  }
}
