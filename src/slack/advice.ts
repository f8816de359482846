import type { KnownBlock, RichTextBlock, RichTextElement } from '@slack/web-api'
import type { Advice } from '../triage/advice.ts'
import type { RemedyKind } from '../triage/remedies/remedy.ts'
import type { Words } from '../words/words.ts'
import { cut, preformatted, richText, sentence } from './draw.ts'
import type { IncidentView } from './view.ts'

export interface AdviceLine {
  readonly label: 'Now' | 'Now and for good' | 'For good' | 'Not'
  readonly title: Words
  /** Empty where there is nothing more to say. */
  readonly why: Words
  readonly advice: Advice
}

/**
 * The answers that the message itself shows: the recommended ones, and one tempting one with why it is wrong. The rest goes to the thread.
 * Nothing to change is nothing to read.
 */
export function answers(view: IncidentView): readonly AdviceLine[] {
  const { explanation } = view
  if (!explanation) return []
  const now = isOver(view) ? [] : leading(recommended(explanation.now, 2))
  const forGood = recommended(explanation.forGood, 1).filter(({ remedy }) => remedy.kind !== 'none')
  const notThis = isOver(view) ? [] : explanation.notThis.slice(0, 1)
  const lasting = now.filter((advice) => forGood.some((other) => isSame(advice, other)))
  return [
    ...now.map((advice) => answer(lasting.includes(advice) ? 'Now and for good' : 'Now', advice)),
    ...forGood
      .filter((advice) => !now.some((other) => isSame(advice, other)))
      .map((advice) => answer('For good', advice)),
    ...notThis.map((advice) => answer('Not', advice)),
  ]
}

/** Nothing is left to be done now. */
export function isOver(view: IncidentView): boolean {
  return view.state === 'closed' || (view.state === 'fixed' && !isElsewhere(view))
}

/** Nothing was fixed: there is no such DaemonSet in this cluster. */
export function isElsewhere({ state, explanation }: IncidentView): boolean {
  return state === 'fixed' && explanation?.causes[0]?.about === 'no-daemonset'
}

// Waiting and counting again bridge the time where nothing else is to be done; beside another act they are noise.
function leading(advice: readonly Advice[]): readonly Advice[] {
  return advice.filter(
    ({ remedy }, index) => index === 0 || (remedy.kind !== 'wait' && remedy.kind !== 'recount'),
  )
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
  return answers(view).flatMap(({ label, advice }) =>
    label.startsWith('Now') ? (buttonOf[advice.remedy.kind] ?? []) : [],
  )
}

/** What to do, drawn before the buttons. */
export function answerBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  const shown = answers(view).filter(({ label }) => label !== 'Not')
  const tried = shown.findIndex(({ advice }) => advice.simulated)
  return shown.map((answer, index) => {
    // Of two commands, and of two trials, at 3 a.m. the second is one too many.
    const commands = index === 0 ? commandLines(view, answer.advice) : []
    return {
      type: 'rich_text',
      block_id: `${blockId}.${index}`,
      elements: [answerLines(answer, index === tried), ...commands],
    }
  })
}

/** What not to do, drawn after the buttons: no button does it. */
export function notBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  return answers(view)
    .filter(({ label }) => label === 'Not')
    .map((answer) => ({
      type: 'rich_text',
      block_id: blockId,
      elements: [answerLines(answer, false)],
    }))
}

function recommended(advice: readonly Advice[], most: number): readonly Advice[] {
  const chosen = advice.filter(({ remedy }) => remedy.recommended)
  return (chosen.length > 0 ? chosen : advice).slice(0, chosen.length > 0 ? most : 1)
}

function isSame(one: Advice, other: Advice): boolean {
  return one.remedy.kind === other.remedy.kind && sentence(one.title) === sentence(other.title)
}

function answer(label: AdviceLine['label'], advice: Advice): AdviceLine {
  return {
    label,
    advice,
    title: cut(advice.title, 150),
    why: cut(advice.remedy.why, label === 'Now' ? 300 : 240),
  }
}

type RichTextPart = RichTextBlock['elements'][number]

/** `Now ▸ title` in bold, then why, then what the simulation says. */
function answerLines({ label, title, why, advice }: AdviceLine, withTrial: boolean): RichTextPart {
  const elements: RichTextElement[] = [
    { type: 'text', text: `${label} ▸ `, style: { bold: true } },
    ...richText(title, { bold: label !== 'Not' }),
  ]
  if (why.length > 0)
    elements.push({ type: 'text', text: label === 'Not' ? '. ' : '\n' }, ...richText(why))
  if (withTrial && advice.simulated) {
    elements.push(
      { type: 'text', text: '\nSimulated: ' },
      ...richText(cut([advice.simulated], 150)),
    )
  }
  return { type: 'rich_text_section', elements }
}

/** Commands, where no button does it. */
function commandLines(view: IncidentView, { remedy }: Advice): RichTextPart[] {
  const button = buttonOf[remedy.kind]
  if (!remedy.commands?.length || (button && view.buttons.includes(button))) return []
  return [preformatted(remedy.commands.slice(0, 2).join('\n'), 400)]
}
