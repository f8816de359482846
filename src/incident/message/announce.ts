import type { Bot } from '../../bot.ts'
import type { IncidentRow } from '../../store/store.ts'
import { code, listed, time, type Words, words } from '../../words/words.ts'
import { misscheduledNodes, type Observation, observationOf, type Posted } from '../state.ts'
import { postToThread } from './thread.ts'

export interface Announcement {
  readonly words: Words
  /** Worth waking somebody: opened again, a cause more, twice the nodes. */
  readonly broadcast: boolean
}

/** What the thread has not been posted yet. Pure; the first time it is the evidence, afterwards the turns. */
export function announcements(
  posted: Posted | undefined,
  observation: Observation,
): Announcement[] {
  if (!posted)
    return observation.diagnoses.length > 0
      ? [{ words: evidence(observation), broadcast: false }]
      : []
  const turn = stateTurn(posted, observation)
  const turns = turn ? [turn] : []
  if (observation.state === 'closed' || observation.state === 'fixed' || observation.unreadable)
    return turns
  const growth = growthOf(posted, observation)
  return [...turns, ...newCauses(posted, observation), ...(growth ? [growth] : [])]
}

/** What the thread knows once it has been posted that. Pure. */
export function postedAfter(posted: Posted | undefined, observation: Observation): Posted {
  const found = observation.diagnoses.flatMap((diagnosis) =>
    diagnosis.findings.map((finding) => finding.id),
  )
  const nodes = misscheduledNodes(observation).length
  // Slow growth counts from what was last posted, or it would never double; an incident that opens again begins anew.
  const known = posted && !opensAgain(posted, observation) ? posted.nodes : 0
  return {
    state: observation.state,
    causes: [...new Set([...(posted?.causes ?? []), ...found])].sort(),
    nodes: known === 0 || nodes >= 2 * known ? nodes : known,
  }
}

/** Tells the thread what it does not know, and remembers that it was posted. Of several turns for the worse one is sent to the channel. */
export async function announce(bot: Bot, row: IncidentRow): Promise<void> {
  const observation = observationOf(row)
  if (row.ts === null || !observation) return
  const found = announcements(observation.posted, observation)
  const loudest = found.find(({ broadcast }) => broadcast)
  for (const [index, one] of found.entries()) {
    const taken = await postToThread(bot, row, one.words, { broadcast: one === loudest })
    // Nothing of it was posted yet, so all of it can be posted in the next round.
    if (!taken && index === 0) return
  }
  await remember(bot, row.id, observation)
}

async function remember(
  bot: Bot,
  id: string,
  { posted: before, ...observation }: Observation,
): Promise<void> {
  const posted = postedAfter(before, observation)
  if (JSON.stringify(posted) === JSON.stringify(before)) return
  // Saying it may have put a broadcast on record.
  const row = await bot.store.incident(id)
  const now = row && observationOf(row)
  if (row && now)
    await bot.store.changeIncident(id, row.rev, {
      observation: JSON.stringify({ ...now, posted } satisfies Observation),
    })
}

function stateTurn(posted: Posted, observation: Observation): Announcement | undefined {
  if (posted.state === observation.state) return undefined
  const count = misscheduledNodes(observation).length
  const nodes = count === 1 ? '1 node' : `${count} nodes`
  const are = count === 1 ? 'is' : 'are'
  const again = posted.state === 'closed'
  switch (observation.state) {
    case 'closed':
      return {
        words: words`Over: no node is misscheduled any more and the alert is gone.`,
        broadcast: false,
      }
    case 'fixed':
      return {
        words: words`No node is misscheduled any more; the alert follows.`,
        broadcast: false,
      }
    case 'cleared':
      return {
        words: words`Alertmanager cleared the alert, the cluster has not: ${nodes} ${are} still misscheduled.`,
        broadcast: false,
      }
    case 'unreadable':
      return {
        words: words`${again ? 'Open again, but the' : 'The'} cluster could not be read: ${observation.unreadable ?? 'no answer'}. Nothing closes until it can.`,
        broadcast: again,
      }
    case 'open':
      if (!opensAgain(posted, observation)) return undefined
      return again
        ? { words: words`Open again: ${nodes} ${are} misscheduled.`, broadcast: true }
        : { words: words`Back: ${nodes} ${are} misscheduled again.`, broadcast: true }
  }
}

function opensAgain(posted: Posted, observation: Observation): boolean {
  return observation.state === 'open' && (posted.state === 'closed' || posted.state === 'fixed')
}

function newCauses(posted: Posted, observation: Observation): Announcement[] {
  const added = observation.diagnoses
    .flatMap(({ findings }) => findings)
    .filter(({ id }) => !posted.causes.includes(id))
  return [...new Map(added.map((finding) => [finding.id, finding])).values()].map((finding) => ({
    words: words`New cause: ${finding.summary}`,
    // The first cause found after an outage is what the message was waiting for; one of the status says that the count is off, not that more is wrong.
    broadcast: posted.causes.length > 0 && finding.about === 'pods',
  }))
}

function growthOf(posted: Posted, observation: Observation): Announcement | undefined {
  const nodes = misscheduledNodes(observation)
  if (posted.nodes === 0 || opensAgain(posted, observation) || nodes.length < 2 * posted.nodes)
    return undefined
  return {
    words: words`Growing: ${nodes.length} nodes now, ${posted.nodes} before. ${listed(nodes, 5)}`,
    broadcast: true,
  }
}

/** Everything that the verdict rests on, for whoever wants to check it. */
function evidence(observation: Observation): Words {
  const parts = observation.diagnoses.flatMap((diagnosis) => [
    words`Evidence for ${code(`${diagnosis.namespace}/${diagnosis.name}`)}, read ${time(diagnosis.at)}\n`,
    ...diagnosis.findings.flatMap((finding) => [
      finding.summary,
      ['\n'],
      ...finding.evidence.map((line) => words`• ${line}\n`),
    ]),
  ])
  return parts.flat()
}
