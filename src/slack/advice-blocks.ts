import type { KnownBlock, RichTextBlock, RichTextElement } from '@slack/web-api'
import type { Advice } from '../triage/advice.ts'
import { joined, type Words, words } from '../words/words.ts'
import { type AdviceLine, adviceLines, buttonOf } from './advice.ts'
import { type IncidentView, isQuiet } from './incident-view.ts'
import { cut, preformatted, richText } from './text.ts'

/** What to do now, or what a person has to answer: above the buttons. */
export function nowBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  return adviceLines(view)
    .filter(({ isFirst }) => isFirst)
    .map((line, index) => ({
      type: 'rich_text',
      block_id: `${blockId}.${index}`,
      elements: [paragraphOf(line, line.why)],
    }))
}

/** The commands for what to do first, below the buttons; none if a button does the same. */
export function commandBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  const [first] = adviceLines(view).filter(({ isFirst }) => isFirst)
  const elements = first?.advice && !isQuiet(view) ? commands(view, first.advice) : []
  return elements.length > 0 ? [{ type: 'rich_text', block_id: blockId, elements }] : []
}

/**
 * Below the buttons: what else there is to say of what to do now, the lasting fix, and what not to
 * do. One simulation at most. Nothing once it is silenced.
 */
export function laterBlocks(view: IncidentView, blockId: string): KnownBlock[] {
  if (isQuiet(view)) return []
  const lines = adviceLines(view)
  const simulated = lines.find(({ advice }) => advice?.simulated)
  const parts = lines.map((line) => [
    line.more,
    line === simulated ? words`Simulated: ${cut([line.advice?.simulated ?? ''], 150)}` : [],
  ])
  const detailed = lines.filter(
    (line, index) => line.isFirst && parts[index]?.some((part) => part.length > 0),
  )
  return lines.flatMap((line, index): KnownBlock[] => {
    const elements = line.isFirst
      ? details(line, parts[index] ?? [], detailed.length > 1)
      : advised(line, parts[index] ?? [])
    return elements.length === 0
      ? []
      : [
          {
            type: 'rich_text',
            block_id: `${blockId}.${index}`,
            elements: [{ type: 'rich_text_section', elements }],
          },
        ]
  })
}

/** "Details ▸ …" of something above the buttons; empty if there are none. */
function details(
  { title, where }: AdviceLine,
  parts: readonly Words[],
  isOneOfSeveral: boolean,
): RichTextElement[] {
  const text = joined(parts, '\n')
  return [
    ...(text.length > 0
      ? [...bold('Details ▸ '), ...richText(isOneOfSeveral ? words`${title}: ${text}` : text)]
      : []),
    ...place(where, text.length > 0),
  ]
}

/** The lasting fix, or what not to do. */
function advised(
  { label, title, why, where }: AdviceLine,
  parts: readonly Words[],
): RichTextElement[] {
  if (label === "Don't")
    return [...bold(`${label} ▸ `), ...richText(joined([[...title, '.'], why]))]
  const text = joined([why, ...parts], '\n')
  return [
    ...bold(`${label} ▸ `),
    ...richText(title, { bold: true }),
    ...(text.length > 0 ? richText(['\n', ...text]) : []),
    ...place(where, true),
  ]
}

function place(where: Words, isNext: boolean): RichTextElement[] {
  return where.length > 0 ? [...bold(`${isNext ? '\n' : ''}Where ▸ `), ...richText(where)] : []
}

function bold(text: string): RichTextElement[] {
  return [{ type: 'text', text, style: { bold: true } }]
}

type RichTextPart = RichTextBlock['elements'][number]

/** `Now ▸ title` in bold, then why. */
function paragraphOf({ label, title }: AdviceLine, why: Words): RichTextPart {
  return {
    type: 'rich_text_section',
    elements: [
      ...bold(`${label} ▸ `),
      ...richText(title, { bold: true }),
      ...(why.length > 0 ? richText(['\n', ...why]) : []),
    ],
  }
}

/** Two commands at most, if no button of the message does the same. */
function commands(view: IncidentView, { remedy }: Advice): RichTextPart[] {
  const button = buttonOf[remedy.kind]
  if (!remedy.commands?.length || (button && view.buttons.includes(button))) return []
  return [preformatted(remedy.commands.slice(0, 2).join('\n'), 400)]
}
