import { alertHint } from '../alertmanager/alert.ts'
import type { PolledSilence } from '../alertmanager/client.ts'
import { type Bot, timestamp } from '../bot.ts'
import type { AlertChange, AlertRow, Store } from '../store/store.ts'

/** An alert missing from this many polls in a row is absent. */
const absentAfter = 2

/** Polls closer together than this count as one: a burst of hints must not look like a long absence. Milliseconds. */
const pollSpacingMs = 10_000

const lastAbsence = new WeakMap<Store, number>()

/**
 * Asks Alertmanager which alerts fire, silenced ones too, and stores the answer as hints. Absence counts only where every Alertmanager
 * answered and has been up for more than five minutes; an alert is absent after two such polls. Returns the active silences on this alert;
 * undefined where they could not be read. A poll that fails changes nothing.
 */
export async function pollAlertmanager(bot: Bot): Promise<readonly PolledSilence[] | undefined> {
  if (!bot.alertmanager) return undefined
  const now = timestamp(bot)
  const poll = await bot.alertmanager.poll()
  bot.metrics.dependencyUp.set({ name: 'alertmanager' }, poll.unreachable.length === 0 ? 1 : 0)
  for (const { url, reason } of poll.unreachable)
    bot.log.warn({ url, reason }, 'Alertmanager did not answer; nothing closes on its word')
  const hints = poll.alerts.flatMap((alert) => alertHint(alert, bot.config.clusterName, now) ?? [])
  if (hints.length > 0) await bot.store.saveHints(hints, now)
  const present = new Set(hints.map(keyOf))
  const countsAbsence =
    poll.absenceCounts &&
    bot.now().getTime() - (lastAbsence.get(bot.store) ?? 0) >=
      Math.min(pollSpacingMs, bot.config.reconcileInterval * 900)
  if (countsAbsence) {
    lastAbsence.set(bot.store, bot.now().getTime())
    const absent = (await bot.store.openAlerts(bot.config.clusterName)).filter(
      (alert) => alert.state === 'firing' && !present.has(keyOf(alert)),
    )
    await bot.store.changeAlerts(absent.map((alert) => ({ alert, change: oneMoreAbsence(alert) })))
  }
  return poll.silences
}

function oneMoreAbsence({ absentPolls }: AlertRow): AlertChange {
  return {
    absentPolls: absentPolls + 1,
    ...(absentPolls + 1 >= absentAfter ? { state: 'absent' } : {}),
  }
}

function keyOf(alert: {
  readonly alertname: string
  readonly namespace: string
  readonly daemonset: string
}): string {
  return `${alert.alertname} ${alert.namespace}/${alert.daemonset}`
}
