import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Forgery } from '../simulator/slack/app-endpoint.ts'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import {
  type Interaction,
  LUNCH_BLOCKS,
  type LunchBot,
  ORDER_VIEW,
  startLunchBot,
} from './lunch-bot.ts'
import { callApi, withSlack } from './simulator/slack.ts'

const CHANNEL = 'C0ALERTS001'
const MAYA = 'U0MAYA00001'
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

const call = (method: string, args: object, token?: string) => callApi(slack, method, args, token)

describe('people', () => {
  test('a click has the payload that Slack sends, and its trigger_id opens one modal within 3 s', async () => {
    const ts = await bot.ask()
    expect(await slack.click({ user: 'maya', ts, text: 'Order…' })).toMatchObject({
      ok: true,
      status: 200,
      body: '',
    })
    expect(bot.received[0]).toMatchObject({
      type: 'block_actions',
      api_app_id: 'A0TRIAGE001',
      team: { id: 'T0LOCAL0001' },
      user: { id: MAYA, username: 'maya' },
      channel: { id: CHANNEL, name: 'k8s-alerts' },
      container: { type: 'message', message_ts: ts, channel_id: CHANNEL, is_ephemeral: false },
      message: { ts, text: 'Lunch?', blocks: LUNCH_BLOCKS },
      state: { values: { 'act.1': { when: { type: 'static_select', selected_option: null } } } },
      actions: [
        {
          type: 'button',
          action_id: 'order',
          block_id: 'act.1',
          value: 'order-1',
          text: { text: 'Order…' },
        },
      ],
    })
    expect(slack.modal('maya')).toMatchObject({ callback_id: 'order', private_metadata: ts })
    expect(slack.modal('sam')).toBeUndefined()
    const trigger_id = bot.received[0]?.trigger_id
    expect(await call('views.open', { trigger_id, view: ORDER_VIEW })).toMatchObject({
      error: 'exchanged_trigger_id',
    })
    bot.answer = () => new Response('')
    await slack.click({ user: 'maya', ts, actionId: 'order' })
    slack.advance(3001)
    expect(
      await call('views.open', { trigger_id: bot.received[1]?.trigger_id, view: ORDER_VIEW }),
    ).toMatchObject({
      error: 'expired_trigger_id',
    })
  })

  test.each<Forgery>([
    'unsigned',
    'no-timestamp',
    'wrong-secret',
    'wrong-version',
    'tampered',
    'stale',
    'future',
  ])('an app that checks signatures refuses a click that is %s', async (forgery) => {
    const ts = await bot.ask()
    expect(await slack.click({ user: 'maya', ts, text: 'Order…', forgery })).toMatchObject({
      ok: false,
      status: 401,
    })
    expect(bot.received).toEqual([])
  })

  test('a delivery can be replayed byte for byte', async () => {
    bot.answer = () => new Response('')
    const ts = await bot.ask()
    await slack.click({ user: 'maya', ts, text: 'Order…' })
    const [delivery] = slack.deliveries
    if (delivery) await slack.replay(delivery)
    expect(bot.received[1]).toEqual(bot.received[0])
  })

  test('a click on a missing control throws and lists the controls', async () => {
    const ts = await bot.ask()
    await expect(slack.click({ user: 'maya', ts, text: 'Dinner' })).rejects.toThrow(
      'no control "Dinner"; controls: order "Order…"',
    )
    await expect(slack.click({ user: 'eve', ts, text: 'Order…' })).rejects.toThrow(
      'no person eve; people: maya, sam',
    )
  })

  test('a button in an earlier version of a message still works', async () => {
    const ts = await bot.ask()
    const before = slack.message(ts)
    await bot.client.chat.update({
      channel: CHANNEL,
      ts,
      text: 'Closed.',
      blocks: [{ type: 'divider' }],
    })
    if (before) await slack.click({ user: 'maya', message: before, text: 'Order…' })
    expect(bot.received[0]?.actions[0]).toMatchObject({ action_id: 'order', value: 'order-1' })
  })

  test('an app that fails or is too slow shows an error to the person who clicked', () =>
    withSlack({ acknowledgeTimeoutMs: 100 }, async (other) => {
      const slow = await startLunchBot(other)
      const ts = await slow.ask()
      slow.answer = () => new Response('', { status: 500 })
      expect(await other.click({ user: 'maya', ts, text: 'Order…' })).toMatchObject({
        ok: false,
        status: 500,
      })
      slow.answer = () => new Promise(() => {})
      expect(await other.click({ user: 'maya', ts, text: 'Order…' })).toMatchObject({
        ok: false,
        reason: 'the app did not acknowledge within 100 ms',
      })
      expect(other.clientErrors.map(({ user, text: shown }) => [user, shown])).toEqual([
        [MAYA, 'This app responded with Status Code 500.'],
        [MAYA, 'This app did not respond in time. Try again.'],
      ])
      await slow.stop()
    }))

  test('a response_url works 5 times within 30 min', async () => {
    const ts = await bot.ask()
    await slack.pick({ user: 'maya', ts, actionId: 'when', choose: 'At one' })
    expect(bot.received[0]).toMatchObject({
      actions: [{ type: 'static_select', selected_option: { value: '13' } }],
      state: { values: { 'act.1': { when: { selected_option: { value: '13' } } } } },
    })
    expect(slack.ephemerals('maya').map(({ text }) => text)).toEqual(['Only you know: lunch at 13'])
    const respond = (body: object) =>
      fetch(bot.received[0]?.response_url ?? '', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })
    for (const text of ['2', '3', '4', '5']) expect((await respond({ text })).status).toBe(200)
    const sixth = await respond({ text: '6' })
    expect([sixth.status, await sixth.json()]).toEqual([404, { ok: false, error: 'used_url' }])
    await slack.pick({ user: 'maya', ts, actionId: 'more', choose: 'no' })
    slack.advance(30 * 60_000 + 1)
    const late = await fetch(bot.received[1]?.response_url ?? '', {
      method: 'POST',
      body: '{"text":"late"}',
      headers: { 'content-type': 'application/json' },
    })
    expect(await late.json()).toEqual({ ok: false, error: 'expired_url' })
    expect(slack.ephemerals('maya')).toHaveLength(5)
  })
})

