import { type Listener, listenOn } from '../listener.ts'
import { createTimers } from '../timers.ts'
import { type Alert, isResolved, received, type Sent } from './alert.ts'
import { alertmanagerApi } from './alertmanager-api.ts'
import { createDispatcher } from './dispatcher.ts'
import { type RuleOptions, runMisscheduledRule } from './misscheduled-rule.ts'
import { createSilences, type Silences } from './silences.ts'

export interface AlertmanagerOptions {
  /** 0, any free one, unless given. */
  readonly port?: number
  /** Absent: nothing is sent until `setWebhookUrl` names one. */
  readonly webhookUrl?: string
  /** Bearer token of the webhook. */
  readonly webhookToken?: string
  /** Bearer token that API requests must carry; absent: none. */
  readonly apiToken?: string
  /** Where the counts come from; absent: nothing fires but what is posted to the API. */
  readonly samples?: RuleOptions['samples']
  /** External label of Prometheus. */
  readonly cluster?: string
  /** `externalURL` of the webhook. Default: its own address. */
  readonly externalUrl?: string
  /** Milliseconds that it has been up already. Default two hours: one that has just started does not know its alerts yet. */
  readonly uptime?: number
  /** Milliseconds. Kept short, so that one need not wait. */
  readonly durations?: Partial<Durations>
  readonly groupBy?: readonly string[]
}

export interface Durations {
  readonly for: number
  readonly evaluation: number
  readonly resend: number
  readonly groupWait: number
  readonly groupInterval: number
  readonly repeatInterval: number
}

export interface LocalAlertmanager {
  readonly url: string
  readonly silences: Silences
  /** Those that fire now. */
  alerts(): readonly Alert[]
  setWebhookUrl(url: string): void
  /** Prometheus' way in. */
  receive(alerts: readonly Sent[]): void
  restartKubeStateMetrics(away?: number): void
  /** Alerts are lost until Prometheus sends them again; silences and what was notified stay. */
  restart(): void
  down(): Promise<void>
  up(): Promise<void>
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

/** Starts an Alertmanager with one route and one receiver, and before it the Prometheus that evaluates the stock rule. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<LocalAlertmanager> {
  const durations = { ...DURATIONS, ...options.durations }
  const timers = createTimers()
  const silences = createSilences()
  const known = new Map<string, Alert>()
  let startedAt = Date.now() - (options.uptime ?? 2 * 3600_000)
  let webhookUrl = options.webhookUrl
  let listener: Listener | undefined

  const receive = (alerts: readonly Sent[]) => {
    if (!listener) throw new Error('Alertmanager is down')
    for (const sent of alerts) {
      const now = Date.now()
      const fresh = received(sent, undefined, now)
      const alert = received(sent, known.get(fresh.fingerprint), now)
      known.set(alert.fingerprint, alert)
      dispatcher.insert(alert)
    }
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
  listener = await listenOn(app, options.port)
  const { url, port } = listener
  const dispatcher = createDispatcher({
    receiver: () =>
      listener && webhookUrl !== undefined
        ? { url: webhookUrl, token: options.webhookToken }
        : undefined,
    receiverName: RECEIVER,
    externalUrl: options.externalUrl ?? url,
    groupBy: options.groupBy ?? ['alertname', 'cluster', 'namespace', 'daemonset'],
    groupWait: durations.groupWait,
    groupInterval: durations.groupInterval,
    repeatInterval: durations.repeatInterval,
    isSilenced: (labels) => silences.silencing(labels).length > 0,
    timers,
  })
  const { samples = () => [], cluster } = options
  const rule = runMisscheduledRule({
    samples,
    cluster,
    for: durations.for,
    interval: durations.evaluation,
    resend: durations.resend,
    timers,
    send: receive,
  })
  return {
    url,
    silences,
    alerts: firing,
    setWebhookUrl(next) {
      webhookUrl = next
    },
    receive,
    restartKubeStateMetrics: (away) => rule.restartKubeStateMetrics(away),
    restart() {
      known.clear()
      dispatcher.forget()
      startedAt = Date.now()
    },
    async down() {
      await listener?.close()
      listener = undefined
    },
    async up() {
      listener ??= await listenOn(app, port)
    },
    async stop() {
      dispatcher.forget()
      timers.stop()
      await listener?.close()
      listener = undefined
    },
  }
}
