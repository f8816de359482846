import type { Bot } from '../bot.ts'
import { recount } from '../daemonset/recount.ts'
import { worldOf } from '../daemonset/world.ts'
import type { Cluster } from '../kubernetes/cluster.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import { whyUnreadable } from './state.ts'

/** With no alert and no incident the cluster is read only for the metric, at most this often. Milliseconds. */
const countEveryMs = 2 * 60_000

const lastRead = new WeakMap<Cluster, number>()

/** Is it time to read the cluster for the metric alone? Where nobody scrapes it never is. */
export function isCountDue({ cluster, metrics, now }: Bot): boolean {
  return (
    metrics.isScraped &&
    now().getTime() - (lastRead.get(cluster) ?? Number.NEGATIVE_INFINITY) >= countEveryMs
  )
}

/**
 * Sets the true count of every DaemonSet of the snapshot, in place of all that were there. `undefined`: the cluster could not be read,
 * and there is no value until it can. One that cannot be counted has none either.
 */
export function setTrueCounts(
  { cluster, metrics, log, now }: Bot,
  snapshot: Snapshot | undefined,
): void {
  lastRead.set(cluster, now().getTime())
  if (!metrics.isScraped) return
  metrics.numberMisscheduled.reset()
  metrics.statusNumberMisscheduled.reset()
  if (!snapshot || whyUnreadable(snapshot) !== undefined) return
  const { takenAt, daemonSets } = snapshot
  const world = worldOf({ ...snapshot, now: takenAt })
  for (const daemonSet of daemonSets) {
    const { namespace = '', name } = daemonSet.metadata
    const labels = { namespace, daemonset: name }
    try {
      metrics.numberMisscheduled.set(labels, recount(daemonSet, world).count.numberMisscheduled)
      metrics.statusNumberMisscheduled.set(labels, daemonSet.status?.numberMisscheduled ?? 0)
    } catch (error) {
      log.error({ subject: `${namespace}/${name}`, err: error }, 'a DaemonSet could not be counted')
    }
  }
}
