import { createHash } from 'node:crypto'
import type { ContextBlock, KnownBlock, RichTextBlock } from '@slack/web-api'
import { code, joined, listed, strong, time, user, type Words, words } from '../words/words.ts'
import { answerBlocks, answers, isElsewhere, isOver, notBlocks } from './advice.ts'
import { actionsBlock } from './buttons.ts'
import { cut, cutMiddle, escaped, mrkdwn, plainLine, richText, sentence } from './draw.ts'
import { LIMITS } from './limits.ts'
import type { IncidentView } from './view.ts'

/** What `chat.postMessage` and `chat.update` are given. */
export interface Message {
  /** What notifications show and screen readers read instead of the blocks. */
  readonly text: string
  readonly blocks?: KnownBlock[]
  readonly metadata?: {
    readonly event_type: string
    readonly event_payload: { readonly incident_id: string }
  }
}

/** How much of Block Kit is used: Slack may refuse the table, and whatever else we did not foresee. */
export type Level = 'full' | 'no-table' | 'text'
export const LEVELS: readonly Level[] = ['full', 'no-table', 'text']

/** By it the incident's own message is found again where its `ts` was never learnt. Slack shows it to every app, so it holds an id only. */
export const METADATA_TYPE = 'daemonset_triage_incident'

/** The one message of an incident. Equal views give equal bytes; whatever the view holds, Slack's limits are kept. */
export function incidentMessage(view: IncidentView, level: Level = 'full'): Message {
  const metadata = { event_type: METADATA_TYPE, event_payload: { incident_id: view.incidentId } }
  if (level === 'text') return { text: textOnly(view), metadata }
  return { text: summary(view), blocks: blocks(view, level), metadata }
}

/** SHA-256 of the message's bytes, hexadecimal. */
export function messageHash(message: Message): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('hex')
}

const tableRows = 10

function blocks(view: IncidentView, level: Level): KnownBlock[] {
  const id = (name: string): string => `${name}.${view.rev}`
  const { explanation } = view
  const drawn: KnownBlock[] = [
    {
      type: 'header',
      block_id: id('head'),
      text: { type: 'plain_text', emoji: false, text: headerText(view) },
    },
    {
      type: 'context',
      block_id: id('facts'),
      elements: [{ type: 'mrkdwn', text: mrkdwn(facts(view)) }],
    },
  ]
  const states = stateLines(view)
  if (states.length > 0) drawn.push({ ...paragraph(lines(states)), block_id: id('state') })
  const why = reason(view)
  if (why.length > 0) drawn.push({ ...paragraph(why), block_id: id('why') })
  drawn.push(...answerBlocks(view, id('advice')))
  const actions = actionsBlock(view, id('act'))
  if (actions) drawn.push(actions)
  drawn.push(...notBlocks(view, id('not')))
  // The table comes last: whatever its length, the answer stays on the first screen and no button moves under a thumb.
  if (explanation && !isOver(view) && explanation.table.rows.length > 0)
    drawn.push(...nodeBlocks(explanation.table, level, id('nodes')))
  const foot = footnotes(view)
  if (foot.length > 0) drawn.push({ type: 'context', block_id: id('foot'), elements: foot })
  return drawn
}

/** State first: an emoji for the eye, and always in words too. */
export function headline(view: IncidentView): { readonly emoji: string; readonly text: string } {
  const named = `DaemonSet ${setNames(view)}`
  const told = view.explanation
    ? sentence(cut(view.explanation.headline, 300))
    : `${named}: pods on nodes where they should not be`
  switch (view.state) {
    case 'closed':
      return { emoji: '✅', text: `Over: ${named}` }
    case 'fixed':
      return isElsewhere(view)
        ? { emoji: '⚪', text: told }
        : { emoji: '🟢', text: `Fixed, the alert follows: ${named}` }
    case 'unreadable':
      return { emoji: '⚪', text: `Cluster unreadable: ${view.explanation ? told : named}` }
    case 'cleared':
      return { emoji: '🟠', text: `Alert cleared, still wrong: ${told}` }
    case 'open':
      return view.silences.length > 0
        ? { emoji: '🔕', text: `Silenced: ${told}` }
        : { emoji: '🟠', text: told }
  }
}

