import type { Bot } from '../../bot.ts'
import type { IncidentRow } from '../../store/store.ts'
import { code, listed, time, type Words, words } from '../../words/words.ts'
import { misscheduledNodes, type Seen, seenOf, type Told } from '../state.ts'
import { say } from './thread.ts'

export interface Announcement {
  readonly words: Words
  /** Worth waking somebody: opened again, a cause more, twice the nodes. */
  readonly broadcast: boolean
}

/** What the thread has not been told yet. Pure; the first time it is the evidence, afterwards the turns. */
export function announcements(told: Told | undefined, seen: Seen): Announcement[] {
  if (!told) return seen.diagnoses.length > 0 ? [{ words: evidence(seen), broadcast: false }] : []
  const turn = stateTurn(told, seen)
  const turns = turn ? [turn] : []
  if (seen.state === 'closed' || seen.state === 'fixed' || seen.unreadable) return turns
  const growth = growthOf(told, seen)
  return [...turns, ...newCauses(told, seen), ...(growth ? [growth] : [])]
}

/** What the thread knows once it has been told that. Pure. */
export function toldAfter(told: Told | undefined, seen: Seen): Told {
  const found = seen.diagnoses.flatMap((diagnosis) =>
    diagnosis.findings.map((finding) => finding.id),
  )
  const nodes = misscheduledNodes(seen).length
  // Slow growth counts from what was last told, or it would never double; an incident that opens again begins anew.
  const known = told && !opensAgain(told, seen) ? told.nodes : 0
  return {
    state: seen.state,
    causes: [...new Set([...(told?.causes ?? []), ...found])].sort(),
    nodes: known === 0 || nodes >= 2 * known ? nodes : known,
  }
}

/** Tells the thread what it does not know, and remembers that it was told. Of several turns for the worse one is sent to the channel. */
export async function announce(bot: Bot, row: IncidentRow): Promise<void> {
  const seen = seenOf(row)
  if (row.ts === null || !seen) return
  const found = announcements(seen.told, seen)
  const loudest = found.find(({ broadcast }) => broadcast)
  for (const [index, one] of found.entries()) {
    const taken = await say(bot, row, one.words, { broadcast: one === loudest })
    // Nothing of it was told yet, so all of it can be told in the next round.
    if (!taken && index === 0) return
  }
  await remember(bot, row.id, seen)
}

async function remember(bot: Bot, id: string, { told: before, ...seen }: Seen): Promise<void> {
  const told = toldAfter(before, seen)
  if (JSON.stringify(told) === JSON.stringify(before)) return
  // Saying it may have put a broadcast on record.
  const row = await bot.store.incident(id)
  const now = row && seenOf(row)
  if (row && now)
    await bot.store.changeIncident(id, row.rev, {
      view: JSON.stringify({ ...now, told } satisfies Seen),
    })
}

function stateTurn(told: Told, seen: Seen): Announcement | undefined {
  if (told.state === seen.state) return undefined
  const count = misscheduledNodes(seen).length
  const nodes = count === 1 ? '1 node' : `${count} nodes`
  const are = count === 1 ? 'is' : 'are'
  const again = told.state === 'closed'
  switch (seen.state) {
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
        words: words`${again ? 'Open again, but the' : 'The'} cluster could not be read: ${seen.unreadable ?? 'no answer'}. Nothing closes until it can.`,
        broadcast: again,
      }
    case 'open':
      if (!opensAgain(told, seen)) return undefined
      return again
        ? { words: words`Open again: ${nodes} ${are} misscheduled.`, broadcast: true }
        : { words: words`Back: ${nodes} ${are} misscheduled again.`, broadcast: true }
  }
}

function opensAgain(told: Told, seen: Seen): boolean {
  return seen.state === 'open' && (told.state === 'closed' || told.state === 'fixed')
}

function newCauses(told: Told, seen: Seen): Announcement[] {
  const added = seen.diagnoses
    .flatMap(({ findings }) => findings)
    .filter(({ id }) => !told.causes.includes(id))
  return [...new Map(added.map((finding) => [finding.id, finding])).values()].map((finding) => ({
    words: words`New cause: ${finding.summary}`,
    // The first cause found after an outage is what the message was waiting for; one of the number (S) says that the count is off, not that more is wrong.
    broadcast: told.causes.length > 0 && !finding.id.startsWith('S'),
  }))
}

function growthOf(told: Told, seen: Seen): Announcement | undefined {
  const nodes = misscheduledNodes(seen)
  if (told.nodes === 0 || opensAgain(told, seen) || nodes.length < 2 * told.nodes) return undefined
  return {
    words: words`Growing: ${nodes.length} nodes now, ${told.nodes} before. ${listed(nodes, 5)}`,
    broadcast: true,
  }
}

/** Everything that the verdict rests on, for whoever wants to check it. */
function evidence(seen: Seen): Words {
  const parts = seen.diagnoses.flatMap((diagnosis) => [
    words`Evidence for ${code(`${diagnosis.namespace}/${diagnosis.name}`)}, read ${time(diagnosis.at)}\n`,
    ...diagnosis.findings.flatMap((finding) => [
      finding.summary,
      ['\n'],
      ...finding.evidence.map((line) => words`• ${line}\n`),
    ]),
  ])
  return parts.flat()
}
