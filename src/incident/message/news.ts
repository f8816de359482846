import { durationText } from '../../words/time.ts'
import { counted, listed, plural, type Words, words } from '../../words/words.ts'
import { firingDaemonSets } from '../coverage.ts'
import { misscheduledNodes, type Observation, type Posted } from '../state.ts'
import { evidence } from './evidence.ts'

/** A change of the incident that the thread has not shown yet. */
export interface Announcement {
  readonly words: Words
  /** Worth waking somebody: the incident reopened, has another cause, or twice the nodes. */
  readonly broadcast: boolean
}

/**
 * What the thread has not shown yet: at first the evidence, later each change. `alerts`: what has to
 * be said about alerts that are not silenced. `endedSilences`: how many silences ended because the
 * incident is over. Pure.
 */
export function announcements(
  posted: Posted | undefined,
  observation: Observation,
  also: { readonly alerts?: readonly Announcement[]; readonly endedSilences?: number } = {},
): Announcement[] {
  if (!posted) {
    return observation.diagnoses.length > 0
      ? evidence(observation).map((words) => ({ words, broadcast: false }))
      : []
  }
  const change = stateChange(posted, observation, also.endedSilences ?? 0)
  const changes = change ? [change] : []
  const isOver = observation.state === 'closed' || observation.state === 'fixed'
  if (isOver || observation.unreadable) return changes
  const growth = growthSince(posted, observation)
  return [
    ...(also.alerts ?? []),
    ...changes,
    ...newCauses(posted, observation),
    ...(growth ? [growth] : []),
  ]
}

/** What has been posted once these announcements are. `held`: DaemonSets left for later. Pure. */
export function postedAfter(
  posted: Posted | undefined,
  observation: Observation,
  held: readonly string[] = [],
): Posted {
  const unconfirmed = unconfirmedCauses(posted, observation)
  const causes = observation.diagnoses
    .flatMap(({ findings }) => findings.map(({ id }) => id))
    .filter((id) => unconfirmed[id] === undefined)
  const current = misscheduledNodes(observation)
  // Slow growth counts from the last broadcast, or it would never double. A reopened incident starts
  // again.
  const isNew = !posted || reopens(posted, observation)
  const last = isNew ? 0 : posted.nodes
  const shown = isNew ? [] : (posted.shown ?? [])
  const most = isNew ? 0 : (posted.most ?? last)
  const firing = firingDaemonSets(observation).filter((name) => !held.includes(name))
  return {
    state: observation.state,
    causes: [...new Set([...(posted?.causes ?? []), ...causes])].sort(),
    ...(Object.keys(unconfirmed).length > 0 ? { unconfirmed } : {}),
    nodes: last === 0 || current.length >= 2 * last ? current.length : last,
    most: last === 0 ? current.length : Math.max(most, current.length),
    shown: [...new Set([...shown, ...current])].sort(),
    daemonSets: [...new Set([...(posted?.daemonSets ?? []), ...firing])].sort(),
  }
}

/** `fixed` has no entry: the message shows it, and it may last for seconds only. */
function stateChange(
  posted: Posted,
  observation: Observation,
  endedSilences: number,
): Announcement | undefined {
  const { state, unreadable } = observation
  if (posted.state === state) return undefined
  const count = misscheduledNodes(observation).length
  const nodesAre = `${counted(count, 'node')} ${plural(count, 'is', 'are')}`
  const wasClosed = posted.state === 'closed'
  switch (state) {
    case 'closed':
      return { words: overWords(observation, endedSilences), broadcast: false }
    case 'fixed':
      return undefined
    case 'cleared':
      return {
        words: words`Alertmanager resolved the alert, but ${nodesAre} still misscheduled.`,
        broadcast: false,
      }
    case 'unreadable':
      return {
        words: words`${wasClosed ? 'Open again, but the' : 'The'} cluster could not be read: ${unreadable ?? 'no answer'}. Nothing closes until it can be read.`,
        broadcast: wasClosed,
      }
    case 'open':
      if (!reopens(posted, observation)) return undefined
      return wasClosed
        ? { words: words`Open again: ${nodesAre} misscheduled.`, broadcast: true }
        : { words: words`Back: ${nodesAre} misscheduled again.`, broadcast: true }
  }
}

function reopens(posted: Posted, { state }: Observation): boolean {
  return state === 'open' && (posted.state === 'closed' || posted.state === 'fixed')
}

function overWords({ since, closed }: Observation, endedSilences: number): Words {
  const forMs = Date.parse(closed ?? '') - Date.parse(since)
  const after = Number.isNaN(forMs) ? '' : ` after ${durationText(forMs)}`
  const ended = plural(endedSilences, '; silence ended', `; ${endedSilences} silences ended`)
  return [`Over${after}${endedSilences > 0 ? ended : ''}.`]
}

/**
 * A cause of the status is announced only if a reading this much later shows it too: while nodes
 * come and go, the controller's count is off for some seconds. Milliseconds.
 */
const confirmedMs = 30_000

/** The causes of the status that are not announced yet, and when each was read first. */
function unconfirmedCauses(
  posted: Posted | undefined,
  { diagnoses }: Observation,
): Readonly<Record<string, string>> {
  if (!posted) return {}
  const found: Record<string, string> = {}
  for (const { at, findings } of diagnoses) {
    for (const { id, about } of findings) {
      if (about === 'pods' || posted.causes.includes(id)) continue
      const first = posted.unconfirmed?.[id]
      const isConfirmed = first !== undefined && Date.parse(at) - Date.parse(first) >= confirmedMs
      if (!isConfirmed) found[id] ??= first ?? at
    }
  }
  return found
}

function newCauses(posted: Posted, observation: Observation): Announcement[] {
  const unconfirmed = unconfirmedCauses(posted, observation)
  const added = observation.diagnoses
    .flatMap(({ findings }) => findings)
    .filter(({ id }) => !posted.causes.includes(id) && unconfirmed[id] === undefined)
  const distinct = new Map(added.map((finding) => [finding.id, finding]))
  return [...distinct.values()].map((finding) => ({
    words: words`New cause: ${finding.summary}`,
    // The first cause after an outage is what the message was waiting for. A cause of the status
    // says that the count is off, not that more is wrong.
    broadcast: posted.causes.length > 0 && finding.about === 'pods',
  }))
}

/** More nodes than the thread has shown so far. Twice the nodes is worth waking somebody. */
function growthSince(posted: Posted, observation: Observation): Announcement | undefined {
  const nodes = misscheduledNodes(observation)
  const { nodes: base, most = base, shown } = posted
  if (base === 0 || reopens(posted, observation) || nodes.length <= most) return undefined
  const added = shown ? nodes.filter((name) => !shown.includes(name)) : []
  const names = added.length > 0 ? words`New: ${listed(added, 5)}` : listed(nodes, 5)
  return {
    words: words`Growing: ${nodes.length} nodes now, ${most} before. ${names}`,
    broadcast: nodes.length >= 2 * base,
  }
}
