import type { Advice } from '../triage/advice.ts'
import type { Explanation } from '../triage/explain.ts'
import type { Answer, RemedyKind } from '../triage/remedies/remedy.ts'
import { joined, type Words } from '../words/words.ts'
import { type IncidentView, isOver, isQuiet, type OfferedButton } from './incident-view.ts'
import { cut, singleLine } from './text.ts'

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
  /** One sentence; may be empty. */
  readonly why: Words
  /** The rest of the reason; may be empty. */
  readonly more: Words
  /** Where the toleration must be added so that it lasts; empty if that is shown elsewhere. */
  readonly where: Words
  /** It is above the buttons: what to do now, or if nothing is recommended, the answers. */
  readonly isFirst: boolean
  /** undefined: the line only names what is recommended besides. */
  readonly advice?: Advice
}

/**
 * The advice in the message: up to two things to do now, one lasting fix, and one tempting mistake;
 * if a person has to decide first, the answers. What is recommended besides is named in one line.
 * "Nothing to change" is left out. Once it is silenced, only what to do now.
 */
export function adviceLines(view: IncidentView): readonly AdviceLine[] {
  const { explanation } = view
  if (!explanation || isOver(view)) return []
  const answers = (isFirst: boolean) => answerLines(explanation, isFirst)
  const toDo = mostUseful(withoutIdle(recommended(explanation.now)))
  const now = toDo.slice(0, MOST_NOW)
  if (isQuiet(view)) return now.map((advice) => adviceLine('Now', advice, true))
  const lastingFixes = recommended(explanation.forGood).filter(
    ({ remedy }) => remedy.kind !== 'none',
  )
  const forGood = lastingFixes.slice(0, 1)
  const notThis = explanation.notThis.slice(0, 1)
  const lasting = now.filter((advice) => forGood.some((other) => isSame(advice, other)))
  const lines = [
    ...now.map((advice) =>
      adviceLine(lasting.includes(advice) ? 'Now and for good' : 'Now', advice, true),
    ),
    ...(now.length === 0 ? answers(true) : []),
    ...besides('Also now', toDo.slice(now.length)),
    ...forGood
      .filter((advice) => !now.some((other) => isSame(advice, other)))
      .map((advice) => adviceLine('For good', advice)),
    ...besides('Also for good', lastingFixes.slice(forGood.length)),
    ...(now.length === 0 ? [] : answers(false)),
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
  return [{ label, title, why: [], more: [], where: [], isFirst: false }]
}

/** What follows from either answer to the question: what to do now, and what keeps it so. */
function answerLines({ now, forGood }: Explanation, isFirst: boolean): readonly AdviceLine[] {
  const first = (advice: readonly Advice[], answer: Answer) =>
    advice.find(({ remedy }) => remedy.answer === answer)
  const yes = first(now, 'yes') ?? first(forGood, 'yes')
  const no = first(now, 'no')
  const noForGood = first(forGood, 'no')
  return [
    ...(yes ? [adviceLine('Yes', yes, isFirst)] : []),
    ...(no ? [adviceLine('No', no, isFirst)] : []),
    ...(noForGood && !(no && isSame(no, noForGood))
      ? [adviceLine(no ? 'No, for good' : 'No', noForGood, isFirst && !no)]
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

function adviceLine(label: AdviceLine['label'], advice: Advice, isFirst = false): AdviceLine {
  const reason = cut(advice.remedy.why, label === "Don't" ? 240 : 400)
  const line = { label, advice, title: cut(advice.title, 150), where: [], isFirst }
  if (!isFirst) return { ...line, why: reason, more: [] }
  // Two answers and a question leave no room for their reasons above the buttons.
  if (!label.startsWith('Now')) return { ...line, why: [], more: reason }
  if (isShort(reason)) return { ...line, why: reason, more: [] }
  const [first, rest] = firstSentence(reason)
  return isShort(first) ? { ...line, why: first, more: rest } : { ...line, why: [], more: reason }
}

/** Whether a reason may stay above the buttons: three lines on a phone. */
function isShort(reason: Words): boolean {
  return singleLine(reason).length <= 105
}

/** The first sentence, and the rest. */
function firstSentence(text: Words): readonly [Words, Words] {
  const at = text.findIndex((span) => typeof span === 'string' && /[.?!] /.test(span))
  const span = text[at]
  if (typeof span !== 'string') return [text, []]
  const end = span.search(/[.?!] /) + 1
  return [
    [...text.slice(0, at), span.slice(0, end)],
    [span.slice(end).trimStart(), ...text.slice(at + 1)],
  ]
}

/** The button that carries out a remedy. */
export const buttonOf: Partial<Record<RemedyKind, OfferedButton>> = {
  wait: 'silence',
  tolerate: 'patch',
  'delete-pod': 'delete',
  recount: 'recount',
}

/** The buttons that carry out what is recommended now. */
export function recommendedButtons(view: IncidentView): readonly OfferedButton[] {
  return adviceLines(view).flatMap(({ label, advice }) =>
    label.startsWith('Now') && advice ? (buttonOf[advice.remedy.kind] ?? []) : [],
  )
}

/** The buttons that carry out what stands above them: recommended, or an answer. */
export function advisedButtons(view: IncidentView): readonly OfferedButton[] {
  return adviceLines(view).flatMap((line) =>
    line.isFirst && line.advice ? (buttonOf[line.advice.remedy.kind] ?? []) : [],
  )
}
