import { App, LogLevel } from '@slack/bolt'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { type LunchBot, ORDER_VIEW, startLunchBot } from './lunch-bot.ts'

let slack: Slack
let bot: LunchBot

beforeEach(async () => {
  slack = await startSlack()
  bot = await startLunchBot(slack)
})
afterEach(async () => {
  await bot.stop()
  await slack.stop()
})

test('Bolt in Socket Mode receives clicks and answers submissions over the socket', async () => {
  const app = new App({
    socketMode: true,
    token: slack.botToken,
    appToken: slack.appToken,
    clientOptions: { slackApiUrl: slack.apiUrl },
    logLevel: LogLevel.ERROR,
  })
  app.action('order', async ({ ack, client, body }) => {
    await ack()
    if ('trigger_id' in body)
      await client.views.open({ trigger_id: body.trigger_id, view: ORDER_VIEW as never })
  })
  app.view('order', ({ ack }) => ack({ response_action: 'errors', errors: { name: 'Not today.' } }))
  await app.start()
  await slack.until(() => slack.socketMode.connected, 'a Socket Mode connection')
  const ts = await bot.ask()
  expect(await slack.click({ user: 'sam', ts, text: 'Order…' })).toMatchObject({
    ok: true,
    body: '',
  })
  await slack.until(() => slack.modal('sam'), 'the modal')
  expect(await slack.submit({ user: 'sam', values: { dish: 'Pizza', name: 'Sam' } })).toMatchObject(
    {
      outcome: 'errors',
      errors: { name: 'Not today.' },
    },
  )
  expect(slack.deliveries.map(({ via }) => via)).toEqual(['socket', 'socket'])
  expect(bot.received).toEqual([])
  await app.stop()
  await slack.until(() => !slack.socketMode.connected, 'the end of the connection')
})
