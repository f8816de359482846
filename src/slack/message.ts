import { createHash } from 'node:crypto'
import type { ContextBlock, KnownBlock } from '@slack/web-api'
import { code, joined, strong, type Words, words } from '../words/words.ts'
import { adviceLines } from './advice.ts'
import { commandBlocks, laterBlocks, nowBlocks } from './advice-blocks.ts'
import { actionsBlock } from './buttons.ts'
import { headerLine } from './headline.ts'
import { type IncidentView, isOver, isQuiet } from './incident-view.ts'
import { LIMITS } from './limits.ts'
import {
  factsLine,
  fullText,
  ifIgnoredLine,
  linkLine,
  mentionLine,
  noteLines,
  questionLine,
  shownNodes,
  stateLines,
  summary,
  whyLine,
} from './message-text.ts'
import {
  cut,
  mrkdwn,
  mrkdwnWithin,
  paragraph,
  plainText,
  plainTextLine,
  richText,
  singleLine,
} from './text.ts'
import { withClockTimes } from './times.ts'

/** Arguments of `chat.postMessage` and `chat.update`. */
export interface Message {
  /** What notifications show, and screen readers read instead of the blocks. */
  readonly text: string
  readonly blocks?: KnownBlock[]
  readonly metadata?: {
    readonly event_type: string
    readonly event_payload: { readonly incident_id: string }
  }
}

/** Richest first: Slack may refuse the table, or all blocks. */
export const MESSAGE_FORMS = ['full', 'no-table', 'text'] as const
/** One of them. */
export type MessageForm = (typeof MESSAGE_FORMS)[number]

/**
 * `event_type` of an incident's message, to find the message again if its `ts` was lost. Every app
 * in the workspace can read the metadata, so it holds an ID only.
 */
export const METADATA_TYPE = 'daemonset_triage_incident'

/** The one message of an incident, within Slack's limits for any view. Equal views, equal bytes. */
export function incidentMessage(view: IncidentView, form: MessageForm = 'full'): Message {
  const metadata = { event_type: METADATA_TYPE, event_payload: { incident_id: view.incidentId } }
  const timed = withClockTimes(view, view.at)
  if (form === 'text') return { text: fullText(timed), metadata }
  return { text: summary(timed), blocks: incidentBlocks(timed, form), metadata }
}

/** SHA-256 of the message as JSON, hexadecimal. */
export function messageHash(message: Message): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('hex')
}

/** A reply in the thread: rich text with a plain line beside it, or text only. */
export function replyMessage(text: Words, form: 'blocks' | 'text'): Message {
  if (form === 'text') return { text: mrkdwnWithin(text, LIMITS.section) }
  return { text: mrkdwnWithin(text, 500), blocks: [paragraph(cut(text, LIMITS.section))] }
}

function incidentBlocks(view: IncidentView, form: MessageForm): KnownBlock[] {
  // A new block_id on each revision: Slack keeps a selection as long as the block_id is the same.
  const id = (name: string): string => `${name}.${view.rev}`
  const { explanation } = view
  const blocks: KnownBlock[] = [
    { type: 'header', block_id: id('head'), text: plainText(headerLine(view)) },
    {
      type: 'context',
      block_id: id('facts'),
      elements: [{ type: 'mrkdwn', text: mrkdwn(factsLine(view)) }],
    },
  ]
  const mentions = mentionLine(view)
  if (mentions.length > 0) blocks.push({ ...paragraph(mentions), block_id: id('for') })
  const states = joined(stateLines(view), '\n')
  if (states.length > 0) blocks.push({ ...paragraph(states), block_id: id('state') })
  const question = questionLine(view).map((span) => ({ ...paragraph([span]), block_id: id('ask') }))
  const isAskedFirst = !adviceLines(view).some(({ label }) => label.startsWith('Now'))
  if (isAskedFirst) blocks.push(...question)
  blocks.push(...nowBlocks(view, id('now')))
  const actions = actionsBlock(view, id('act'))
  if (actions) blocks.push(actions)
  // A phone shows 15 lines at once: the buttons come before everything that is not for them.
  const ifIgnored = ifIgnoredLine(view)
  if (ifIgnored.length > 0) blocks.push({ ...paragraph(ifIgnored), block_id: id('else') })
  blocks.push(...commandBlocks(view, id('run')))
  const why = whyLine(view)
  if (why.length > 0) blocks.push({ ...paragraph(why), block_id: id('why') })
  if (!isAskedFirst && !isQuiet(view)) blocks.push(...question)
  blocks.push(...laterBlocks(view, id('later')))
  // Last, so that its length moves neither the advice nor a button.
  if (explanation && !isOver(view) && !isQuiet(view))
    blocks.push(...nodeBlocks(explanation.table, form, id('nodes')))
  const elements = footElements(view)
  if (elements.length > 0) blocks.push({ type: 'context', block_id: id('foot'), elements })
  return blocks
}

