import { URGENCY_WORDS, type Urgency } from '../triage/urgency.ts'
import { durationText } from '../words/time.ts'
import { type IncidentView, isElsewhere } from './incident-view.ts'
import { LIMITS } from './limits.ts'
import { cut, cutMiddle, plainTextLine, singleLine } from './text.ts'

/** Namespace and name together, in characters: two lines on a phone. */
const nameLength = 70

/** One line for the header block: the state as an emoji and in words. */
export function headerLine(view: IncidentView): string {
  const { emoji, text } = headline(view)
  return `${emoji} ${plainTextLine(cut([text], LIMITS.header - emoji.length - 1))}`
}

/** What a message is about, in one line. */
export interface Headline {
  readonly emoji: string
  readonly text: string
}

/** Whether to get up, at a glance. */
const EMOJI: Readonly<Record<Urgency, string>> = {
  act: '🟠',
  unclear: '❓',
  'no-action': '🟡',
  'false-alarm': '🔵',
}

/** The headline of any state. */
export function headline(view: IncidentView): Headline {
  const [first, ...rest] = view.daemonSets.map(nameOf)
  const more = rest.length > 0 ? ` and ${rest.length} more` : ''
  const named = `DaemonSet ${first ?? 'unknown'}${more}`
  const explained = view.explanation
    ? singleLine(cut(view.explanation.headline, 300))
    : `${named}: pods on nodes where they should not run`
  const past = singleLine(cut(view.ending?.past ?? [], 300)) || named
  switch (view.state) {
    case 'closed':
      return { emoji: '✅', text: `Over${duration(view)}: ${past}` }
    case 'fixed':
      return isElsewhere(view)
        ? openHeadline(view, explained)
        : { emoji: '🟢', text: `Fixed, the alert should resolve shortly: ${past}` }
    case 'unreadable':
      return {
        emoji: '⚪',
        text: `Cluster unreachable${clockSince(view.unreadableSince)}: ${view.explanation ? explained : named}`,
      }
    case 'cleared':
      return { emoji: '🟠', text: `Alert resolved, not fixed: ${explained}` }
    case 'open':
      return openHeadline(view, explained)
  }
}

function openHeadline({ silenced, explanation }: IncidentView, explained: string): Headline {
  const urgency = explanation?.urgency ?? 'unclear'
  const emoji = EMOJI[urgency]
  if (!silenced) return { emoji, text: `${URGENCY_WORDS[urgency]}: ${explained}` }
  const { of, uncovered } = silenced
  return uncovered.length === 0
    ? { emoji: '🔕', text: `Silenced: ${explained}` }
    : {
        emoji,
        text: `Silenced for ${of - uncovered.length} of ${of} DaemonSets: ${explained}`,
      }
}

/** " after 2 min"; empty if it is unknown how long the incident was open. */
function duration({ since, closed }: IncidentView): string {
  const ms = Date.parse(closed ?? '') - Date.parse(since)
  return Number.isNaN(ms) || ms < 0 ? '' : ` after ${durationText(ms)}`
}

/** A header takes no date that the reader's client formats. */
function clockSince(rfc3339: string | undefined): string {
  const at = new Date(rfc3339 ?? '')
  return Number.isNaN(at.getTime()) ? '' : ` since ${at.toISOString().slice(11, 16)} UTC`
}

export function nameOf({ namespace, name }: IncidentView['daemonSets'][number]): string {
  return cutMiddle(`${namespace}/${name}`, nameLength)
}
