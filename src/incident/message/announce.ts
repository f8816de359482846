import type { Bot } from '../../bot.ts'
import type { IncidentRow } from '../../store/store.ts'
import { listed, plural, words } from '../../words/words.ts'
import type { SilenceParameters } from '../action-log.ts'
import { activeSilences, coveredBy, firingDaemonSets, notCoveredBy } from '../coverage.ts'
import { endedWith } from '../ended-silences.ts'
import type { Observation } from '../state.ts'
import { observationOf, updateObservation } from '../stored-observation.ts'
import { quietNoLonger } from './mention.ts'
import { type Announcement, announcements, postedAfter } from './news.ts'
import { isBroadcastDue, postToThread } from './thread.ts'

/**
 * Posts in the thread what it has not shown yet, and records it. If several changes are worth a
 * broadcast, the first one is sent to the channel.
 * @returns the row after that.
 */
export async function announce(bot: Bot, row: IncidentRow): Promise<IncidentRow> {
  const observation = observationOf(row)
  if (row.ts === null || !observation) return row
  const actions = await bot.store.actions(row.id)
  const silences = activeSilences(actions)
  const joined = unsilencedJoins(observation, silences)
  // It is posted when it can be broadcast: a silent reply about an unsilenced alert helps nobody.
  const isDue = isBroadcastDue(observation, bot.now())
  const held = isDue ? [] : joined
  const quiet = stillQuiet(observation, silences)
  const notified = isDue ? await quietNoLonger(bot, { ...observation, quiet }) : []
  const alerts = [
    ...(isDue && joined.length > 0 ? [unsilencedJoin(joined)] : []),
    ...(notified.length > 0 ? [quietEnded(notified)] : []),
  ]
  const endedSilences = endedWith(observation, actions)
  const found = announcements(observation.posted, observation, { alerts, endedSilences })
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
