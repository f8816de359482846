import { type LocalServer, startServer } from '../local-server.ts'
import { createTimers, type Timers } from '../timers.ts'
import { type Alert, isResolved, mergedAlert, type PrometheusAlert } from './alert.ts'
import { alertmanagerApi } from './api.ts'
import { createDispatcher, type Dispatcher, type DispatcherOptions } from './dispatcher.ts'
import { type Rule, type RuleOptions, runMisscheduledRule } from './misscheduled-rule.ts'
import { createSilences, type Silences } from './silences.ts'

/** Everything is optional: without options nothing fires and nothing is sent. */
export interface AlertmanagerOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** Absent: nothing is sent until `setWebhookUrl` is called. */
  readonly webhookUrl?: string
  /** Bearer token of the webhook. */
  readonly webhookToken?: string
  /** Bearer token that API requests must carry. Absent: no authentication. */
  readonly apiToken?: string
  /** Counts for the alert rule. Absent: only alerts posted to the API fire. */
  readonly samples?: RuleOptions['samples']
  /** Value of Prometheus' external label `cluster`. */
  readonly cluster?: string
  /** `externalURL` of the webhook. Default: the server's own address. */
  readonly externalUrl?: string
  /**
   * How long Alertmanager claims to have been up. Default 2 h: after a restart it does not know its
   * alerts yet.
   */
  readonly uptimeMs?: number
  /** Default: a few seconds instead of minutes. */
  readonly durationsMs?: Partial<Durations>
  readonly groupBy?: readonly string[]
}

/** Milliseconds. `for`, `evaluation` and `resend` are Prometheus', the others Alertmanager's. */
export interface Durations {
  readonly for: number
  readonly evaluation: number
  readonly resend: number
  readonly groupWait: number
  readonly groupInterval: number
  readonly repeatInterval: number
}

/**
 * A running Alertmanager, and the Prometheus that sends to it. `down` and `up` stop and restart its
 * API and notifications.
 */
export interface SimulatedAlertmanager extends LocalServer {
  readonly silences: Silences
  /** Firing alerts. */
  alerts(): readonly Alert[]
  setWebhookUrl(url: string): void
  /** Takes alerts as Prometheus sends them. Throws while Alertmanager is down. */
  receive(alerts: readonly PrometheusAlert[]): void
  /**
   * Resolves every alert, then fires it again with a new fingerprint. `downMs`: how long there are
   * no series.
   */
  restartKubeStateMetrics(downMs?: number): void
  /** Loses the alerts until Prometheus sends them again. Silences and the notification log stay. */
  restart(): void
  stop(): Promise<void>
}

const DURATIONS: Durations = {
  for: 2000,
  evaluation: 250,
  resend: 2000,
  groupWait: 300,
  groupInterval: 1000,
  repeatInterval: 12 * 3600_000,
}

const RECEIVER = 'daemonset-triage'

/**
 * Starts an Alertmanager with one route and one receiver, and a Prometheus that evaluates the stock
 * rule.
 */
export async function startAlertmanager(
  options: AlertmanagerOptions,
): Promise<SimulatedAlertmanager> {
  const durations = { ...DURATIONS, ...options.durationsMs }
  const timers = createTimers()
  const silences = createSilences()
  const known = new Map<string, Alert>()
  let startedAt = Date.now() - (options.uptimeMs ?? 2 * 3600_000)
  let { webhookUrl } = options

  const receive = (alerts: readonly PrometheusAlert[]) => {
    if (!server.isUp) throw new Error('Alertmanager is down')
    for (const alert of alerts) dispatcher.insert(store(known, alert))
  }
  const firing = () => [...known.values()].filter((alert) => !isResolved(alert, Date.now()))
  const app = alertmanagerApi({
    silences,
    alerts: firing,
    receive,
    receiverName: RECEIVER,
    startedAt: () => startedAt,
    token: options.apiToken,
  })
  const server = await startServer(app, options.port)
  const receiver = () =>
    server.isUp && webhookUrl !== undefined
      ? { url: webhookUrl, token: options.webhookToken }
      : undefined
  const externalUrl = options.externalUrl ?? server.url
  const parts = { receiver, externalUrl, silences, timers }
  const dispatcher = dispatcherOf(options, durations, parts)
  const rule = ruleOf(options, durations, timers, receive)
  return {
    url: server.url,
    get isUp() {
      return server.isUp
    },
    down: () => server.down(),
    up: () => server.up(),
    silences,
    alerts: firing,
    setWebhookUrl(url) {
      webhookUrl = url
    },
    receive,
    restartKubeStateMetrics: (downMs) => rule.restartKubeStateMetrics(downMs),
    restart() {
      known.clear()
      dispatcher.reset()
      startedAt = Date.now()
    },
    async stop() {
      dispatcher.reset()
      timers.stop()
      await server.down()
    },
  }
}

/** Adds an alert to the known ones, or updates it. */
function store(known: Map<string, Alert>, sent: PrometheusAlert): Alert {
  const now = Date.now()
  const received = mergedAlert(sent, undefined, now)
  const alert = mergedAlert(sent, known.get(received.fingerprint), now)
  known.set(alert.fingerprint, alert)
  return alert
}

function dispatcherOf(
  { groupBy = ['alertname', 'cluster', 'namespace', 'daemonset'] }: AlertmanagerOptions,
  { groupWait, groupInterval, repeatInterval }: Durations,
  parts: Pick<DispatcherOptions, 'receiver' | 'externalUrl' | 'timers'> & { silences: Silences },
): Dispatcher {
  const { receiver, externalUrl, timers, silences } = parts
  return createDispatcher({
    receiver,
    receiverName: RECEIVER,
    externalUrl,
    groupBy,
    groupWaitMs: groupWait,
    groupIntervalMs: groupInterval,
    repeatIntervalMs: repeatInterval,
    isSilenced: (labels) => silences.silencedBy(labels).length > 0,
    timers,
  })
}

function ruleOf(
  { samples = () => [], cluster }: AlertmanagerOptions,
  durations: Durations,
  timers: Timers,
  send: RuleOptions['send'],
): Rule {
  return runMisscheduledRule({
    samples,
    cluster,
    forMs: durations.for,
    intervalMs: durations.evaluation,
    resendMs: durations.resend,
    timers,
    send,
  })
}
