import type { PolledSilence } from '../alertmanager/client.ts'
import { type Bot, timestamp } from '../bot.ts'
import type { ActionRow, IncidentRow } from '../store/store.ts'
import { listed, user, type Words, words } from '../triage/words.ts'
import type { SilenceDeed } from './deeds.ts'
import type { Seen } from './seen.ts'
import { say } from './settle.ts'

/** A silence that follows nodes is never set further ahead than this: if the bot dies, it runs out within the hour. Milliseconds. */
export const stepMs = 60 * 60_000

/** It is renewed once less than this is left. Milliseconds. */
const renewMs = 30 * 60_000

/** Equality matchers on these names and no others: the rest of the labels are kube-state-metrics' own and change. */
export function matchersOf(alert: Seen['alerts'][number]): Readonly<Record<string, string>> {
  const cluster = alert.labels.cluster
  return {
    alertname: alert.labels.alertname ?? 'KubeDaemonSetMisScheduled',
    ...(cluster ? { cluster } : {}),
    daemonset: alert.name,
    namespace: alert.namespace,
  }
}

/** One silence for each alert of the incident. Where one with the same matchers is active already, it is taken over, not doubled. */
export async function placeSilences(
  bot: Bot,
  seen: Seen,
  settings: { readonly until: string; readonly createdBy: string; readonly comment: string },
): Promise<SilenceDeed['silences']> {
  const { alertmanager } = bot
  if (!alertmanager) throw new Error('ALERTMANAGER_URL is not set')
  const placed: SilenceDeed['silences'][number][] = []
  try {
    for (const alert of seen.alerts) {
      const matchers = matchersOf(alert)
      const { id } = await alertmanager.createSilence({
        matchers,
        endsAt: settings.until,
        createdBy: settings.createdBy,
        comment: settings.comment,
      })
      placed.push({ id, namespace: alert.namespace, name: alert.name, alertname: matchers.alertname ?? '' })
    }
  } catch (error) {
    // All or none: half a silenced incident is worse to understand than a loud one.
    await Promise.allSettled(placed.map(({ id }) => alertmanager.expireSilence(id)))
    throw error
  }
  return placed
}

/** Ends all silences of the action and says why in the thread. */
export async function endSilence(bot: Bot, row: IncidentRow, action: ActionRow, deed: SilenceDeed, why: Words): Promise<void> {
  for (const { id } of deed.silences) await bot.alertmanager?.expireSilence(id)
  if (await bot.store.changeAction(action.id, 'active', { state: 'ended', outcome: `ended ${timestamp(bot)}` })) {
    await say(bot, row, words`The silence by ${user(action.who)} was ended: ${why}.`)
  }
}

/** Follows an active silence: one that ran out or was ended elsewhere is noted, one that follows nodes is renewed or ended. */
export async function tendSilence(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  deed: SilenceDeed,
  seen: Seen,
  silences: readonly PolledSilence[] | undefined,
): Promise<void> {
  if (deed.nodes !== null && !seen.unreadable) {
    const stray = strays(deed.nodes, seen)
    if (stray.length > 0) {
      await endSilence(
        bot,
        row,
        action,
        deed,
        words`it covered ${deed.nodes.length} nodes, and now ${listed(stray)} is misscheduled too`,
      )
      return
    }
  }
  if (silences && deed.silences.every(({ id }) => !silences.some((silence) => silence.id === id))) {
    if (!(await bot.store.changeAction(action.id, 'active', { state: 'ended', outcome: 'ran out or was ended in Alertmanager' })))
      return
    const firing = seen.alerts.some((alert) => alert.firing) && seen.state === 'open'
    await say(bot, row, firing ? words`The silence has ended and the alert still fires.` : words`The silence has ended.`, {
      broadcast: firing,
    })
    return
  }
  const left = Date.parse(deed.until) - bot.now().getTime()
  if (deed.nodes !== null && left < renewMs && deed.until < deed.hardEnd) await renew(bot, action, deed)
}

/** Nodes that are misscheduled and not covered. */
function strays(covered: readonly string[], seen: Seen): string[] {
  const nodes = seen.diagnoses.flatMap((diagnosis) =>
    diagnosis.nodes.filter((node) => node.misscheduled).map((node) => node.name),
  )
  return [...new Set(nodes)].filter((name) => !covered.includes(name)).sort()
}

async function renew(bot: Bot, action: ActionRow, deed: SilenceDeed): Promise<void> {
  const until = [timestamp(bot, stepMs), deed.hardEnd].sort()[0] ?? deed.hardEnd
  const silences: SilenceDeed['silences'][number][] = []
  for (const silence of deed.silences)
    silences.push({ ...silence, id: (await bot.alertmanager?.extendSilence(silence.id, until))?.id ?? silence.id })
  await bot.store.changeAction(action.id, 'active', {
    parameters: JSON.stringify({ ...deed, until, silences } satisfies SilenceDeed),
  })
}
