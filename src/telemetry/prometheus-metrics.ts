import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** Longer than any usual scrape interval. Milliseconds. */
const scrapedForMs = 10 * 60_000

/**
 * Metrics for Prometheus, in a new registry: tests run several bots in one process. They count as
 * scraped for 10 minutes after each scrape. `nowMs` is the clock, in milliseconds since 1970.
 */
export function prometheusMetrics(nowMs: () => number = Date.now): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const counter = <Label extends string>(name: string, labelNames: Label[], help: string) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = <Label extends string>(name: string, labelNames: Label[], help: string) =>
    new Gauge({ name, help, labelNames, registers })
  const numberMisscheduled = gauge(
    'daemonset_triage_number_misscheduled',
    ['namespace', 'daemonset'],
    'Nodes that run a pod of this DaemonSet but should not, recounted from nodes and pods.',
  )
  const statusNumberMisscheduled = gauge(
    'daemonset_triage_status_number_misscheduled',
    ['namespace', 'daemonset'],
    'status.numberMisscheduled of this DaemonSet at the time of the recount. If it is lower, the stock alert misses nodes.',
  )
  let scrapedAtMs = Number.NEGATIVE_INFINITY
  const isScraped = () => nowMs() - scrapedAtMs < scrapedForMs
  return {
    webhooks: counter(
      'daemonset_triage_webhooks_total',
      ['result'],
      'Webhook requests by result: stored, ignored, unauthorized, too_large, invalid, not_stored.',
    ),
    alertsIgnored: counter(
      'daemonset_triage_alerts_ignored_total',
      ['reason'],
      'Alerts in webhooks that are not for this bot, by reason: other_alertname, no_namespace_or_daemonset, other_cluster.',
    ),
    dependencyUp: gauge(
      'dependency_up',
      ['name'],
      '1 if the last use of the dependency succeeded, 0 if it failed.',
    ),
    slackCalls: counter(
      'daemonset_triage_slack_calls_total',
      ['method', 'outcome'],
      'Slack Web API calls by method and outcome.',
    ),
    incidentsOpen: gauge('daemonset_triage_incidents_open', [], 'Open incidents.'),
    actions: counter(
      'daemonset_triage_actions_total',
      ['intent', 'state'],
      'Actions by intent and state. An action counts once in each state that it reaches.',
    ),
    roundsSkipped: counter(
      'daemonset_triage_rounds_skipped_total',
      [],
      'Rounds that were skipped because another replica holds the lease.',
    ),
    reconcileDuration: new Histogram({
      name: 'daemonset_triage_reconcile_duration_seconds',
      help: 'Duration of a round of the reconcile loop, in seconds.',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    numberMisscheduled,
    statusNumberMisscheduled,
    get isScraped() {
      return isScraped()
    },
    exposition: async () => {
      if (!isScraped()) {
        // Nobody has kept them current.
        numberMisscheduled.reset()
        statusNumberMisscheduled.reset()
      }
      scrapedAtMs = nowMs()
      return { contentType: register.contentType, text: await register.metrics() }
    },
  }
}
