import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { controlsOf } from '../../simulator/slack/blocks.ts'
import type { Message } from '../../simulator/slack/model.ts'
import { DEFAULTS, type SlackOptions } from '../../simulator/slack/options.ts'
import { type Slack, startSlack } from '../../simulator/slack/slack.ts'
import { ACTION_PREFIX } from '../../src/slack/interactions.ts'
import { strings } from '../world.ts'
import type { TestCluster } from './control-plane.ts'
import { startCluster } from './existing-cluster.ts'
import { type Monitoring, type MonitoringOptions, startMonitoring } from './monitoring.ts'
import { oldAlertmanager } from './old-alertmanager.ts'
import {
  answersOk,
  freePort,
  type RunningProcess,
  startProcess,
  stopInReverse,
  temporaryDirectory,
  until,
} from './processes.ts'
import { applyManifests, logIn } from './service-account.ts'

/** The bot as a process of its own, between a real control plane, real monitoring and a strict Slack. */
export interface BotWorld {
  readonly cluster: TestCluster
  readonly monitoring: Monitoring
  readonly slack: Slack
  /** Runs with the rights of `deploy/kubernetes` and with no others. */
  readonly bot: RunningProcess
  readonly botUrl: string
  /** Messages of the channel. */
  messages(): readonly Message[]
  /** Texts of the replies to a message, oldest first. */
  thread(message: Message | undefined): readonly string[]
  stop(): Promise<void>
}

export interface BotWorldOptions {
  /** Default: an existing one, where the environment names one, else one of its own. It is stopped with the world. */
  readonly cluster?: TestCluster
  readonly monitoring?: Partial<MonitoringOptions>
  readonly slack?: SlackOptions
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds for which Alertmanager says to the bot that it has been running; default the truth. */
  readonly alertmanagerUpFor?: number
}

/** Maya and Kim are on the list of those who may press; Sam is not. */
export const PRESSER = 'maya'
export const COLLEAGUE = 'kim'
export const OUTSIDER = 'sam'

const PEOPLE = [
  ...DEFAULTS.people,
  { id: 'U0KIM000001', name: COLLEAGUE, realName: 'Kim Andersen' },
]
const WEBHOOK_TOKEN = 'webhook-token-of-a-test'

