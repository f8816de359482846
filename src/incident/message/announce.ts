import type { Bot } from '../../bot.ts'
import type { IncidentRow } from '../../store/store.ts'
import { counted, listed, plural, type Words, words } from '../../words/words.ts'
import type { SilenceParameters } from '../action-log.ts'
import { activeSilences, coveredBy, firingDaemonSets, notCoveredBy } from '../coverage.ts'
import { misscheduledNodes, type Observation, type Posted } from '../state.ts'
import { observationOf, updateObservation } from '../stored-observation.ts'
import { evidence } from './evidence.ts'
import { quietNoLonger } from './mention.ts'
import { isBroadcastDue, postToThread } from './thread.ts'

/** A change of the incident that the thread has not shown yet. */
export interface Announcement {
  readonly words: Words
  /** Worth waking somebody: the incident reopened, has another cause, or twice the nodes. */
  readonly broadcast: boolean
}

/**
 * What the thread has not shown yet: at first the evidence, later each change. `unsilenced`:
 * DaemonSets that joined a silenced incident and are to be heard. `notified`: those whose alert was
 * silenced in Alertmanager and no longer is. Pure.
 */
export function announcements(
  posted: Posted | undefined,
  observation: Observation,
  unsilenced: readonly string[] = [],
  notified: readonly string[] = [],
): Announcement[] {
  if (!posted) {
    return observation.diagnoses.length > 0
      ? evidence(observation).map((words) => ({ words, broadcast: false }))
      : []
  }
  const change = stateChange(posted, observation)
  const changes = change ? [change] : []
  const isOver = observation.state === 'closed' || observation.state === 'fixed'
  if (isOver || observation.unreadable) return changes
  const growth = growthSince(posted, observation)
  return [
    ...(unsilenced.length > 0 ? [unsilencedJoin(unsilenced)] : []),
    ...(notified.length > 0 ? [quietEnded(notified)] : []),
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
  const causes = observation.diagnoses.flatMap(({ findings }) => findings.map(({ id }) => id))
  const nodes = misscheduledNodes(observation).length
  // Slow growth counts from the last post, or it would never double. A reopened incident starts
  // again.
  const last = posted && !reopens(posted, observation) ? posted.nodes : 0
  const firing = firingDaemonSets(observation).filter((name) => !held.includes(name))
  return {
    state: observation.state,
    causes: [...new Set([...(posted?.causes ?? []), ...causes])].sort(),
    nodes: last === 0 || nodes >= 2 * last ? nodes : last,
    daemonSets: [...new Set([...(posted?.daemonSets ?? []), ...firing])].sort(),
  }
}

/**
 * Posts in the thread what it has not shown yet, and records it. If several changes are worth a
 * broadcast, the first one is sent to the channel.
 * @returns the row after that.
 */
export async function announce(bot: Bot, row: IncidentRow): Promise<IncidentRow> {
  const observation = observationOf(row)
  if (row.ts === null || !observation) return row
  const silences = activeSilences(await bot.store.actions(row.id))
  const joined = unsilencedJoins(observation, silences)
  // It is posted when it can be broadcast: a silent reply about an unsilenced alert helps nobody.
  const isDue = isBroadcastDue(observation, bot.now())
  const held = isDue ? [] : joined
  const quiet = stillQuiet(observation, silences)
  const notified = isDue ? await quietNoLonger(bot, { ...observation, quiet }) : []
  const found = announcements(observation.posted, observation, isDue ? joined : [], notified)
  const loudest = found.find(({ broadcast }) => broadcast)
  let current = row
  for (const [index, one] of found.entries()) {
    const post = await postToThread(bot, current, one.words, { broadcast: one === loudest })
    current = post.row
    // Nothing has been posted yet, so the next round can post all of it.
    if (!post.delivered && index === 0) return current
  }
  const posted = postedAfter(observation.posted, observation, held)
  // The first reply is the evidence; what else there is follows with the next round.
  const waiting = observation.posted ? quiet.filter((name) => !notified.includes(name)) : quiet
  const { posted: before, quiet: quietBefore = [] } = observation
  if (JSON.stringify([posted, waiting]) === JSON.stringify([before, quietBefore])) return current
  const updated = await updateObservation(bot, current, (last) => ({
    ...last,
    posted,
    quiet: waiting.length > 0 ? waiting : undefined,
  }))
  return updated?.row ?? current
}

/**
 * The quiet DaemonSets that may still be heard: not after the incident is over, and not once
 * somebody silenced them here, as the end of that silence is broadcast itself. Pure.
 */
function stillQuiet(
  { quiet = [], ...observation }: Observation,
  silences: readonly SilenceParameters[],
): readonly string[] {
  if (observation.state === 'closed') return []
  const covered = firingDaemonSets(coveredBy(observation, silences))
  return quiet.filter((name) => !covered.includes(name))
}

function quietEnded(names: readonly string[]): Announcement {
  const fires = plural(names.length, 'fires', 'fire')
  const are = plural(names.length, 'is', 'are')
  return {
    words: words`${listed(names)} still ${fires} and ${are} no longer silenced or inhibited in Alertmanager.`,
    broadcast: true,
  }
}

/** DaemonSets that fire, joined since the last post, and are covered by no silence. Pure. */
function unsilencedJoins(
  observation: Observation,
  silences: readonly SilenceParameters[],
): readonly string[] {
  const known = observation.posted?.daemonSets
  if (!known || silences.length === 0 || observation.state !== 'open') return []
  return firingDaemonSets(notCoveredBy(observation, silences)).filter(
    (name) => !known.includes(name),
  )
}

function unsilencedJoin(names: readonly string[]): Announcement {
  const fire = plural(names.length, 'fires', 'fire')
  const are = plural(names.length, 'is', 'are')
  return {
    words: words`${listed(names)} ${fire} too and ${are} not silenced: the silence does not cover ${plural(names.length, 'it', 'them')}.`,
    broadcast: true,
  }
}

function stateChange(posted: Posted, observation: Observation): Announcement | undefined {
  const { state, unreadable } = observation
  if (posted.state === state) return undefined
  const count = misscheduledNodes(observation).length
  const nodesAre = `${counted(count, 'node')} ${plural(count, 'is', 'are')}`
  const wasClosed = posted.state === 'closed'
  switch (state) {
    case 'closed':
      return {
        words: words`Resolved: no node is misscheduled and the alert is gone.`,
        broadcast: false,
      }
    case 'fixed':
      return {
        words: words`No node is misscheduled. The alert should resolve shortly.`,
        broadcast: false,
      }
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

function newCauses(posted: Posted, { diagnoses }: Observation): Announcement[] {
  const added = diagnoses
    .flatMap(({ findings }) => findings)
    .filter(({ id }) => !posted.causes.includes(id))
  const distinct = new Map(added.map((finding) => [finding.id, finding]))
  return [...distinct.values()].map((finding) => ({
    words: words`New cause: ${finding.summary}`,
    // The first cause after an outage is what the message was waiting for. A cause of the status
    // says that the count is off, not that more is wrong.
    broadcast: posted.causes.length > 0 && finding.about === 'pods',
  }))
}

function growthSince(posted: Posted, observation: Observation): Announcement | undefined {
  const nodes = misscheduledNodes(observation)
  if (posted.nodes === 0 || reopens(posted, observation)) return undefined
  if (nodes.length < 2 * posted.nodes) return undefined
  return {
    words: words`Growing: ${nodes.length} nodes now, ${posted.nodes} before. ${listed(nodes, 5)}`,
    broadcast: true,
  }
}
