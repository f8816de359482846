import { join } from 'node:path'
import { start } from '../src/node.ts'
import type { LocalAlertmanager } from './alertmanager/start-alertmanager.ts'
import type { Facts, PanelControl } from './page/page-state.ts'
import type { Slack } from './slack/slack.ts'

/** What runs behind the page: a cluster, an Alertmanager, and the product between them and Slack. */
export interface Play {
  readonly facts: () => readonly Facts[]
  readonly controls: () => readonly PanelControl[]
  /** Presses a control. Returns what it has done, in one sentence. */
  readonly press: (id: string) => Promise<string>
  readonly stop: () => Promise<void>
}

/** What a play needs of the demo. */
export interface Setting {
  readonly slack: Slack
  /** For files that last as long as the play; empty at its start. */
  readonly directory: string
}

/** The name of the cluster in messages and alerts. */
export const CLUSTER_NAME = 'demo'
export const WEBHOOK_TOKEN = 'local-webhook-token'

/**
 * Starts the product as it is, with the environment of any installation, and points Alertmanager's webhook and Slack's clicks at it.
 * `cluster` says which cluster it is for and what may be pressed there. Returns what stops it.
 */
export async function startProduct(
  { slack, directory }: Setting,
  alertmanager: LocalAlertmanager,
  cluster: Readonly<Record<string, string | undefined>>,
): Promise<() => Promise<void>> {
  const product = await start({
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
    ...cluster,
  })
  alertmanager.setWebhookUrl(`${product.url}/webhooks/alertmanager`)
  slack.setRequestUrl(`${product.url}/slack/events`)
  return () => product.stop()
}
