interface Counter<L extends string> {
  inc(labels: Readonly<Record<L, string>>, by?: number): void
}
interface Gauge<L extends string> {
  set(labels: Readonly<Record<L, string>>, value: number): void
  /** Forgets every value, so that what is gone does not stay. */
  reset(): void
}
interface Histogram<L extends string> {
  observe(labels: Readonly<Record<L, string>>, value: number): void
}

/** What the bot counts about itself. On Workers, where nobody scrapes, all of it is nothing. */
export interface Metrics {
  /** `result`: stored, ignored, unauthorized, too_large, invalid, not_stored. */
  readonly webhooks: Counter<'result'>
  /** Alerts of a webhook that are none of ours, by reason. */
  readonly alertsIgnored: Counter<'reason'>
  /** 1 or 0, whether the last use succeeded: `name` is alertmanager, kubernetes, slack or store. */
  readonly dependencyUp: Gauge<'name'>
  /** `outcome`: ok, Slack's error, or the HTTP status. */
  readonly slackCalls: Counter<'method' | 'outcome'>
  readonly incidentsOpen: { set(value: number): void }
  /** `intent` without its object: silence, patch, … */
  readonly actions: Counter<'intent' | 'state'>
  /** Seconds; `kind`: full or quiet. */
  readonly reconcileDuration: Histogram<'kind'>
  /** The true count of every DaemonSet; no value rather than a stale one. */
  readonly numberMisscheduled: Gauge<'namespace' | 'daemonset'>
  /** What the status said at the same time. */
  readonly statusNumberMisscheduled: Gauge<'namespace' | 'daemonset'>
  /** false: nobody scrapes, so that nothing need be read for it. */
  readonly isScraped: boolean
  /** The text that Prometheus scrapes; undefined where nothing is collected. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string } | undefined>
}

const nothing = { inc: () => {}, set: () => {}, reset: () => {}, observe: () => {} }

/** Counts nothing: for Workers, and wherever nobody asks. */
export const noMetrics: Metrics = {
  webhooks: nothing,
  alertsIgnored: nothing,
  dependencyUp: nothing,
  slackCalls: nothing,
  incidentsOpen: nothing,
  actions: nothing,
  reconcileDuration: nothing,
  numberMisscheduled: nothing,
  statusNumberMisscheduled: nothing,
  isScraped: false,
  exposition: async () => undefined,
}