function headerText(view: IncidentView): string {
  const { emoji, text } = headline(view)
  return `${emoji} ${plainLine(cut([text], LIMITS.header - emoji.length - 1))}`
}

function setNames(view: IncidentView): string {
  const [first, ...rest] = view.daemonSets
  if (!first) return 'unknown'
  return `${cutMiddle(`${first.namespace}/${first.name}`, 70)}${rest.length > 0 ? ` and ${rest.length} more` : ''}`
}

/** Which DaemonSets, which cluster, since when. */
function facts(view: IncidentView): Words {
  const names = view.daemonSets.map(({ namespace, name }) => cutMiddle(`${namespace}/${name}`, 70))
  const sets = names.length > 3 ? [`${names.length} DaemonSets`] : listed(names)
  const when =
    view.closed === undefined
      ? words`since ${time(view.since)}`
      : words`${time(view.since)} – ${time(view.closed)}`
  return joined([sets, [cutMiddle(view.cluster, 60)], cut(when, 200)], ' · ')
}

/** What holds beside the cause: what could not be read, what somebody did or is doing. */
export function stateLines(view: IncidentView): Words[] {
  const found: Words[] = []
  if (view.busy) found.push(words`⏳ ${view.busy}`)
  if (view.state === 'fixed' && !isElsewhere(view))
    found.push(words`No node is misscheduled any more. Alertmanager still has to notice.`)
  if (view.state === 'cleared')
    found.push(words`Alertmanager cleared the alert, but the pods are still there.`)
  if (view.state === 'closed')
    found.push(words`No node is misscheduled any more, and the alert is gone.`)
  if (view.state === 'unreadable')
    found.push(view.unreadable ?? words`The cluster could not be read.`)
  for (const { until, who, untilNodesGone } of view.silences.slice(0, 3)) {
    found.push(
      untilNodesGone
        ? words`🔕 Silenced by ${user(who)} until these nodes are gone; renewed until ${time(until)}`
        : words`🔕 Silenced by ${user(who)} until ${time(until)}`,
    )
  }
  for (const { what, who } of view.undoable.slice(0, 3))
    found.push(words`🔧 ${what}, by ${user(who)}`)
  return found.map((line) => cut(line, 300))
}

/** Why it is so; nothing once it is over, for the state says that already. */
function reason(view: IncidentView): Words {
  return view.explanation && !isOver(view) ? cut(view.explanation.why, 600) : []
}

type Table = NonNullable<IncidentView['explanation']>['table']

function nodeBlocks(table: Table, level: Level, blockId: string): KnownBlock[] {
  const shown = table.rows
    .slice(0, tableRows)
    .map(([node, reason]) => [cut(node, 60), cut(reason, 130)] as const)
  const more = table.more + table.rows.length - shown.length
  const rest: KnownBlock[] =
    more > 0
      ? [
          {
            type: 'context',
            block_id: `${blockId}.more`,
            elements: [{ type: 'plain_text', emoji: false, text: `+${more} more` }],
          },
        ]
      : []
  if (level === 'full') {
    const header = table.header.map((title) => paragraph([strong(sentence(cut([title], 40)))]))
    const rows = shown.map(([node, reason]) => [paragraph(node), paragraph(effectApart(reason))])
    // A short name stays in one line; anything longer wraps, so that no column pushes the other off a phone's screen.
    const wrapped = shown.some(([node]) => sentence(node).length > 22)
    return [
      {
        type: 'table',
        block_id: blockId,
        column_settings: [{ is_wrapped: wrapped }, { is_wrapped: true }],
        rows: [header, ...rows],
      },
      ...rest,
    ]
  }
  const items = shown.map(([node, reason]) => ({
    type: 'rich_text_section' as const,
    elements: richText(words`${node}: ${reason}`),
  }))
  return [
    {
      type: 'rich_text',
      block_id: blockId,
      elements: [{ type: 'rich_text_list', style: 'bullet', elements: items }],
    },
    ...rest,
  ]
}

