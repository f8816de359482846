import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type SimulatedAlertmanager,
  startAlertmanager,
} from '../simulator/alertmanager/start-alertmanager.ts'
import {
  type ClusterOptions,
  type SimulatedCluster,
  startCluster,
} from '../simulator/cluster/start-cluster.ts'
import type { Scenario } from '../simulator/scenarios/scenario.ts'
import type { Message } from '../simulator/slack/model.ts'
import type { SlackOptions } from '../simulator/slack/options.ts'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { type Running, start } from '../src/node.ts'

/** A bot and everything that it talks to, on loopback. */
export interface World {
  readonly cluster: SimulatedCluster
  readonly alertmanager: SimulatedAlertmanager
  readonly slack: Slack
  readonly env: Readonly<Record<string, string>>
  /** URL of the bot. */
  readonly url: string
  /** The running bot. `restartBot` replaces it with one that has the same settings. */
  readonly bot: () => Running
  readonly restartBot: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface WorldOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cluster?: ClusterOptions
  readonly slack?: SlackOptions
  /** false: the test starts the bot itself, with `restartBot`. */
  readonly bot?: false
}

/** Maya is in ALLOWED_USERS; Sam is not. */
export const allowedUser = 'maya'

/** Starts the simulated services with this scenario, then the bot, with one round per second. */
export async function startWorld(scenario: Scenario, options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'daemonset-triage-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const cluster = await startCluster(scenario.objects(new Date()), {
    ...(scenario.version ? { version: scenario.version } : {}),
    ...options.cluster,
  })
  const slack = await startSlack({ requestUrl: `${url}/slack/events`, ...options.slack })
  const alertmanager = await startAlertmanager({
    webhookUrl: `${url}/webhooks/alertmanager`,
    webhookToken: 'webhook-token',
    samples: () =>
      cluster.store.list('daemonsets').map(({ metadata, status }) => ({
        namespace: metadata.namespace ?? '',
        daemonset: metadata.name,
        value: status?.numberMisscheduled ?? 0,
      })),
    durationsMs: { for: 300, evaluation: 100, groupWait: 100, groupInterval: 400 },
  })
  writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig('simulated'))
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    CLUSTER_NAME: 'simulated',
    KUBECONFIG: join(folder, 'kubeconfig'),
    ALERTMANAGER_URL: alertmanager.url,
    WEBHOOK_TOKEN: 'webhook-token',
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_CHANNEL: slack.workspace.channels[0]?.id ?? '',
    SLACK_API_URL: slack.apiUrl,
    ACTIONS: 'silence,recount,patch,delete',
    ALLOWED_USERS: slack.person(allowedUser).id,
    DATABASE_URL: `sqlite:${join(folder, 'bot.db')}`,
    RECONCILE_INTERVAL: '1',
    LOG_LEVEL: 'error',
    ...options.env,
  }
  let bot: Running | undefined = options.bot === false ? undefined : await start(env)
  scenario.start?.({ cluster, alertmanager })
  return {
    cluster,
    alertmanager,
    slack,
    env,
    url,
    bot: () => {
      if (!bot) throw new Error('the bot is not running')
      return bot
    },
    restartBot: async () => {
      await bot?.stop()
      bot = await start(env)
    },
    stop: async () => {
      await bot?.stop()
      await alertmanager.stop()
      await cluster.stop()
      await slack.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A port that is free now. The webhook's address must be known before the bot starts. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

/** Waits for the first value of `probe`. Throws after `ms`, naming `what` it waited for. */
export async function until<T>(
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  what: string,
  ms = 10_000,
): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const found = await probe()
    if (found) return found
    if (Date.now() > end) throw new Error(`timed out after ${ms} ms waiting for ${what}`)
    await sleep(25)
  }
}

/** The text of the modal that a submission leaves open; `closed` if there is none. */
export function outcomeOf({ slack }: World, user = allowedUser): string {
  const modal = slack.modal(user)
  return modal ? strings(modal.blocks).join(' ') : 'closed'
}

/** All text of a message: fallback, blocks, buttons. */
export function textOf(message: Pick<Message, 'text' | 'blocks'> | undefined): string {
  return message ? `${message.text}\n${strings(message.blocks).join(' ')}` : ''
}

/** Labels of the buttons and options in a message or modal. */
export function buttonsOf(message: Pick<Message, 'blocks'> | undefined): string[] {
  const found: string[] = []
  walk(message?.blocks, (object) => {
    const text = object.text as { text?: string } | undefined
    if (
      (object.type === 'button' ||
        ('value' in object && 'text' in object && !('type' in object))) &&
      text?.text
    )
      found.push(text.text)
  })
  return found
}

/** Labels of the buttons alone, without the menu's options. */
export function buttonElements(message: Pick<Message, 'blocks'> | undefined): string[] {
  const found: string[] = []
  walk(message?.blocks, (object) => {
    const text = object.text as { text?: string } | undefined
    if (object.type === 'button' && text?.text) found.push(text.text)
  })
  return found
}

/** All text, user ids and date fallbacks in blocks, in order. */
export function strings(value: unknown): string[] {
  const found: string[] = []
  walk(value, (object) => {
    if (typeof object.text === 'string') found.push(object.text)
    if (typeof object.user_id === 'string') found.push(`@${object.user_id}`)
    if (typeof object.fallback === 'string') found.push(object.fallback)
  })
  return found
}

function walk(value: unknown, visit: (object: Readonly<Record<string, unknown>>) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit)
  else if (typeof value === 'object' && value !== null) {
    visit(value as Readonly<Record<string, unknown>>)
    for (const item of Object.values(value)) walk(item, visit)
  }
}
