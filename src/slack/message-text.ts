import { joined, listed, mention, strong, time, user, type Words, words } from '../words/words.ts'
import { adviceLines } from './advice.ts'
import { type IncidentView, isElsewhere, isOver } from './incident-view.ts'
import { LIMITS } from './limits.ts'
import { cut, cutMiddle, escaped, mrkdwn, plainTextLine, singleLine } from './text.ts'

/** Nodes shown in the message; the rest are counted. */
export const shownNodes = 10

/** Namespace and name together, in characters: two lines on a phone. */
const nameLength = 70

/** One line for the header block: the state as an emoji and in words. */
export function headerLine(view: IncidentView): string {
  const { emoji, text } = headline(view)
  return `${emoji} ${plainTextLine(cut([text], LIMITS.header - emoji.length - 1))}`
}

interface Headline {
  readonly emoji: string
  readonly text: string
}

function headline(view: IncidentView): Headline {
  const [first, ...rest] = view.daemonSets.map(nameOf)
  const more = rest.length > 0 ? ` and ${rest.length} more` : ''
  const named = `DaemonSet ${first ?? 'unknown'}${more}`
  const explained = view.explanation
    ? singleLine(cut(view.explanation.headline, 300))
    : `${named}: pods on nodes where they should not run`
  switch (view.state) {
    case 'closed':
      return { emoji: '✅', text: `Resolved: ${named}` }
    case 'fixed':
      return isElsewhere(view)
        ? { emoji: '⚪', text: explained }
        : { emoji: '🟢', text: `Fixed, the alert should resolve shortly: ${named}` }
    case 'unreadable':
      return { emoji: '⚪', text: `Cluster unreadable: ${view.explanation ? explained : named}` }
    case 'cleared':
      return { emoji: '🟠', text: `Alert resolved, not fixed: ${explained}` }
    case 'open':
      return openHeadline(view, explained)
  }
}

function openHeadline({ silenced }: IncidentView, explained: string): Headline {
  if (!silenced) return { emoji: '🟠', text: explained }
  const { of, uncovered } = silenced
  return uncovered.length === 0
    ? { emoji: '🔕', text: `Silenced: ${explained}` }
    : {
        emoji: '🟠',
        text: `Silenced for ${of - uncovered.length} of ${of} DaemonSets: ${explained}`,
      }
}

function nameOf({ namespace, name }: IncidentView['daemonSets'][number]): string {
  return cutMiddle(`${namespace}/${name}`, nameLength)
}

/** Everybody who is mentioned, at most 10; empty if nobody is. */
export function mentionLine({ mentions = [] }: IncidentView): Words {
  return cut(
    joined(
      mentions.slice(0, 10).map((whom) => [mention(whom)]),
      ' ',
    ),
    300,
  )
}

/** Which DaemonSets, which cluster, since when. */
export function factsLine(view: IncidentView): Words {
  const names = view.daemonSets.map(nameOf)
  const sets = names.length > 3 ? [`${names.length} DaemonSets`] : listed(names)
  const when =
    view.closed === undefined
      ? words`since ${time(view.since)}`
      : words`${time(view.since)} – ${time(view.closed)}`
  return joined([sets, [cutMiddle(view.cluster, 60)], cut(when, 200)], ' · ')
}

/** The action in progress, what the state means, silences, patches: 300 characters each at most. */
export function stateLines(view: IncidentView): Words[] {
  const found: Words[] = []
  if (view.busy) found.push(words`⏳ ${view.busy}`)
  const meaning = stateMeaning(view)
  if (meaning) found.push(meaning)
  for (const { until, who, untilNodesGone, covers } of view.silences.slice(0, 3)) {
    const what = covers ? words`${listed(covers, 2)} silenced` : ['Silenced']
    const end = untilNodesGone
      ? words`until these nodes are gone (currently until ${time(until)})`
      : words`until ${time(until)}`
    found.push(words`🔕 ${what} by ${user(who)} ${end}`)
  }
  const uncovered = view.state === 'open' ? (view.silenced?.uncovered ?? []) : []
  if (uncovered.length > 0) found.push(words`🔔 Not silenced: ${listed(uncovered)}`)
  for (const { what, who, progress } of view.undoable.slice(0, 3))
    found.push(words`🔧 ${what}, by ${user(who)}${then(progress)}`)
  for (const { what, who, undoneBy, progress } of (view.undone ?? []).slice(0, 3)) {
    const by = who === undefined ? [] : words` by ${user(who)}`
    found.push(words`↩️ ${what}${by}, undone by ${user(undoneBy)}${then(progress)}`)
  }
  return found.map((line) => cut(line, 300))
}

