import type { AlertmanagerClient } from './alertmanager/client.ts'
import type { Config } from './config/config.ts'
import type { Cluster } from './kubernetes/cluster.ts'
import type { SlackClient } from './slack/client.ts'
import type { Store } from './store/store.ts'
import type { Log } from './telemetry/log.ts'
import type { Metrics } from './telemetry/metrics.ts'

/** What the loop and the buttons work with, the same on both runtimes. */
export interface Bot {
  readonly config: Config
  readonly store: Store
  readonly cluster: Cluster
  /** undefined: ALERTMANAGER_URL is not set; the webhook is then the only witness beside the cluster, and nothing can be silenced. */
  readonly alertmanager: AlertmanagerClient | undefined
  readonly slack: SlackClient
  readonly metrics: Metrics
  readonly log: Log
  readonly now: () => Date
  /** Asks for a round soon, in `afterMs` milliseconds at the latest. Several calls are one round. */
  readonly wake: (afterMs?: number) => void
  /** A round from start to end that begins after this call; several callers share one. */
  readonly round: () => Promise<void>
}

/** RFC 3339 to the second, as Kubernetes writes it. */
export function timestamp(bot: Pick<Bot, 'now'>, laterMs = 0): string {
  return new Date(bot.now().getTime() + laterMs).toISOString()
}