/** `key=value:NoSchedule` in two names: a place to break the line, and the same text when copied. */
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

/** Links, the cause as docs/causes names it, and what is missing: at most a context block's worth. */
function footnotes(view: IncidentView): ContextBlock['elements'] {
  const notes = [
    ...remarks(view),
    ...view.missing.slice(0, 2),
    ...(view.explanation?.limits.slice(0, 2) ?? []),
  ]
  const lookUp = [linkList(view), causeNames(view)].filter((part) => part !== '').join(' · ')
  return [
    ...(lookUp ? [{ type: 'mrkdwn' as const, text: lookUp }] : []),
    ...notes.map((note) => ({
      type: 'plain_text' as const,
      emoji: false,
      text: plainLine(cut(note, 160)),
    })),
  ]
}

/** What else there is to know, outside the cause. */
function remarks({ history, relatedAlerts }: IncidentView): Words[] {
  return [history, relatedAlerts].filter((line) => line !== undefined)
}

/** `T4 node-going-away`, by which the page of the cause is found; nothing once that is over, for only the metric's delay is left. */
function causeNames(view: IncidentView): string {
  const causes =
    isOver(view) && !isElsewhere(view) ? [] : (view.explanation?.causes.slice(0, 3) ?? [])
  return causes.map(({ id, cause }) => escaped(cutMiddle(`${id} ${cause}`.trim(), 60))).join(', ')
}

function linkList(view: IncidentView): string {
  return view.links
    .map(({ text, url }) => ({ text, url: url.replaceAll('&', '&amp;') }))
    .filter(({ url }) => /^https?:\/\/[^\s<>|]+$/.test(url) && url.length <= 600)
    .slice(0, 4)
    .map(({ text, url }) => `<${url}|${escaped(cutMiddle(text, 40)).replaceAll('|', '¦')}>`)
    .join(' · ')
}

/** One full paragraph for those who hear the message: state, what, and what to do. */
function summary(view: IncidentView): string {
  const { text } = headline(view)
  const state = view.state === 'open' && view.silences.length === 0 ? 'Open: ' : ''
  const parts = [
    `${state}${sentence(cut([text], 300))}, in cluster ${cutMiddle(view.cluster, 60)}.`,
    ...stateLines(view).map((line) => `${sentence(line).replace(/^[^\p{L}]+/u, '')}.`),
    ...answers(view).flatMap(({ label, title }) =>
      label === 'Not' ? [] : [`${label}: ${sentence(title)}.`],
    ),
  ]
  return mrkdwn(cut([parts.map((part) => part.replace(/[.…]+\.$/, '.')).join(' ')], 2000))
}

/** The whole message where Slack takes no blocks at all. Lines that no longer fit are left out, from the end. */
function textOnly(view: IncidentView): string {
  const { explanation } = view
  const candidates: Words[] = [
    [strong(headerText(view))],
    facts(view),
    ...stateLines(view),
    reason(view),
    ...answers(view).map(({ label, title, why }) => words`${strong(`${label}:`)} ${title}. ${why}`),
    ...(explanation?.table.rows ?? [])
      .slice(0, tableRows)
      .map(([node, reason]) => words`• ${cut(node, 60)}: ${cut(reason, 130)}`),
    ...[...remarks(view), ...view.missing.slice(0, 2)].map((note) => cut(note, 160)),
  ]
  let text = ''
  for (const line of candidates.filter((words) => words.length > 0).map(mrkdwn))
    if (text.length + line.length + 1 <= LIMITS.messageText)
      text += text === '' ? line : `\n${line}`
  return text
}

export function paragraph(text: Words): RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: richText(text) }] }
}

function lines(parts: readonly Words[]): Words {
  return joined(parts, '\n')
}