function then(progress: Words | undefined): Words {
  return progress ? words`; ${progress}` : []
}

function stateMeaning(view: IncidentView): Words | undefined {
  switch (view.state) {
    case 'fixed':
      return isElsewhere(view)
        ? undefined
        : words`No node is misscheduled. Alertmanager has not resolved the alert yet.`
    case 'cleared':
      return words`Alertmanager resolved the alert, but the pods are still there.`
    case 'closed':
      return words`No node is misscheduled, and the alert is resolved.`
    case 'unreadable':
      return view.unreadable ?? words`The cluster could not be read.`
    case 'open':
      return undefined
  }
}

/**
 * Why the pods are misscheduled, and what a person has to answer; empty once the incident is over.
 */
export function whyLine(view: IncidentView): Words {
  const { explanation } = view
  if (!explanation || isOver(view)) return []
  return joined([
    cut(explanation.why, 600),
    explanation.question ? [strong(questionText(explanation.question))] : [],
  ])
}

function questionText(question: Words): string {
  return singleLine(cut(question, 300))
}

/**
 * Below everything else: history, related alerts, missing buttons, and what could not be read. Once
 * it is over, nothing rests on what could not be read.
 */
export function noteLines(view: IncidentView): Words[] {
  const { history, relatedAlerts, missing, explanation } = view
  const limits = isOver(view) ? [] : (explanation?.limits ?? [])
  return [
    ...[history, relatedAlerts].filter((line) => line !== undefined),
    ...missing.slice(0, 2),
    ...limits.slice(0, 2),
  ].map((line) => cut(line, 160))
}

/** Links and cause names in mrkdwn; empty if there are none. */
export function linkLine(view: IncidentView): string {
  return [linkList(view), causeNames(view)].filter((part) => part !== '').join(' · ')
}

/** `T4 node-going-away`, the title of the cause's page in docs/causes; empty once it is over. */
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

/**
 * One paragraph in mrkdwn for notifications and screen readers, which show it instead of the
 * blocks: the state first, then what is wrong and what to do.
 */
export function summary(view: IncidentView): string {
  const { text: title } = headline(view)
  const state = view.state === 'open' && !view.silenced ? 'Open: ' : ''
  const parts = [
    `${state}${singleLine(cut([title], 300))}, in cluster ${cutMiddle(view.cluster, 60)}.`,
    ...stateLines(view).map((line) => `${singleLine(line).replace(/^[^\p{L}]+/u, '')}.`),
    ...(view.explanation?.question && !isOver(view)
      ? [questionText(view.explanation.question)]
      : []),
    ...adviceLines(view).flatMap(({ label, title }) =>
      label === "Don't" ? [] : [`${label}: ${singleLine(title)}.`],
    ),
  ]
  const text = parts.map((part) => part.replace(/[.…]+\.$/, '.')).join(' ')
  return mrkdwn(cut(joined([mentionLine(view), [text]]), 2000))
}

/** The whole message as mrkdwn, for when Slack accepts no blocks. Drops lines that do not fit. */
export function fullText(view: IncidentView): string {
  const rows = view.explanation?.table.rows.slice(0, shownNodes) ?? []
  const candidates: Words[] = [
    [strong(headerLine(view))],
    mentionLine(view),
    factsLine(view),
    ...stateLines(view),
    whyLine(view),
    ...adviceLines(view).map(
      ({ label, title, why, where }) =>
        words`${strong(`${label}:`)} ${title}. ${joined([why, where])}`,
    ),
    ...rows.map(([node, reason]) => words`• ${cut(node, 60)}: ${cut(reason, 130)}`),
    ...noteLines(view),
  ]
  let text = ''
  for (const line of candidates.filter((words) => words.length > 0).map(mrkdwn))
    if (text.length + line.length + 1 <= LIMITS.messageText)
      text += text === '' ? line : `\n${line}`
  return text
}
