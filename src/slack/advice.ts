import type { KnownBlock, RichTextBlock, RichTextElement } from '@slack/web-api'
import type { Advice } from '../triage/explain.ts'
import type { RemedyKind } from '../triage/finding.ts'
import type { Words } from '../triage/words.ts'
import { cut, preformatted, richText, sentence } from './draw.ts'
import type { IncidentView } from './view.ts'

export interface Answer {
  readonly label: 'Now' | 'Now and for good' | 'For good' | 'Not'
  readonly title: Words
  /** Empty where there is nothing more to say. */
  readonly why: Words
  readonly advice: Advice
}

/** The answers that the message itself shows: the recommended ones, and one tempting one with why it is wrong. The rest goes to the thread. */
export function answers(view: IncidentView): readonly Answer[] {
  const { explanation } = view
  if (!explanation) return []
  const now = isOver(view) ? [] : recommended(explanation.now, 2)
  const forGood = recommended(explanation.forGood, 1)
  const notThis = isOver(view) ? [] : explanation.notThis.slice(0, 1)
  const lasting = now.filter((advice) => forGood.some((other) => isSame(advice, other)))
  return [
    ...now.map((advice) => answer(lasting.includes(advice) ? 'Now and for good' : 'Now', advice)),
    ...forGood.filter((advice) => !now.some((other) => isSame(advice, other))).map((advice) => answer('For good', advice)),
    ...notThis.map((advice) => answer('Not', advice)),
  ]
}

/** Nothing is left to be done now. */
export function isOver({ state }: IncidentView): boolean {
  return state === 'closed' || state === 'fixed'
}

/** The button that does what is advised. */
export const buttonOf: Partial<Record<RemedyKind, IncidentView['buttons'][number]>> = {
  wait: 'silence',
  tolerate: 'patch',
  'delete-pod': 'delete',
  recount: 'recount',
}

/** The buttons that do what is advised now. */
export function advisedButtons(view: IncidentView): readonly IncidentView['buttons'][number][] {
  return answers(view).flatMap(({ label, advice }) => (label.startsWith('Now') ? (buttonOf[advice.remedy.kind] ?? []) : []))
}

/** What to do, drawn before the buttons. */
export function answerBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  return answers(view).map((answer, index) => {
    // Of two commands at 3 a.m. the second is one too many.
    const commands = index === 0 && answer.label !== 'Not' ? commandLines(view, answer.advice) : []
    return { type: 'rich_text', block_id: `${blockId}.${index}`, elements: [answerLines(answer), ...commands] }
  })
}

function recommended(advice: readonly Advice[], most: number): readonly Advice[] {
  const chosen = advice.filter(({ remedy }) => remedy.recommended)
  return (chosen.length > 0 ? chosen : advice).slice(0, chosen.length > 0 ? most : 1)
}

function isSame(one: Advice, other: Advice): boolean {
  return one.remedy.kind === other.remedy.kind && sentence(one.title) === sentence(other.title)
}

function answer(label: Answer['label'], advice: Advice): Answer {
  const explained = !(label === 'For good' && advice.remedy.kind === 'none')
  return {
    label,
    advice,
    title: cut(advice.title, 150),
    why: explained ? cut(advice.remedy.why, label === 'Now' ? 300 : 240) : [],
  }
}

type RichTextPart = RichTextBlock['elements'][number]

/** `Now ▸ title` in bold, then why, then what the simulation says. */
function answerLines({ label, title, why, advice }: Answer): RichTextPart {
  const elements: RichTextElement[] = [
    { type: 'text', text: `${label} ▸ `, style: { bold: true } },
    ...richText(title, { bold: label !== 'Not' }),
  ]
  if (why.length > 0) elements.push({ type: 'text', text: label === 'Not' ? '. ' : '\n' }, ...richText(why))
  if (advice.simulated && label !== 'Not') {
    elements.push({ type: 'text', text: '\nSimulated: ' }, ...richText(cut([advice.simulated], 150)))
  }
  return { type: 'rich_text_section', elements }
}

/** Commands, where no button does it. */
function commandLines(view: IncidentView, { remedy }: Advice): RichTextPart[] {
  const button = buttonOf[remedy.kind]
  if (!remedy.commands?.length || (button && view.buttons.includes(button))) return []
  return [preformatted(remedy.commands.slice(0, 2).join('\n'), 400)]
}
