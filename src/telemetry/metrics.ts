interface Counter<Label extends string> {
  inc(labels: Readonly<Record<Label, string>>, by?: number): void
}
interface Gauge<Label extends string> {
  set(labels: Readonly<Record<Label, string>>, value: number): void
  /** Removes every series, so that none outlives its object. */
  reset(): void
}

/** What the bot measures. Their names and help texts are in prometheus-metrics.ts. */
export interface Metrics {
  /** `result`: stored, ignored, unauthorized, too_large, invalid or not_stored. */
  readonly webhooks: Counter<'result'>
  /** Alerts that are not for this bot; `reason` as in `IgnoreReason`. */
  readonly alertsIgnored: Counter<'reason'>
  /** 1 if the last use succeeded, else 0; `name`: alertmanager, kubernetes, slack or store. */
  readonly dependencyUp: Gauge<'name'>
  /** `outcome`: ok, Slack's error, or the HTTP status. */
  readonly slackCalls: Counter<'method' | 'outcome'>
  readonly incidentsOpen: { set(value: number): void }
  /** `intent` without its object: silence, patch, … */
  readonly actions: Counter<'intent' | 'state'>
  /** Rounds that another replica ran, because it holds the lease. */
  readonly roundsSkipped: { inc(): void }
  /** Seconds. */
  readonly reconcileDuration: { observe(value: number): void }
  /** The recount of each DaemonSet; removed when it is no longer current. */
  readonly numberMisscheduled: Gauge<'namespace' | 'daemonset'>
  /** Its status at the time of the recount. */
  readonly statusNumberMisscheduled: Gauge<'namespace' | 'daemonset'>
  /** Whether somebody scrapes them now. If not, nothing needs to be read for them alone. */
  readonly isScraped: boolean
  /** The response to a scrape, which counts as one; undefined if nothing is collected. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string } | undefined>
}

const nothing = { inc: () => {}, set: () => {}, reset: () => {}, observe: () => {} }

/** Metrics that collect nothing: Prometheus cannot scrape a Worker. */
export const noMetrics: Metrics = {
  webhooks: nothing,
  alertsIgnored: nothing,
  dependencyUp: nothing,
  slackCalls: nothing,
  incidentsOpen: nothing,
  actions: nothing,
  roundsSkipped: nothing,
  reconcileDuration: nothing,
  numberMisscheduled: nothing,
  statusNumberMisscheduled: nothing,
  isScraped: false,
  exposition: async () => undefined,
}
