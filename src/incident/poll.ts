import { alertHint } from '../alertmanager/alert.ts'
import type { PolledSilence } from '../alertmanager/client.ts'
import { type Bot, timestamp } from '../bot.ts'
import type { AlertChange, AlertKey, AlertRow } from '../store/store.ts'

/** An alert missing from this many polls in a row is absent. */
const absentAfter = 2

/**
 * Polls closer together than this count as one: a burst of hints must not look like a long absence.
 * Milliseconds.
 */
const pollSpacingMs = 10_000

/**
 * Asks Alertmanager which alerts fire, silenced ones too, and stores the answer as hints. Absence
 * counts only if every Alertmanager answered and has been up for more than 5 minutes; an alert is
 * absent after two such polls. A poll that fails changes nothing.
 * @returns the active silences on this alert; undefined if they could not be read.
 */
export async function pollAlertmanager(bot: Bot): Promise<readonly PolledSilence[] | undefined> {
  if (!bot.alertmanager) return undefined
  const { config, memory, metrics, log, store } = bot
  const now = timestamp(bot)
  const poll = await bot.alertmanager.poll()
  metrics.dependencyUp.set({ name: 'alertmanager' }, poll.unreachable.length === 0 ? 1 : 0)
  for (const { url, reason } of poll.unreachable)
    log.warn({ url, reason }, 'Alertmanager did not answer: no alert counts as absent')
  const hints = poll.alerts.flatMap((alert) => alertHint(alert, config.clusterName, now) ?? [])
  if (hints.length > 0) await store.saveHints(hints, now)
  const sinceLastMs = bot.now().getTime() - memory.absenceCountedAtMs
  const isSpaced = sinceLastMs >= Math.min(pollSpacingMs, config.reconcileInterval * 900)
  if (poll.absenceCounts && isSpaced) {
    memory.absenceCountedAtMs = bot.now().getTime()
    const present = new Set(hints.map(keyOf))
    const missing = (await store.openAlerts(config.clusterName)).filter(
      (alert) => alert.state === 'firing' && !present.has(keyOf(alert)),
    )
    await store.changeAlerts(missing.map((alert) => ({ alert, change: oneMoreAbsence(alert) })))
  }
  return poll.silences
}

function oneMoreAbsence({ absentPolls }: AlertRow): AlertChange {
  const isAbsent = absentPolls + 1 >= absentAfter
  return { absentPolls: absentPolls + 1, ...(isAbsent ? { state: 'absent' } : {}) }
}

function keyOf({ alertname, namespace, daemonset }: Omit<AlertKey, 'cluster'>): string {
  return `${alertname} ${namespace}/${daemonset}`
}