type Table = NonNullable<IncidentView['explanation']>['table']
type Row = readonly [node: Words, reason: Words]

function nodeBlocks(table: Table, form: MessageForm, blockId: string): KnownBlock[] {
  if (table.shared) return [{ ...paragraph(cut(table.shared, 600)), block_id: blockId }]
  if (table.rows.length === 0) return []
  const rows = table.rows
    .slice(0, shownNodes)
    .map(([node, reason]): Row => [cut(node, 60), cut(reason, 200)])
  const more = table.more + table.rows.length - rows.length
  const nodes = form === 'full' ? tableBlock(table.header, rows, blockId) : listBlock(rows, blockId)
  if (more === 0) return [nodes]
  const elements = [plainText(`+${more} more`)]
  return [nodes, { type: 'context', block_id: `${blockId}.more`, elements }]
}

function tableBlock(header: Table['header'], rows: readonly Row[], blockId: string): KnownBlock {
  // Half a phone's width holds 22 characters. An unwrapped longer name hides the other column.
  const wrapped = rows.some(([node]) => singleLine(node).length > 22)
  return {
    type: 'table',
    block_id: blockId,
    column_settings: [{ is_wrapped: wrapped }, { is_wrapped: true }],
    rows: [
      header.map((title) => paragraph([strong(singleLine(cut([title], 40)))])),
      ...rows.map(([node, reason]) => [
        paragraph(wrapped ? namespaceApart(node) : node),
        paragraph(effectApart(reason)),
      ]),
    ],
  }
}

function listBlock(rows: readonly Row[], blockId: string): KnownBlock {
  const elements = rows.map(([node, reason]) => ({
    type: 'rich_text_section' as const,
    elements: richText(words`${node}: ${reason}`),
  }))
  return {
    type: 'rich_text',
    block_id: blockId,
    elements: [{ type: 'rich_text_list', style: 'bullet', elements }],
  }
}

/** Splits `key=value:NoSchedule` before its effect, where the line can break. */
function effectApart(reason: Words): Words {
  return reason.flatMap((span): Words => {
    const [, key, effect] =
      (typeof span === 'object' &&
        'code' in span &&
        /^(.+)(:(?:Prefer)?No(?:Schedule|Execute))$/.exec(span.code)) ||
      []
    return key && effect ? [code(key), code(effect)] : [span]
  })
}

/** Splits `namespace/name` after the slash, where the line can break. */
function namespaceApart(name: Words): Words {
  return name.flatMap((span): Words => {
    const [, namespace, rest] =
      (typeof span === 'object' && 'code' in span && /^([^/]+\/)(.+)$/.exec(span.code)) || []
    return namespace && rest ? [code(namespace), code(rest)] : [span]
  })
}

function footElements(view: IncidentView): ContextBlock['elements'] {
  const links = linkLine(view)
  return [
    ...(links ? [{ type: 'mrkdwn' as const, text: links }] : []),
    ...noteLines(view).map((note) => plainText(plainTextLine(note))),
  ]
}
