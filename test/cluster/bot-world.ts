import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { controlsOf } from '../../simulator/slack/blocks.ts'
import type { Message } from '../../simulator/slack/model.ts'
import { DEFAULTS, type SlackOptions } from '../../simulator/slack/options.ts'
import { type Slack, startSlack } from '../../simulator/slack/slack.ts'
import { ACTION_PREFIX } from '../../src/slack/interactions.ts'
import { strings } from '../world.ts'
import { alertmanagerWithUptime } from './alertmanager-with-uptime.ts'
import type { TestCluster } from './control-plane.ts'
import { startCluster } from './existing-cluster.ts'
import { type Monitoring, type MonitoringOptions, startMonitoring } from './monitoring.ts'
import {
  answersOk,
  freePort,
  type RunningProcess,
  startProcess,
  stopInReverse,
  temporaryDirectory,
  until,
} from './processes.ts'
import { applyManifests, serviceAccountKubeconfig } from './service-account.ts'

/** The bot as a process, with a real control plane, real monitoring and the simulated Slack. */
export interface BotWorld {
  readonly cluster: TestCluster
  readonly monitoring: Monitoring
  readonly slack: Slack
  /** Has only the rights in `deploy/kubernetes`. */
  readonly bot: RunningProcess
  readonly botUrl: string
  /** Messages in the channel that are not deleted. */
  messages(): readonly Message[]
  /** Texts of the replies to a message, oldest first. */
  thread(message: Message | undefined): readonly string[]
  stop(): Promise<void>
}

/** Parts that a test replaces or configures. */
export interface BotWorldOptions {
  /** Default: the cluster that `startCluster` returns. `stop` stops it. */
  readonly cluster?: TestCluster
  readonly monitoring?: Partial<MonitoringOptions>
  readonly slack?: SlackOptions
  readonly env?: Readonly<Record<string, string>>
  /** The uptime that the bot reads from Alertmanager; default the real one. */
  readonly alertmanagerUptimeMs?: number
}

/** Users in the simulated Slack. ALLOWED_USERS has Maya and Kim, and not Sam. */
export const ALLOWED_USER = 'maya'
/** Also in ALLOWED_USERS. */
export const SECOND_ALLOWED_USER = 'kim'
/** Not in ALLOWED_USERS. */
export const OUTSIDER = 'sam'

const PEOPLE = [
  ...DEFAULTS.people,
  { id: 'U0KIM000001', name: SECOND_ALLOWED_USER, realName: 'Kim Andersen' },
]
const WEBHOOK_TOKEN = 'webhook-token-of-a-test'

/** Starts everything, the bot last. The bot runs a round every second. */
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
    const { kubeconfigPath } = await serviceAccountKubeconfig(cluster, directory)
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
      forSeconds: 2,
      scrape: { job: 'daemonset-triage', url: botUrl },
      ...options.monitoring,
    })
    stops.push(monitoring.stop)
    const alertmanagerUrl = await (async () => {
      if (options.alertmanagerUptimeMs === undefined) return monitoring.alertmanagerUrl
      const old = await alertmanagerWithUptime(
        monitoring.alertmanagerUrl,
        options.alertmanagerUptimeMs,
      )
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
        ALLOWED_USERS: [ALLOWED_USER, SECOND_ALLOWED_USER]
          .map((name) => slack.person(name).id)
          .join(),
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

/**
 * Presses a button of the message, or chooses it from the message's menu, and returns the text of
 * the modal when it no longer says “Checking…”.
 */
export async function press(
  { slack }: BotWorld,
  ts: string,
  text: string,
  user = ALLOWED_USER,
): Promise<string> {
  const before = slack.modal(user)?.id
  const isButton = controlsOf(slack.message(ts)?.blocks ?? []).some(
    ({ element }) => element.text?.text === text,
  )
  const ack = isButton
    ? await slack.click({ user, ts, text })
    : await slack.pick({ user, ts, actionId: `${ACTION_PREFIX}menu`, choose: text })
  if (!ack?.ok) throw new Error(`the bot did not acknowledge the click on ${text}: ${ack?.reason}`)
  return until(`the modal of ${text}`, async () => {
    const shown = modalText(slack, user)
    return slack.modal(user)?.id === before || shown.includes('Checking…') ? undefined : shown
  })
}

/**
 * Submits the open modal, waits until it no longer says “Applying…”, closes it, and returns its
 * text; `closed` if the bot has closed it.
 */
export async function submit(
  { slack }: BotWorld,
  values: Readonly<Record<string, string | readonly string[]>> = {},
  user = ALLOWED_USER,
): Promise<string> {
  const submission = await slack.submit({ user, values })
  if (submission.outcome === 'incomplete' || submission.outcome === 'failed')
    throw new Error(`the bot did not accept the submission: ${JSON.stringify(submission)}`)
  const result = await until('the result of a submission', async () => {
    const shown = slack.modal(user) ? modalText(slack, user) : 'closed'
    return shown.includes('Applying…') ? undefined : shown
  })
  if (slack.modal(user)) await slack.closeModal({ user })
  return result
}

/**
 * Posts a webhook for the DaemonSet `agent` in a namespace, whether or not Alertmanager has such an
 * alert. Returns the HTTP status.
 */
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