/** Starts all of it, the bot last; its rounds come every second. */
export async function startBotWorld(options: BotWorldOptions = {}): Promise<BotWorld> {
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const end of stops.toReversed()) await end()
  }
  try {
    const cluster = options.cluster ?? (await startCluster())
    stops.push(cluster.stop)
    const { path: directory, remove } = await temporaryDirectory('bot')
    stops.push(remove)
    await applyManifests(cluster)
    const { kubeconfigPath } = await logIn(cluster, directory)
    const port = await freePort()
    const botUrl = `http://127.0.0.1:${port}`
    const slack = await startSlack({
      requestUrl: `${botUrl}/slack/events`,
      people: PEOPLE,
      ...options.slack,
    })
    stops.push(() => slack.stop())
    const monitoring = await startMonitoring({
      kubeconfigPath: cluster.kubeconfigPath,
      webhook: { url: `${botUrl}/webhooks/alertmanager`, token: WEBHOOK_TOKEN },
      cluster: 'production',
      for: 2,
      scrape: { job: 'daemonset-triage', url: botUrl },
      ...options.monitoring,
    })
    stops.push(monitoring.stop)
    const alertmanagerUrl = await (async () => {
      if (options.alertmanagerUpFor === undefined) return monitoring.alertmanagerUrl
      const old = await oldAlertmanager(monitoring.alertmanagerUrl, options.alertmanagerUpFor)
      stops.push(old.stop)
      return old.url
    })()
    const bot = await startProcess({
      name: 'bot',
      command: process.execPath,
      args: [fileURLToPath(new URL('../../src/node.ts', import.meta.url))],
      directory,
      ready: () => answersOk(`${botUrl}/readyz`),
      env: {
        HOST: '127.0.0.1',
        PORT: String(port),
        CLUSTER_NAME: 'production',
        KUBECONFIG: kubeconfigPath,
        ALERTMANAGER_URL: alertmanagerUrl,
        PROMETHEUS_URL: monitoring.prometheusUrl,
        WEBHOOK_TOKEN,
        SLACK_BOT_TOKEN: slack.botToken,
        SLACK_SIGNING_SECRET: slack.signingSecret,
        SLACK_CHANNEL: slack.workspace.channels[0]?.id ?? '',
        SLACK_API_URL: slack.apiUrl,
        ACTIONS: 'silence,recount,patch,delete',
        ALLOWED_USERS: [PRESSER, COLLEAGUE].map((name) => slack.person(name).id).join(),
        DATABASE_URL: `sqlite:${join(directory, 'bot.db')}`,
        RECONCILE_INTERVAL: '1',
        ...options.env,
      },
    })
    stops.push(() => stopInReverse([bot]))
    return {
      cluster,
      monitoring,
      slack,
      bot,
      botUrl,
      messages: () => slack.messages().filter(({ deleted }) => !deleted),
      thread: (message) =>
        slack
          .thread(message?.ts ?? '')
          .map(({ blocks, text }) => [text, ...strings(blocks)].join(' ')),
      stop,
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** Presses a button of the message, or chooses it from its menu, and waits until the dialog is more than “Checking…”; its text. */
export async function press(
  { slack }: BotWorld,
  ts: string,
  text: string,
  user = PRESSER,
): Promise<string> {
  const before = slack.modal(user)?.id
  const isButton = controlsOf(slack.message(ts)?.blocks ?? []).some(
    ({ element }) => element.text?.text === text,
  )
  const ack = isButton
    ? await slack.click({ user, ts, text })
    : await slack.pick({ user, ts, actionId: `${ACTION_PREFIX}menu`, choose: text })
  if (!ack?.ok) throw new Error(`the click on ${text} was not acknowledged: ${ack?.reason}`)
  return until(`the dialog of ${text}`, async () => {
    const shown = modalText(slack, user)
    return slack.modal(user)?.id === before || shown.includes('Checking…') ? undefined : shown
  })
}

/** Submits the dialog in front, waits for the outcome, closes it; the outcome's text. */
export async function submit(
  { slack }: BotWorld,
  values: Readonly<Record<string, string | readonly string[]>> = {},
  user = PRESSER,
): Promise<string> {
  const submission = await slack.submit({ user, values })
  if (submission.outcome === 'incomplete' || submission.outcome === 'failed')
    throw new Error(`the dialog was not taken: ${JSON.stringify(submission)}`)
  const outcome = await until('the outcome of a dialog', async () => {
    const shown = modalText(slack, user)
    return shown.includes('Applying…') ? undefined : shown
  })
  await slack.closeModal({ user })
  return outcome
}

/** What Alertmanager would post of the DaemonSet `agent` there, whether or not it has such an alert; the bot's answer. */
export async function postWebhook(
  world: BotWorld,
  status: 'firing' | 'resolved',
  namespace: string,
): Promise<number> {
  const labels = {
    alertname: 'KubeDaemonSetMisScheduled',
    cluster: 'production',
    namespace,
    daemonset: 'agent',
  }
  const alerts = (await world.monitoring.alerts()).filter(
    (alert) => alert.labels.namespace === namespace,
  )
  const now = new Date().toISOString()
  const sent = alerts.length > 0 ? alerts : [{ labels, startsAt: now, fingerprint: namespace }]
  const response = await fetch(`${world.botUrl}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      version: '4',
      status,
      alerts: sent.map(({ labels, startsAt, fingerprint }) => ({
        status,
        labels,
        annotations: {},
        startsAt,
        endsAt: now,
        fingerprint,
      })),
    }),
  })
  return response.status
}

const modalText = (slack: Slack, user: string) => {
  const view = slack.modal(user)
  return view === undefined ? '' : strings([view.title, view.blocks]).join(' ')
}
