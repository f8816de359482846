import type { EqualityMatchers, PolledSilence } from '../../alertmanager/client.ts'
import { type Bot, timestamp } from '../../bot.ts'
import type { ActionRow, IncidentRow } from '../../store/store.ts'
import { listed, user, type Words, words } from '../../words/words.ts'
import type { SilenceDeed } from '../deeds.ts'
import { tell } from '../message/pending.ts'
import { rolloutStuck } from '../message/related-alerts.ts'
import type { SayOptions } from '../message/thread.ts'
import { misscheduledNodes, type Seen } from '../state.ts'

/** A silence that follows nodes is never set further ahead than this: if the bot dies, it runs out within the hour. Milliseconds. */
export const stepMs = 60 * 60_000

/** It is renewed once less than this is left. Milliseconds. */
const renewMs = 30 * 60_000

/** Equality matchers on these names and no others: the rest of the labels are kube-state-metrics' own and change. */
export function matchersOf(alert: Seen['alerts'][number]): EqualityMatchers {
  const cluster = alert.labels.cluster
  return {
    alertname: alert.labels.alertname ?? 'KubeDaemonSetMisScheduled',
    ...(cluster ? { cluster } : {}),
    daemonset: alert.name,
    namespace: alert.namespace,
  }
}

/** One silence for each set of matchers. Where one with the same matchers is active already, it is taken over, not doubled. */
export async function placeSilences(
  bot: Bot,
  targets: readonly EqualityMatchers[],
  settings: { readonly until: string; readonly createdBy: string; readonly comment: string },
): Promise<SilenceDeed['silences']> {
  const { alertmanager } = bot
  if (!alertmanager) throw new Error('ALERTMANAGER_URL is not set')
  const { until: endsAt, createdBy, comment } = settings
  const placed: SilenceDeed['silences'][number][] = []
  const made: string[] = []
  try {
    for (const matchers of targets) {
      const { id, existed } = await alertmanager.createSilence({
        matchers,
        endsAt,
        createdBy,
        comment,
      })
      if (!existed) made.push(id)
      const { alertname = '', namespace = '', daemonset: name = '' } = matchers
      placed.push({ id, namespace, name, alertname })
    }
  } catch (error) {
    // All or none: half a silenced incident is worse to understand than a loud one. What others made stays.
    await Promise.allSettled(made.map((id) => alertmanager.expireSilence(id)))
    throw error
  }
  return placed
}

/** Ends all silences of the action and says why in the thread. */
export async function endSilence(
  bot: Bot,
  row: IncidentRow,
  action: ActionRow,
  deed: SilenceDeed,
  why: Words,
  options: SayOptions = {},
): Promise<void> {
  for (const { id } of deed.silences) await bot.alertmanager?.expireSilence(id)
  const ended = { state: 'ended', outcome: `ended ${timestamp(bot)}` } as const
  const told = words`The silence by ${user(action.who)} was ended: ${why}.`
  await tell(bot, row, action, 'active', ended, {
    words: told,
    broadcast: options.broadcast ?? false,
  })
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
  const firing = seen.state === 'open' && seen.alerts.some((alert) => alert.firing)
  const change = outgrown(deed, seen)
  if (change) return endSilence(bot, row, action, deed, change, { broadcast: firing })
  // One that was made since the poll is not among the polled ones.
  if (
    silences &&
    hasEnded(deed, silences) &&
    hasEnded(deed, (await bot.alertmanager?.activeSilences()) ?? [])
  ) {
    // What was silenced along with it ends with it.
    for (const { id } of deed.silences) await bot.alertmanager?.expireSilence(id)
    const ended = { state: 'ended', outcome: 'ran out or was ended in Alertmanager' } as const
    const text = firing
      ? words`The silence has ended and the alert still fires.`
      : words`The silence has ended.`
    return void (await tell(bot, row, action, 'active', ended, { words: text, broadcast: firing }))
  }
  const left = Date.parse(deed.until) - bot.now().getTime()
  if (deed.nodes !== null && left < renewMs && deed.until < deed.hardEnd)
    await renew(bot, action, deed, silences)
}

/** Why a silence that follows nodes covers no longer what it was made for; undefined while it does. Pure. */
export function outgrown(
  { nodes, causes }: Pick<SilenceDeed, 'nodes' | 'causes'>,
  seen: Seen,
): Words | undefined {
  if (nodes === null || seen.unreadable) return undefined
  const strays = misscheduledNodes(seen).filter((name) => !nodes.includes(name))
  if (strays.length > 0)
    return words`it covered ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}, and now ${listed(strays)} ${strays.length === 1 ? 'is' : 'are'} misscheduled too`
  const other =
    causes && seen.diagnoses.flatMap(({ findings }) => findings).find(({ id }) => isNew(id, causes))
  return other && words`there is another cause now: ${other.summary}`
}

/** Ids of the causes that are about pods and nodes. Those of the number itself (S) come and go with the controller's own count. */
export function silencedCauses(seen: Seen): string[] {
  const ids = seen.diagnoses.flatMap(({ findings }) => findings.map(({ id }) => id))
  return [...new Set(ids.filter((id) => !id.startsWith('S')))].sort()
}

function isNew(id: string, causes: readonly string[]): boolean {
  return !id.startsWith('S') && !causes.includes(id)
}

/** The incident's own silences decide; the second ones, of KubeDaemonSetRolloutStuck, follow. */
function hasEnded({ silences: made }: SilenceDeed, active: readonly PolledSilence[]): boolean {
  const own = made.filter(({ alertname }) => alertname !== rolloutStuck)
  return own.every(({ id }) => !active.some((silence) => silence.id === id))
}

/** A second silence that somebody ended stays ended: extended, it would begin anew. */
async function renew(
  bot: Bot,
  action: ActionRow,
  deed: SilenceDeed,
  active: readonly PolledSilence[] | undefined,
): Promise<void> {
  const { alertmanager } = bot
  if (!alertmanager || !active) return
  const until = [timestamp(bot, stepMs), deed.hardEnd].sort()[0] ?? deed.hardEnd
  const silences: SilenceDeed['silences'][number][] = []
  for (const silence of deed.silences.filter(({ id }) => active.some((one) => one.id === id)))
    silences.push({ ...silence, id: (await alertmanager.extendSilence(silence.id, until)).id })
  await bot.store.changeAction(action.id, 'active', {
    parameters: JSON.stringify({ ...deed, until, silences } satisfies SilenceDeed),
  })
}
