import type { Bot } from '../bot.ts'
import { recount } from '../daemonset/recount.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import { worldOfSnapshot } from '../triage/facts/feature-gates.ts'

/** Every DaemonSet is read at most this often, for the metric only. Milliseconds. */
const countEveryMs = 2 * 60_000

/** The same for a controller that needs no recount: an upgrade is noticed. Milliseconds. */
const askVersionEveryMs = 6 * 60 * 60_000

/** Lists without which no count can be trusted. */
const vital = ['nodes', 'daemonsets', 'pods']

/** Why this snapshot cannot be counted; undefined if it can. */
export function whyUnreadable(snapshot: Snapshot): string | undefined {
  const missing = snapshot.unreadable.filter(({ resource }) => vital.includes(resource))
  return missing.length === 0
    ? undefined
    : missing.map(({ resource, reason }) => `${resource}: ${reason}`).join('; ')
}

/** Is it time to read every DaemonSet, for the metric? Never if nobody scrapes the bot. */
export function isCountDue({ memory, metrics, now }: Bot): boolean {
  const everyMs = memory.countsAtOnce ? askVersionEveryMs : countEveryMs
  return metrics.isScraped && now().getTime() - memory.clusterReadAtMs >= everyMs
}

/**
 * Up to 1.32 the controller counts each change of a node at once; docs/what-the-alert-misses.md has
 * the later versions. false without a version.
 */
function countsAtOnce({ serverVersion = '' }: Snapshot): boolean {
  const minor = /^v?1\.(\d+)/.exec(serverVersion)?.[1]
  return minor !== undefined && Number(minor) < 33
}

/**
 * Sets the true count of every DaemonSet of the snapshot, replacing all earlier values. undefined:
 * the cluster could not be read, and the metric has no value until it can. A DaemonSet that cannot
 * be counted has none either, and none has one where its status is the true count.
 */
export function setTrueCounts(
  { memory, metrics, log, now }: Bot,
  snapshot: Snapshot | undefined,
): void {
  memory.clusterReadAtMs = now().getTime()
  if (snapshot) memory.countsAtOnce = countsAtOnce(snapshot)
  if (!metrics.isScraped) return
  metrics.numberMisscheduled.reset()
  metrics.statusNumberMisscheduled.reset()
  if (!snapshot || memory.countsAtOnce || whyUnreadable(snapshot) !== undefined) return
  const world = worldOfSnapshot(snapshot)
  for (const daemonSet of snapshot.daemonSets) {
    const { namespace = '', name } = daemonSet.metadata
    const labels = { namespace, daemonset: name }
    try {
      const { numberMisscheduled } = recount(daemonSet, world).count
      metrics.numberMisscheduled.set(labels, numberMisscheduled)
      metrics.statusNumberMisscheduled.set(labels, daemonSet.status?.numberMisscheduled ?? 0)
    } catch (error) {
      log.error({ subject: `${namespace}/${name}`, err: error }, 'DaemonSet could not be counted')
    }
  }
}
