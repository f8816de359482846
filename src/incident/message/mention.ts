import type { EqualityMatchers } from '../../alertmanager/client.ts'
import type { Bot } from '../../bot.ts'
import { routeOf } from '../../config/config.ts'
import type { Observation } from '../state.ts'

/** Whom a broadcast mentions: the mentions of the routes of these alerts, each once. */
export function routeMentions(
  { config }: Pick<Bot, 'config'>,
  alerts: Observation['alerts'],
): readonly string[] {
  return [...new Set(alerts.flatMap(({ labels }) => routeOf(config, labels).mention ?? []))]
}

/**
 * Whom the first message mentions: the mentions of the routes of its firing alerts, each once.
 * Nobody for an alert that is silenced or inhibited: somebody has chosen not to be notified of it.
 * If Alertmanager does not answer, an alert counts as not silenced.
 */
export async function firstMentions(
  bot: Bot,
  { alerts }: Pick<Observation, 'alerts'>,
): Promise<readonly string[]> {
  const heard = await Promise.all(
    alerts.map(async (alert) =>
      routeMentions(bot, [alert]).length > 0 && !(await isSuppressed(bot, alert)) ? [alert] : [],
    ),
  )
  return routeMentions(bot, heard.flat())
}

async function isSuppressed(
  { alertmanager, log }: Bot,
  { labels, namespace, name: daemonset }: Observation['alerts'][number],
): Promise<boolean> {
  if (!alertmanager) return false
  const { alertname = 'KubeDaemonSetMisScheduled', cluster } = labels
  const matchers: EqualityMatchers = {
    alertname,
    daemonset,
    namespace,
    ...(cluster ? { cluster } : {}),
  }
  try {
    const firing = await alertmanager.matching(matchers)
    return (
      firing.length > 0 &&
      firing.every(({ status }) => status.silencedBy.length + status.inhibitedBy.length > 0)
    )
  } catch (error) {
    log.warn({ err: error, namespace, daemonset }, 'alert not read: it counts as not silenced')
    return false
  }
}
