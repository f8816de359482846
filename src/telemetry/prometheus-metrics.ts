import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** Metrics for Prometheus. Each call has its own registry: tests run several bots in one process. */
export function prometheusMetrics(): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  return {
    webhooks: new Counter({
      name: 'daemonset_triage_webhooks_total',
      help: 'Webhook requests by result: stored, ignored, unauthorized, too_large, invalid, not_stored.',
      labelNames: ['result'],
      registers,
    }),
    alertsIgnored: new Counter({
      name: 'daemonset_triage_alerts_ignored_total',
      help: 'Alerts in webhooks that are not for this bot, by reason: other_alertname, no_namespace_or_daemonset, other_cluster.',
      labelNames: ['reason'],
      registers,
    }),
    dependencyUp: new Gauge({
      name: 'dependency_up',
      help: '1 if the last use of the dependency succeeded, 0 if it failed.',
      labelNames: ['name'],
      registers,
    }),
    slackCalls: new Counter({
      name: 'daemonset_triage_slack_calls_total',
      help: 'Slack Web API calls, by method and outcome.',
      labelNames: ['method', 'outcome'],
      registers,
    }),
    incidentsOpen: new Gauge({
      name: 'daemonset_triage_incidents_open',
      help: 'Open incidents.',
      registers,
    }),
    actions: new Counter({
      name: 'daemonset_triage_actions_total',
      help: 'Actions, by intent and state. An action counts once in each state that it reaches.',
      labelNames: ['intent', 'state'],
      registers,
    }),
    reconcileDuration: new Histogram({
      name: 'daemonset_triage_reconcile_duration_seconds',
      help: 'Duration of a round of the reconcile loop, in seconds.',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    numberMisscheduled: new Gauge({
      name: 'daemonset_triage_number_misscheduled',
      help: 'Nodes that run a pod of this DaemonSet but should not, recounted from nodes and pods.',
      labelNames: ['namespace', 'daemonset'],
      registers,
    }),
    statusNumberMisscheduled: new Gauge({
      name: 'daemonset_triage_status_number_misscheduled',
      help: 'status.numberMisscheduled of this DaemonSet at the time of the recount. If it is lower, the stock alert misses nodes.',
      labelNames: ['namespace', 'daemonset'],
      registers,
    }),
    isScraped: true,
    exposition: async () => ({ contentType: register.contentType, text: await register.metrics() }),
  }
}
