import type { AlertmanagerClient } from './alertmanager/client.ts'
import type { Config } from './config/config.ts'
import type { Cluster } from './kubernetes/cluster.ts'
import type { SlackClient } from './slack/client.ts'
import type { Store } from './store/store.ts'
import type { Log } from './telemetry/log.ts'
import type { Metrics } from './telemetry/metrics.ts'

/** What the loop and the buttons work with. The same on Node and on Workers. */
export interface Bot {
  readonly config: Config
  readonly store: Store
  readonly cluster: Cluster
  /**
   * undefined: ALERTMANAGER_URL is not set. Only webhooks report alerts then, and no silence can be
   * created.
   */
  readonly alertmanager: AlertmanagerClient | undefined
  readonly slack: SlackClient
  readonly metrics: Metrics
  readonly log: Log
  readonly now: () => Date
  /** Requests a round within `afterMs` milliseconds. Several requests share one round. */
  readonly wake: (afterMs?: number) => void
  /** Runs a whole round that starts after this call. Several callers share one round. */
  readonly round: () => Promise<void>
  readonly memory: Memory
}

/**
 * What one process keeps between rounds. Nothing depends on it: a process that starts without it
 * only asks again. Times are milliseconds since 1970 by the bot's clock.
 */
export interface Memory {
  /** When the cluster was last read in full. */
  clusterReadAtMs: number
  /** No round starts before. */
  nextRoundAtMs: number
  /** Whether the controller counts a change of a node at once, as it does up to Kubernetes 1.32. */
  countsAtOnce: boolean
  /** When a poll last counted towards an alert's absence. */
  absenceCountedAtMs: number
  /** The last round was skipped, because another replica holds the lease. */
  isSkipping: boolean
  /** When old rows were last deleted. */
  oldRowsDeletedAtMs: number
  /** Answers of the API server's access review, by `action namespace/name`. */
  readonly accessReviews: Map<string, { readonly atMs: number; readonly review: AccessReview }>
}

/** Whether the bot may make a change; `reason` says which right is missing. */
export interface AccessReview {
  readonly allowed: boolean
  readonly reason?: string
}

/** The memory of a process that has just started. */
export function newMemory(): Memory {
  return {
    clusterReadAtMs: Number.NEGATIVE_INFINITY,
    nextRoundAtMs: Number.NEGATIVE_INFINITY,
    countsAtOnce: false,
    absenceCountedAtMs: Number.NEGATIVE_INFINITY,
    isSkipping: false,
    oldRowsDeletedAtMs: Number.NEGATIVE_INFINITY,
    accessReviews: new Map(),
  }
}

/** The bot's time plus `laterMs`, as RFC 3339 in UTC with milliseconds. */
export function timestamp(bot: Pick<Bot, 'now'>, laterMs = 0): string {
  return new Date(bot.now().getTime() + laterMs).toISOString()
}
