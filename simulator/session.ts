import { join } from 'node:path'
import { start } from '../src/node.ts'
import type { SimulatedAlertmanager } from './alertmanager/start-alertmanager.ts'
import type { Facts, Guide, PanelControl } from './page/page-state.ts'
import type { Slack } from './slack/slack.ts'

/** What runs behind the page: a cluster, an Alertmanager and the bot. */
export interface Session {
  readonly facts: () => readonly Facts[]
  readonly controls: () => readonly PanelControl[]
  /** undefined: there is nothing to guide through. */
  readonly guide?: () => Guide
  /**
   * Runs a control. Returns one sentence that says what happened. Throws if it is not available.
   */
  readonly press: (id: string) => Promise<string>
  readonly stop: () => Promise<void>
}

/** What a session gets from the demo. */
export interface SessionSetup {
  readonly slack: Slack
  /** An empty directory for the files of this session. */
  readonly directory: string
}

/** The cluster's name in messages and alerts. */
export const CLUSTER_NAME = 'demo'

/** Bearer token of Alertmanager's webhook. */
export const WEBHOOK_TOKEN = 'local-webhook-token'

/**
 * Starts the bot with the environment of a normal installation, and points Alertmanager's webhook
 * and Slack's request URL at it. `environment` sets the cluster and the actions. Returns a function
 * that stops the bot.
 */
export async function startBot(
  { slack, directory }: SessionSetup,
  alertmanager: SimulatedAlertmanager,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<() => Promise<void>> {
  const bot = await start({
    HOST: '127.0.0.1',
    PORT: '0',
    CLUSTER_NAME,
    ALERTMANAGER_URL: alertmanager.url,
    WEBHOOK_TOKEN,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_CHANNEL: slack.workspace.channels[0]?.id,
    SLACK_API_URL: slack.apiUrl,
    ALLOWED_USERS: slack.workspace.people[0]?.id,
    DATABASE_URL: `sqlite:${join(directory, 'demo.db')}`,
    RECONCILE_INTERVAL: '2',
    LOG_LEVEL: 'error',
    ...environment,
  })
  alertmanager.setWebhookUrl(`${bot.url}/webhooks/alertmanager`)
  slack.setRequestUrl(`${bot.url}/slack/events`)
  return () => bot.stop()
}
