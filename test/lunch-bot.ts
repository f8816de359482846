import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { LogLevel, WebClient } from '@slack/web-api'
import { Hono } from 'hono'
import type { Slack } from '../simulator/slack/slack.ts'

const plain = (text: string) => ({ type: 'plain_text' as const, text })
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text })
const option = (text: string, value: string) => ({ text: plain(text), value })

/** The part of an interaction that the bot reads. */
export interface Interaction {
  readonly type: string
  readonly user: { readonly id: string }
  readonly trigger_id: string
  readonly response_url: string
  readonly message?: { readonly ts: string }
  readonly view: {
    readonly id: string
    readonly private_metadata: string
    readonly state: {
      readonly values: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>
    }
  }
  readonly actions: readonly {
    readonly action_id: string
    readonly value?: string
    readonly selected_option?: { value: string }
  }[]
}

/**
 * A small app that asks where to have lunch. It shares no code with the bot, so that the simulated
 * Slack is not only tested with the bot's own requests.
 */
export interface LunchBot {
  readonly url: string
  readonly client: WebClient
  readonly received: Interaction[]
  /** Replaces the normal answer to interactions. */
  answer: ((interaction: Interaction) => Response | Promise<Response>) | undefined
  ask(): Promise<string>
  stop(): Promise<void>
}

/** The message of the bot. */
export const LUNCH_BLOCKS = [
  { type: 'header', block_id: 'head', text: plain('Lunch?') },
  {
    type: 'section',
    block_id: 'body',
    text: mrkdwn('*Three* people are hungry, since <!date^1795496400^{time}|05:00 UTC>.'),
  },
  {
    type: 'actions',
    block_id: 'act.1',
    elements: [
      {
        type: 'button',
        action_id: 'order',
        text: plain('Order…'),
        style: 'primary',
        value: 'order-1',
      },
      {
        type: 'button',
        action_id: 'cancel',
        text: plain('Cancel'),
        style: 'danger',
        confirm: {
          title: plain('Cancel lunch?'),
          text: mrkdwn('Nobody gets *lunch*.'),
          confirm: plain('Do it'),
          deny: plain('Keep'),
        },
      },
      {
        type: 'static_select',
        action_id: 'when',
        placeholder: plain('When…'),
        options: [option('At noon', '12'), option('At one', '13')],
      },
      {
        type: 'overflow',
        action_id: 'more',
        options: [option('Say no', 'no'), option('Ask again', 'again')],
      },
    ],
  },
] as const

/** The modal of the bot. */
export const ORDER_VIEW = {
  type: 'modal',
  callback_id: 'order',
  private_metadata: 'lunch-1',
  title: plain('Order lunch'),
  submit: plain('Order'),
  close: plain('Not now'),
  blocks: [
    {
      type: 'input',
      block_id: 'dish',
      label: plain('Dish'),
      element: {
        type: 'radio_buttons',
        action_id: 'v',
        options: [option('Soup', 'soup'), option('Pizza', 'pizza')],
      },
    },
    {
      type: 'input',
      block_id: 'size',
      label: plain('Size'),
      element: {
        type: 'static_select',
        action_id: 'v',
        options: [option('Small', 's'), option('Large', 'l')],
        initial_option: option('Small', 's'),
      },
    },
    {
      type: 'input',
      block_id: 'extras',
      optional: true,
      label: plain('Extras'),
      element: {
        type: 'checkboxes',
        action_id: 'v',
        options: [option('Cheese', 'cheese'), option('Olives', 'olives')],
      },
    },
    {
      type: 'input',
      block_id: 'name',
      label: plain('Name'),
      hint: plain('As on the door'),
      element: { type: 'plain_text_input', action_id: 'v', max_length: 20 },
    },
  ],
} as const

/** Starts the bot and sets its request URL in Slack. */
export async function startLunchBot(slack: Slack): Promise<LunchBot> {
  const client = new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  })
  const channel = slack.workspace.channels[0]?.id ?? ''
  const app = new Hono()
  app.post('/interactions', async (c) => {
    const body = await c.req.text()
    if (!isSigned(slack.signingSecret, c.req.header(), body)) return c.text('not from Slack', 401)
    const interaction = JSON.parse(new URLSearchParams(body).get('payload') ?? '') as Interaction
    bot.received.push(interaction)
    return bot.answer ? bot.answer(interaction) : defaultAnswer(client, channel, interaction)
  })
  const server = createServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bot: LunchBot = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/interactions`,
    client,
    received: [],
    answer: undefined,
    async ask() {
      const { ts } = await client.chat.postMessage({
        channel,
        text: 'Lunch?',
        blocks: [...LUNCH_BLOCKS] as never,
      })
      return ts ?? ''
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  slack.setRequestUrl(bot.url)
  return bot
}

async function defaultAnswer(
  client: WebClient,
  channel: string,
  interaction: Interaction,
): Promise<Response> {
  const thread = interaction.message?.ts ?? ''
  const action = interaction.actions?.[0]?.action_id
  if (interaction.type === 'view_submission') {
    const { dish, name } = interaction.view.state.values
    if (name?.v?.value === 'nobody')
      return Response.json({ response_action: 'errors', errors: { name: 'Enter your own name.' } })
    const ordered = dish?.v?.selected_option as { value: string }
    await client.chat.postMessage({
      channel,
      thread_ts: interaction.view.private_metadata,
      text: `<@${interaction.user.id}> ordered ${ordered.value}`,
    })
    return new Response('')
  }
  if (action === 'order')
    await client.views.open({
      trigger_id: interaction.trigger_id,
      view: { ...ORDER_VIEW, private_metadata: thread } as never,
    })
  if (action === 'cancel')
    await client.chat.update({ channel, ts: thread, text: 'No lunch.', blocks: [] })
  if (action === 'when') {
    const when = interaction.actions[0]?.selected_option?.value
    await fetch(interaction.response_url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: `Only you know: lunch at ${when}`, replace_original: false }),
    })
  }
  return new Response('')
}

/** A separate implementation, to check the bot's and the simulator's. */
function isSigned(secret: string, headers: Record<string, string>, body: string): boolean {
  const timestamp = headers['x-slack-request-timestamp'] ?? ''
  const right = Buffer.from(
    `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`,
  )
  const given = Buffer.from(headers['x-slack-signature'] ?? '')
  return (
    Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300 &&
    given.length === right.length &&
    timingSafeEqual(given, right)
  )
}
