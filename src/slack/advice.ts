import type { KnownBlock, RichTextBlock, RichTextElement } from '@slack/web-api'
import type { Advice } from '../triage/advice.ts'
import type { Explanation } from '../triage/explain.ts'
import type { Answer, RemedyKind } from '../triage/remedies/remedy.ts'
import { joined, type Words } from '../words/words.ts'
import { type IncidentView, isOver, type OfferedButton } from './incident-view.ts'
import { cut, preformatted, richText, singleLine } from './text.ts'

/** One piece of advice as the message shows it, cut to its length there. */
export interface AdviceLine {
  readonly label:
    | 'Now'
    | 'Now and for good'
    | 'Also now'
    | 'For good'
    | 'Also for good'
    | 'Yes'
    | 'No'
    | 'No, for good'
    | "Don't"
  readonly title: Words
  /** May be empty. */
  readonly why: Words
  /** Where the toleration must be added so that it lasts; empty if that is shown elsewhere. */
  readonly where: Words
  /** undefined: the line only names what is recommended besides. */
  readonly advice?: Advice
}

/**
 * The advice in the message: up to two things to do now, one lasting fix, and one tempting mistake;
 * if a person has to decide first, the answers. What is recommended besides is named in one line.
 * "Nothing to change" is left out.
 */
export function adviceLines(view: IncidentView): readonly AdviceLine[] {
  const { explanation } = view
  if (!explanation) return []
  const answers = isOver(view) ? [] : answerLines(explanation)
  const toDo = isOver(view) ? [] : mostUseful(withoutIdle(recommended(explanation.now)))
  const now = toDo.slice(0, MOST_NOW)
  const lastingFixes = recommended(explanation.forGood).filter(
    ({ remedy }) => remedy.kind !== 'none',
  )
  const forGood = lastingFixes.slice(0, 1)
  const notThis = isOver(view) ? [] : explanation.notThis.slice(0, 1)
  const lasting = now.filter((advice) => forGood.some((other) => isSame(advice, other)))
  const lines = [
    ...now.map((advice) =>
      adviceLine(lasting.includes(advice) ? 'Now and for good' : 'Now', advice),
    ),
    ...besides('Also now', toDo.slice(now.length)),
    ...forGood
      .filter((advice) => !now.some((other) => isSame(advice, other)))
      .map((advice) => adviceLine('For good', advice)),
    ...besides('Also for good', lastingFixes.slice(forGood.length)),
    ...answers,
  ]
  // Once, with the last toleration: for good comes after now.
  const place = lines.findLastIndex(({ advice }) => advice?.where !== undefined)
  return [
    ...lines.map((line, index) =>
      index === place ? { ...line, where: cut(line.advice?.where ?? [], 400) } : line,
    ),
    ...notThis.map((advice) => adviceLine("Don't", advice)),
  ]
}

const MOST_NOW = 2

function recommended(advice: readonly Advice[]): readonly Advice[] {
  const chosen = advice.filter(({ remedy }) => remedy.recommended)
  if (chosen.length > 0) return chosen
  return advice.some(({ remedy }) => remedy.answer) ? [] : advice.slice(0, 1)
}

/** `Fix node w-6; Delete the pod of agent; 2 more`; nothing if there is no more. */
function besides(label: AdviceLine['label'], more: readonly Advice[]): readonly AdviceLine[] {
  const [first, ...others] = more.map(({ title }) => cut(title, 100))
  if (!first) return []
  const shown = others.slice(0, 2)
  const left = others.length - shown.length
  const rest = left > 0 ? [`${left} more`] : []
  const title = cut(joined([first, ...shown, rest], '; '), 300)
  return [{ label, title, why: [], where: [] }]
}

/** What follows from either answer to the question: what to do now, and what keeps it so. */
function answerLines({ now, forGood }: Explanation): readonly AdviceLine[] {
  const first = (advice: readonly Advice[], answer: Answer) =>
    advice.find(({ remedy }) => remedy.answer === answer)
  const yes = first(now, 'yes') ?? first(forGood, 'yes')
  const no = first(now, 'no')
  const noForGood = first(forGood, 'no')
  return [
    ...(yes ? [adviceLine('Yes', yes)] : []),
    ...(no ? [adviceLine('No', no)] : []),
    ...(noForGood && !(no && isSame(no, noForGood))
      ? [adviceLine(no ? 'No, for good' : 'No', noForGood)]
      : []),
  ]
}