describe('modals', () => {
  const filled = { dish: 'Soup', extras: ['Cheese', 'olives'], Name: 'Maya' }
  let ts: string
  beforeEach(async () => {
    ts = await bot.ask()
    await slack.click({ user: 'maya', ts, text: 'Order…' })
  })

  test('a modal with missing input is not sent', async () => {
    expect(await slack.submit({ user: 'maya', values: { name: 'x'.repeat(21) } })).toEqual({
      outcome: 'incomplete',
      errors: {
        dish: 'Please complete this required field.',
        name: 'This must be at most 20 characters long.',
      },
    })
    expect(bot.received).toHaveLength(1)
  })

  test('a submitted modal sends its values and closes', async () => {
    expect(await slack.submit({ user: 'maya', values: filled })).toMatchObject({
      outcome: 'closed',
    })
    expect(bot.received[1]).toMatchObject({
      type: 'view_submission',
      view: {
        callback_id: 'order',
        private_metadata: ts,
        state: {
          values: {
            dish: { v: { type: 'radio_buttons', selected_option: { value: 'soup' } } },
            size: { v: { type: 'static_select', selected_option: { value: 's' } } },
            extras: {
              v: {
                type: 'checkboxes',
                selected_options: [{ value: 'cheese' }, { value: 'olives' }],
              },
            },
            name: { v: { type: 'plain_text_input', value: 'Maya' } },
          },
        },
      },
    })
    expect(slack.modal('maya')).toBeUndefined()
    expect(slack.thread(ts).map(({ text }) => text)).toEqual([`<@${MAYA}> ordered soup`])
    expect(
      await call('views.update', { view_id: bot.received[1]?.view.id, view: ORDER_VIEW }),
    ).toMatchObject({
      error: 'not_found',
    })
  })

  test('errors from the app keep the modal open, with its input', async () => {
    const refused = await slack.submit({ user: 'maya', values: { ...filled, name: 'nobody' } })
    expect(refused).toMatchObject({ outcome: 'errors', errors: { name: 'Enter your own name.' } })
    expect(await slack.submit({ user: 'maya', values: { name: 'Maya' } })).toMatchObject({
      outcome: 'closed',
    })
  })

  const plainView = {
    type: 'modal',
    title: { type: 'plain_text', text: 'Applying…' },
    blocks: [{ type: 'divider' }],
  }
  test.each<[string, object, string, string[]]>([
    ['update', { response_action: 'update', view: plainView }, 'updated', ['Applying…']],
    ['push', { response_action: 'push', view: plainView }, 'pushed', ['Order lunch', 'Applying…']],
    ['clear', { response_action: 'clear' }, 'cleared', []],
    [
      'errors for a block that is not an input',
      { response_action: 'errors', errors: { nothing: 'x' } },
      'failed',
      ['Order lunch'],
    ],
    [
      'an invalid view',
      { response_action: 'update', view: { type: 'modal' } },
      'failed',
      ['Order lunch'],
    ],
  ])('the app responds with %s', async (_, answer, outcome, titles) => {
    bot.answer = () => Response.json(answer)
    expect(await slack.submit({ user: 'maya', values: filled })).toMatchObject({ outcome })
    expect(slack.modals('maya').map(({ title }) => title.text)).toEqual(titles)
  })

  test('an update keeps the input of blocks that stay, and checks the hash', async () => {
    const view = slack.modal('maya')
    await slack.pick({ user: 'maya', text: 'Dish', choose: 'Pizza' })
    const first = await bot.client.views.update({
      view_id: view?.id ?? '',
      hash: view?.hash ?? '',
      view: ORDER_VIEW as never,
    })
    expect(slack.modal('maya')?.state.values.dish).toMatchObject({
      v: { selected_option: { value: 'pizza' } },
    })
    expect(first.view?.hash).not.toBe(view?.hash)
    expect(
      await call('views.update', { view_id: view?.id, hash: view?.hash, view: ORDER_VIEW }),
    ).toMatchObject({
      error: 'hash_conflict',
    })
  })

  test('at most 3 modals are stacked', async () => {
    bot.answer = async ({ trigger_id }: Interaction) =>
      Response.json(await call('views.push', { trigger_id, view: ORDER_VIEW }))
    const errors: unknown[] = []
    for (let press = 0; press < 3; press++) {
      const ack = await slack.click({ user: 'maya', ts, text: 'Order…' })
      errors.push(JSON.parse(ack.body).error)
    }
    expect(errors).toEqual([undefined, undefined, 'push_limit_reached'])
  })

  test('closing a modal notifies the app only if it asked for that', async () => {
    await slack.closeModal({ user: 'maya' })
    expect(bot.received).toHaveLength(1)
    bot.answer = async ({ trigger_id }: Interaction) => {
      await call('views.open', { trigger_id, view: { ...ORDER_VIEW, notify_on_close: true } })
      return new Response('')
    }
    await slack.click({ user: 'maya', ts, text: 'Order…' })
    await slack.closeModal({ user: 'maya' })
    expect(bot.received.at(-1)).toMatchObject({
      type: 'view_closed',
      is_cleared: false,
      view: { callback_id: 'order' },
    })
    expect(slack.modal('maya')).toBeUndefined()
  })
})
