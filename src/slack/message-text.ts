import { joined, listed, mention, strong, time, user, type Words, words } from '../words/words.ts'
import { adviceLines } from './advice.ts'
import { headerLine, headline, nameOf } from './headline.ts'
import { type IncidentView, isElsewhere, isOver, isQuiet } from './incident-view.ts'
import { LIMITS } from './limits.ts'
import { cut, cutMiddle, escaped, mrkdwn, singleLine } from './text.ts'
import { withClockTimes } from './times.ts'

/** Nodes shown in the message; the rest are counted. */
export const shownNodes = 10

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

/** Which DaemonSets, which cluster, how severe, since when. */
export function factsLine(view: IncidentView): Words {
  const { cluster, severity, since, closed, at } = view
  const names = view.daemonSets.map(nameOf)
  const sets = names.length > 3 ? [`${names.length} DaemonSets`] : listed(names)
  const when =
    closed === undefined ? words`since ${time(since)}` : words`${time(since)} – ${time(closed)}`
  const parts = [sets, [cutMiddle(cluster, 60)], severity ? [cutMiddle(severity, 20)] : []]
  return withClockTimes(joined([...parts, cut(when, 200)], ' · '), at)
}

/**
 * The action in progress, what the state means, how it ended, silences, patches: 300 characters
 * each at most.
 */
export function stateLines(view: IncidentView): Words[] {
  const found: Words[] = []
  if (view.busy) found.push(words`⏳ ${view.busy}`)
  found.push(...stateMeaning(view), ...endingLines(view))
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
  return found.map((line) => withClockTimes(cut(line, 300), view.at))
}

function then(progress: Words | undefined): Words {
  return progress ? words`; ${progress}` : []
}

function stateMeaning(view: IncidentView): Words[] {
  switch (view.state) {
    case 'fixed':
      return isElsewhere(view)
        ? []
        : [words`No node is misscheduled. Alertmanager has not resolved the alert yet.`]
    case 'cleared':
      return [words`Alertmanager resolved the alert, but the pods are still there.`]
    case 'unreadable':
      return [
        view.explanation
          ? words`Below: as last read at ${time(view.at)}. The thread says why it cannot be read now.`
          : words`The cluster has not been read yet. The thread says why.`,
      ]
    case 'closed':
    case 'open':
      return []
  }
}

function endingLines({ state, ending }: IncidentView): Words[] {
  if (!ending || (state !== 'closed' && state !== 'fixed')) return []
  const { by, todo } = ending
  return [
    ...(by ? [words`${strong('Ended by:')} ${by}`] : []),
    ...(todo ? [words`${strong('Still to do:')} ${todo}`] : []),
  ]
}

/** Why the pods are misscheduled; empty once the incident is over, or silenced. */
export function whyLine(view: IncidentView): Words {
  const { explanation } = view
  return !explanation || isOver(view) || isQuiet(view) ? [] : cut(explanation.why, 600)
}

/** What a person has to answer before anything is right. */
export function questionLine(view: IncidentView): Words {
  const question = isOver(view) ? undefined : view.explanation?.question
  return question ? [strong(questionText(question))] : []
}

/** "If you do nothing ▸ It ends by 3:25 with the nodes."; empty if it is over or silenced. */
export function ifIgnoredLine(view: IncidentView): Words {
  const { explanation } = view
  return !explanation || isOver(view) || isQuiet(view) || explanation.ifIgnored.length === 0
    ? []
    : words`${strong('If you do nothing ▸')} ${cut(explanation.ifIgnored, 200)}`
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

/** The link to the page of the cause. */
export const ABOUT = 'About this cause'

/** `T4 node-going-away`, the title of the cause's page in docs/causes; empty once it is over. */
function causeNames(view: IncidentView): string {
  if (view.links.some(({ text }) => text === ABOUT)) return ''
  const causes =
    isOver(view) && !isElsewhere(view) ? [] : (view.explanation?.causes.slice(0, 3) ?? [])
  return causes
    .map(({ id, cause }) => (id === cause ? id : `${id} ${cause}`.trim()))
    .map((title) => escaped(cutMiddle(title, 60)))
    .join(', ')
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
 * blocks: whether to get up first, then what is wrong, what happens otherwise, and what to do.
 */
export function summary(view: IncidentView): string {
  const { text: title } = headline(view)
  const parts = [
    `${singleLine(cut([title], 300))}, in cluster ${cutMiddle(view.cluster, 60)}.`,
    ...stateLines(view).map((line) => `${singleLine(line).replace(/^[^\p{L}]+/u, '')}.`),
    ...[questionLine(view), ifIgnoredLine(view)].map((line) =>
      singleLine(line).replace(' ▸ ', ': '),
    ),
    ...adviceLines(view).flatMap(({ label, title }) =>
      label === "Don't" ? [] : [`${label}: ${singleLine(title)}.`],
    ),
  ]
  const text = parts
    .filter((part) => part !== '')
    .map((part) => part.replace(/[.…]+\.$/, '.'))
    .join(' ')
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
    questionLine(view),
    ifIgnoredLine(view),
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
