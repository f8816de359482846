import { alertHint } from '../alertmanager/alert.ts'
import type { PolledSilence } from '../alertmanager/client.ts'
import { type Bot, timestamp } from '../bot.ts'

/** An alert missing from this many polls in a row is absent. */
const absentAfter = 2

/** Polls closer together than this count as one: a burst of hints must not look like a long absence. Milliseconds. */
const pollSpacingMs = 10_000

let lastAbsence = 0

/**
 * Asks Alertmanager which alerts fire, silenced ones too, and stores the answer as hints. Absence counts only where every Alertmanager
 * answered and has been up for more than five minutes; an alert is absent after two such polls. Returns the active silences on this alert;
 * undefined where they could not be read. A poll that fails changes nothing.
 */
export async function listen(bot: Bot): Promise<readonly PolledSilence[] | undefined> {
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
    poll.absenceCounts && bot.now().getTime() - lastAbsence >= Math.min(pollSpacingMs, bot.config.reconcileInterval * 900)
  for (const alert of await bot.store.openAlerts(bot.config.clusterName)) {
    if (countsAbsence && alert.state === 'firing' && !present.has(keyOf(alert))) {
      const absentPolls = alert.absentPolls + 1
      await bot.store.changeAlert(alert, { absentPolls, ...(absentPolls >= absentAfter ? { state: 'absent' } : {}) })
    }
  }
  if (countsAbsence) lastAbsence = bot.now().getTime()
  return poll.silences
}

function keyOf(alert: { readonly alertname: string; readonly namespace: string; readonly daemonset: string }): string {
  return `${alert.alertname} ${alert.namespace}/${alert.daemonset}`
}
