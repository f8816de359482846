import { type Bot, timestamp } from '../bot.ts'
import type { IncidentRow } from '../store/store.ts'
import { code, listed, time, type Words, words } from '../triage/words.ts'
import { routeOf } from './assign.ts'
import type { Seen, Told } from './seen.ts'

/** `chat.update` notifies nobody, so a turn for the worse is also sent to the channel, at most this often. Milliseconds. */
const broadcastEveryMs = 10 * 60_000

export interface Announcement {
  readonly words: Words
  /** Worth waking somebody: opened again, a cause more, twice the nodes. */
  readonly broadcast: boolean
}

/** What the thread has not been told yet. Pure; the first time it is the evidence, afterwards the turns. */
export function announcements(told: Told | undefined, seen: Seen): Announcement[] {
  if (!told) return seen.diagnoses.length > 0 ? [{ words: evidence(seen), broadcast: false }] : []
  const found: Announcement[] = []
  const turn = stateTurn(told, seen)
  if (turn) found.push(turn)
  // Where nothing is misscheduled any more, a finding only says so.
  if (seen.state === 'closed' || seen.state === 'fixed' || seen.unreadable) return found
  const added = seen.diagnoses.flatMap((diagnosis) => diagnosis.findings).filter((finding) => !told.causes.includes(finding.id))
  for (const finding of new Map(added.map((one) => [one.id, one])).values()) {
    // The first cause found after an outage is no news to broadcast: it is what the message was waiting for.
    found.push({ words: words`New cause: ${finding.summary}`, broadcast: told.causes.length > 0 })
  }
  const nodes = nodeNames(seen)
  if (told.nodes > 0 && nodes.length >= 2 * told.nodes) {
    found.push({ words: words`Growing: ${nodes.length} nodes now, ${told.nodes} before. ${listed(nodes, 5)}`, broadcast: true })
  }
  return found
}

/** Tells the thread what it does not know, and remembers that it was told. Returns the row as it is afterwards. */
export async function announce(bot: Bot, row: IncidentRow, seen: Seen): Promise<IncidentRow> {
  if (row.ts === null) return row
  const found = announcements(seen.told, seen)
  const told = toldAfter(seen)
  if (found.length === 0 && JSON.stringify(told) === JSON.stringify(seen.told)) return row
  const quiet = seen.told?.broadcast !== undefined && bot.now().getTime() - Date.parse(seen.told.broadcast) < broadcastEveryMs
  const { mention } = routeOf(bot.config, seen.alerts[0]?.labels ?? {})
  let loud = false
  for (const { words: text, broadcast } of found) {
    const aloud: boolean = broadcast && !quiet && !loud
    loud = loud || aloud
    const said: Words = aloud && mention ? [{ mention }, ' ', ...text] : text
    await bot.slack.reply({ channel: row.channel, ts: row.ts }, said, { broadcast: aloud })
  }
  const broadcast = loud ? timestamp(bot) : seen.told?.broadcast
  const view: Seen = { ...seen, told: { ...told, ...(broadcast ? { broadcast } : {}) } }
  return (await bot.store.changeIncident(row.id, row.rev, { view: JSON.stringify(view) })) ?? row
}

function stateTurn(told: Told, seen: Seen): Announcement | undefined {
  if (told.state === seen.state) return undefined
  const nodes = nodeNames(seen)
  switch (seen.state) {
    case 'closed':
      return { words: words`Over: no node is misscheduled any more and the alert is gone.`, broadcast: false }
    case 'fixed':
      return { words: words`No node is misscheduled any more; the alert follows.`, broadcast: false }
    case 'cleared':
      return {
        words: words`Alertmanager cleared the alert, the cluster has not: ${nodes.length} nodes are still misscheduled.`,
        broadcast: false,
      }
    case 'unreadable':
      return {
        words: words`The cluster could not be read: ${seen.unreadable ?? 'no answer'}. Nothing closes until it can.`,
        broadcast: false,
      }
    case 'open':
      if (told.state === 'closed') return { words: words`Open again: ${nodes.length} nodes are misscheduled.`, broadcast: true }
      if (told.state === 'fixed') return { words: words`Back: ${nodes.length} nodes are misscheduled again.`, broadcast: true }
      return undefined
  }
}

function toldAfter(seen: Seen): Told {
  const causes = new Set([
    ...(seen.told?.causes ?? []),
    ...seen.diagnoses.flatMap((diagnosis) => diagnosis.findings.map((finding) => finding.id)),
  ])
  return {
    state: seen.state,
    causes: [...causes].sort(),
    nodes: Math.max(seen.told?.nodes ?? 0, nodeNames(seen).length),
    ...(seen.told?.broadcast ? { broadcast: seen.told.broadcast } : {}),
  }
}

/** Everything that the verdict rests on, for whoever wants to check it. */
function evidence(seen: Seen): Words {
  const parts = seen.diagnoses.flatMap((diagnosis) => [
    words`Evidence for ${code(`${diagnosis.namespace}/${diagnosis.name}`)}, read ${time(diagnosis.at)}\n`,
    ...diagnosis.findings.flatMap((finding) => [finding.summary, ['\n'], ...finding.evidence.map((line) => words`• ${line}\n`)]),
  ])
  return parts.flat()
}

function nodeNames(seen: Seen): string[] {
  return [
    ...new Set(
      seen.diagnoses.flatMap((diagnosis) => diagnosis.nodes.filter((node) => node.misscheduled).map((node) => node.name)),
    ),
  ].sort()
}
