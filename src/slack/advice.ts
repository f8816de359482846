import type { KnownBlock, RichTextBlock, RichTextElement } from '@slack/web-api'
import type { Advice } from '../triage/explain.ts'
import type { RemedyKind } from '../triage/finding.ts'
import { cut, preformatted, richText } from './draw.ts'
import type { IncidentView } from './view.ts'

/** The answers that the message itself shows: the recommended ones, and one tempting one with why it is wrong. The rest goes to the thread. */
export function advised(view: IncidentView): {
  readonly now: readonly Advice[]
  readonly forGood: readonly Advice[]
  readonly notThis?: Advice
} {
  const { explanation } = view
  if (!explanation) return { now: [], forGood: [] }
  const over = isOver(view)
  const now = over ? [] : recommended(explanation.now, 2)
  const forGood = recommended(explanation.forGood, 1)
  const notThis = over ? undefined : explanation.notThis[0]
  return { now, forGood, ...(notThis ? { notThis } : {}) }
}

/** Nothing is left to be done now. */
export function isOver({ state }: IncidentView): boolean {
  return state === 'closed' || state === 'fixed'
}

/** What to do, drawn before the buttons. */
export function adviceBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  const { now, forGood, notThis } = advised(view)
  const parts = [
    ...now.map((advice) => [answer('Now', advice), ...commandLines(view, advice)]),
    ...forGood.map((advice) => [answer('For good', advice)]),
    ...(notThis ? [[answer('Not', notThis)]] : []),
  ]
  return parts.map((elements, index) => ({ type: 'rich_text', block_id: `${blockId}.${index}`, elements }))
}

type RichTextPart = RichTextBlock['elements'][number]

function recommended(advice: readonly Advice[], most: number): readonly Advice[] {
  const chosen = advice.filter(({ remedy }) => remedy.recommended)
  return (chosen.length > 0 ? chosen : advice).slice(0, chosen.length > 0 ? most : 1)
}

/** `Now ▸ title` in bold, then why, then what the simulation says. */
function answer(label: 'Now' | 'For good' | 'Not', advice: Advice): RichTextPart {
  const elements: RichTextElement[] = [
    { type: 'text', text: `${label} ▸ `, style: { bold: true } },
    ...richText(cut(advice.title, 150), { bold: label !== 'Not' }),
  ]
  if (advice.remedy.why.length > 0)
    elements.push({ type: 'text', text: label === 'Not' ? '. ' : '\n' }, ...richText(cut(advice.remedy.why, 300)))
  if (advice.simulated && label !== 'Not') {
    elements.push({ type: 'text', text: '\nSimulated: ' }, ...richText(cut([advice.simulated], 150)))
  }
  return { type: 'rich_text_section', elements }
}

/** The button that does what is advised. */
export const buttonOf: Partial<Record<RemedyKind, IncidentView['buttons'][number]>> = {
  wait: 'silence',
  tolerate: 'patch',
  'delete-pod': 'delete',
  recount: 'recount',
}

/** Commands, where no button does it. */
function commandLines(view: IncidentView, { remedy }: Advice): RichTextPart[] {
  const button = buttonOf[remedy.kind]
  if (!remedy.commands?.length || (button && view.buttons.includes(button))) return []
  return [preformatted(remedy.commands.slice(0, 2).join('\n'), 400)]
}
