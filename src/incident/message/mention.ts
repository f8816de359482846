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
 * Such DaemonSets are `quiet`. If Alertmanager does not answer, an alert counts as not silenced.
 */
export async function firstMentions(
  bot: Bot,
  { alerts }: Pick<Observation, 'alerts'>,
): Promise<Pick<Observation, 'mentions' | 'quiet'>> {
  const withMention = alerts.filter((alert) => routeMentions(bot, [alert]).length > 0)
  const states = await Promise.all(withMention.map((alert) => notifying(bot, alert)))
  const quiet = withMention.filter((_, at) => states[at] === 'suppressed').map(nameOf)
  const heard = withMention.filter((_, at) => states[at] !== 'suppressed')
  return { mentions: routeMentions(bot, heard), ...(quiet.length > 0 && { quiet }) }
}

/** The quiet DaemonSets of an open incident whose alert Alertmanager notifies of by now. */
export async function quietNoLonger(
  bot: Bot,
  { state, alerts, quiet = [] }: Pick<Observation, 'state' | 'alerts' | 'quiet'>,
): Promise<readonly string[]> {
  if (state !== 'open') return []
  const waiting = alerts.filter((alert) => alert.firing && quiet.includes(nameOf(alert)))
  const states = await Promise.all(waiting.map((alert) => notifying(bot, alert)))
  return waiting.filter((_, at) => states[at] === 'notified').map(nameOf)
}

type Alert = Observation['alerts'][number]

function nameOf({ namespace, name }: Alert): string {
  return `${namespace}/${name}`
}

/** Whether Alertmanager notifies of the alert. `unknown`: it does not answer, or has no such alert. */
async function notifying(
  { alertmanager, log }: Bot,
  { labels, namespace, name: daemonset }: Alert,
): Promise<'notified' | 'suppressed' | 'unknown'> {
  if (!alertmanager) return 'unknown'
  const { alertname = 'KubeDaemonSetMisScheduled', cluster } = labels
  const matchers: EqualityMatchers = {
    alertname,
    daemonset,
    namespace,
    ...(cluster ? { cluster } : {}),
  }
  try {
    const firing = await alertmanager.matching(matchers)
    if (firing.length === 0) return 'unknown'
    return firing.every(({ status }) => status.silencedBy.length + status.inhibitedBy.length > 0)
      ? 'suppressed'
      : 'notified'
  } catch (error) {
    log.warn({ err: error, namespace, daemonset }, 'alert not read: unknown whether it is silenced')
    return 'unknown'
  }
}