/**
 * Waiting and recounting are dropped after another remedy for the same DaemonSets: they help only
 * if nothing else does.
 */
function withoutIdle(advice: readonly Advice[]): readonly Advice[] {
  return advice.filter(({ remedy, daemonSets }, index) => {
    const served = advice.slice(0, index).flatMap((earlier) => earlier.daemonSets)
    const isIdle = remedy.kind === 'wait' || remedy.kind === 'recount'
    return !isIdle || index === 0 || daemonSets.some((name) => !served.includes(name))
  })
}

/** If not all fits, waiting comes last. */
function mostUseful(advice: readonly Advice[]): readonly Advice[] {
  if (advice.length <= MOST_NOW) return advice
  const isWait = ({ remedy }: Advice) => remedy.kind === 'wait'
  return [...advice.filter((one) => !isWait(one)), ...advice.filter(isWait)]
}

function isSame(one: Advice, other: Advice): boolean {
  return one.remedy.kind === other.remedy.kind && singleLine(one.title) === singleLine(other.title)
}

function adviceLine(label: AdviceLine['label'], advice: Advice): AdviceLine {
  return {
    label,
    advice,
    title: cut(advice.title, 150),
    why: cut(advice.remedy.why, label === "Don't" ? 240 : 300),
    where: [],
  }
}

/** The button that carries out a remedy. */
const buttonOf: Partial<Record<RemedyKind, OfferedButton>> = {
  wait: 'silence',
  tolerate: 'patch',
  'delete-pod': 'delete',
  recount: 'recount',
}

/** The buttons that carry out what is advised now. */
export function advisedButtons(view: IncidentView): readonly OfferedButton[] {
  return adviceLines(view).flatMap(({ label, advice }) =>
    label.startsWith('Now') && advice ? (buttonOf[advice.remedy.kind] ?? []) : [],
  )
}

/** What to do, shown above the buttons. One command and one simulation at most. */
export function adviceBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  const shown = adviceLines(view).filter(({ label }) => label !== "Don't")
  const simulated = shown.findIndex(({ advice }) => advice?.simulated)
  return shown.map((line, index) => ({
    type: 'rich_text',
    block_id: `${blockId}.${index}`,
    elements: [
      section(line, index === simulated),
      ...(index === 0 && line.advice ? commands(view, line.advice) : []),
    ],
  }))
}

/** What not to do, shown below the buttons: no button does it. */
export function notThisBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  return adviceLines(view)
    .filter(({ label }) => label === "Don't")
    .map((line) => ({ type: 'rich_text', block_id: blockId, elements: [section(line, false)] }))
}

type RichTextPart = RichTextBlock['elements'][number]

/** `Now ▸ title` in bold, then why, the simulation, and where the toleration goes. */
function section(
  { label, title, why, where, advice }: AdviceLine,
  withSimulation: boolean,
): RichTextPart {
  const elements: RichTextElement[] = [
    { type: 'text', text: `${label} ▸ `, style: { bold: true } },
    ...richText(title, { bold: label !== "Don't" }),
  ]
  if (why.length > 0)
    elements.push({ type: 'text', text: label === "Don't" ? '. ' : '\n' }, ...richText(why))
  if (withSimulation && advice?.simulated) {
    elements.push(
      { type: 'text', text: '\nSimulated: ' },
      ...richText(cut([advice.simulated], 150)),
    )
  }
  if (where.length > 0) {
    elements.push({ type: 'text', text: '\nWhere ▸ ', style: { bold: true } }, ...richText(where))
  }
  return { type: 'rich_text_section', elements }
}

/** Two commands at most, if no button of the message does the same. */
function commands(view: IncidentView, { remedy }: Advice): RichTextPart[] {
  const button = buttonOf[remedy.kind]
  if (!remedy.commands?.length || (button && view.buttons.includes(button))) return []
  return [preformatted(remedy.commands.slice(0, 2).join('\n'), 400)]
}
