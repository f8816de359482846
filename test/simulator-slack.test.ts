import { WebClient } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { LUNCH_BLOCKS, type LunchBot, ORDER_VIEW, startLunchBot } from './lunch-bot.ts'
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

const tooLong = { type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }

describe('the Web API', () => {
  test.each([
    [
      'no token',
      () => fetch(`${slack.apiUrl}auth.test`).then((response) => response.json()),
      'not_authed',
    ],
    ['a wrong token', () => call('auth.test', {}, 'xoxb-wrong'), 'invalid_auth'],
    [
      'the app-level token',
      () => call('chat.postMessage', {}, slack.appToken),
      'not_allowed_token_type',
    ],
    ['an unknown method', () => call('chat.shout', {}), 'unknown_method'],
    [
      'an unknown channel',
      () => call('chat.postMessage', { channel: 'C0NOWHERE01', text: 'hi' }),
      'channel_not_found',
    ],
    ['no text', () => call('chat.postMessage', { channel: CHANNEL }), 'no_text'],
    [
      '4,001 characters',
      () => call('chat.postMessage', { channel: CHANNEL, text: 'x'.repeat(4001) }),
      'msg_too_long',
    ],
    [
      'blocks that are not JSON',
      () => call('chat.postMessage', { channel: CHANNEL, text: 'hi', blocks: '[' }),
      'invalid_blocks_format',
    ],
    [
      'a reply to a missing message',
      () => call('chat.postMessage', { channel: CHANNEL, text: 'hi', thread_ts: '1.000000' }),
      'thread_not_found',
    ],
    [
      'an edit of a missing message',
      () => call('chat.update', { channel: CHANNEL, ts: '1.000000', text: 'hi' }),
      'message_not_found',
    ],
    [
      'a permalink to a missing message',
      () => call('chat.getPermalink', { channel: CHANNEL, message_ts: '1.000000' }),
      'message_not_found',
    ],
    ['an unknown user', () => call('users.info', { user: 'U0NOBODY001' }), 'user_not_found'],
    [
      'an unknown group',
      () => call('usergroups.users.list', { usergroup: 'S0NOBODY001' }),
      'no_such_subteam',
    ],
    [
      'an unknown trigger_id',
      () => call('views.open', { trigger_id: '1.2.x', view: ORDER_VIEW }),
      'invalid_trigger_id',
    ],
    [
      'a closed modal',
      () => call('views.update', { view_id: 'V0LOCAL9999', view: ORDER_VIEW }),
      'not_found',
    ],
  ])('refuses %s', async (_, attempt, error) => {
    expect(await attempt()).toMatchObject({ ok: false, error })
  })

  test('names the block that breaks a limit', async () => {
    const answer = await call('chat.postMessage', {
      channel: CHANNEL,
      text: 'hi',
      blocks: [{ type: 'divider' }, tooLong],
    })
    expect(answer).toMatchObject({ ok: false, error: 'invalid_blocks' })
    expect(answer.response_metadata).toEqual({
      messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]'],
    })
    expect(slack.messages()).toEqual([])
  })

  test('names the missing scope', () =>
    withSlack({ scopes: ['chat:write'] }, async (other, client) => {
      await expect(client.conversations.history({ channel: CHANNEL })).rejects.toMatchObject({
        data: { error: 'missing_scope', needed: 'channels:history', provided: 'chat:write' },
      })
      expect(other.calls('conversations.history')).toHaveLength(1)
    }))

  test('lets the bot write only to channels that it is in and that are not archived', async () => {
    slack.changeChannel(CHANNEL, { isMember: false })
    expect(await call('chat.postMessage', { channel: CHANNEL, text: 'hi' })).toMatchObject({
      error: 'not_in_channel',
    })
    slack.changeChannel(CHANNEL, { isMember: true, isArchived: true })
    expect(await call('chat.postMessage', { channel: CHANNEL, text: 'hi' })).toMatchObject({
      error: 'is_archived',
    })
  })

  test('accepts forms and JSON, and records every call in order', async () => {
    await bot.client.auth.test()
    const ts = await bot.ask()
    await call('chat.update', { channel: CHANNEL, ts, text: 'Dinner?' })
    expect(slack.calls().map(({ method }) => method)).toEqual([
      'auth.test',
      'chat.postMessage',
      'chat.update',
    ])
    expect(slack.calls('chat.postMessage')[0]?.args.blocks).toEqual(LUNCH_BLOCKS)
  })

  test('an edit without blocks removes the blocks; an edit with blocks is not marked as edited', async () => {
    const ts = await bot.ask()
    await bot.client.chat.update({
      channel: CHANNEL,
      ts,
      text: 'Lunch!',
      blocks: [{ type: 'divider' }],
    })
    expect(slack.message(ts)?.blocks).toMatchObject([{ type: 'divider' }])
    expect(slack.message(ts)?.edited).toBeUndefined()
    await bot.client.chat.update({ channel: CHANNEL, ts, text: 'Lunch.' })
    expect(slack.message(ts)).toMatchObject({
      text: 'Lunch.',
      blocks: [],
      edited: { user: 'U0TRIAGE001' },
    })
  })

  test('a reply stays in its thread unless it is broadcast', async () => {
    const ts = await bot.ask()
    await bot.client.chat.postMessage({ channel: CHANNEL, thread_ts: ts, text: 'quietly' })
    await bot.client.chat.postMessage({
      channel: CHANNEL,
      thread_ts: ts,
      text: 'aloud',
      reply_broadcast: true,
    })
    expect(slack.thread(ts).map(({ text }) => text)).toEqual(['quietly', 'aloud'])
    expect(slack.messages().map(({ text }) => text)).toEqual(['Lunch?', 'aloud'])
    const reply = slack.thread(ts)[0]?.ts
    expect(
      await call('chat.postMessage', { channel: CHANNEL, text: 'hi', thread_ts: reply }),
    ).toMatchObject({
      error: 'cannot_reply_to_message',
    })
  })

  test('history lists new messages first, in pages, with metadata on request', async () => {
    const metadata = { event_type: 'lunch', event_payload: { id: 'lunch-1' } }
    for (const text of ['one', 'two', 'three'])
      await bot.client.chat.postMessage({ channel: CHANNEL, text, metadata })
    const first = await bot.client.conversations.history({
      channel: CHANNEL,
      limit: 2,
      include_all_metadata: true,
    })
    expect(first.messages?.map(({ text }) => text)).toEqual(['three', 'two'])
    expect(first.messages?.[0]?.metadata).toEqual(metadata)
    const rest = await bot.client.conversations.history({
      channel: CHANNEL,
      limit: 2,
      cursor: first.response_metadata?.next_cursor ?? '',
    })
    expect(rest.messages?.map(({ text, metadata: kept }) => [text, kept])).toEqual([
      ['one', undefined],
    ])
    const since = await bot.client.conversations.history({
      channel: CHANNEL,
      oldest: slack.messages()[1]?.ts ?? '',
    })
    expect(since.messages?.map(({ text }) => text)).toEqual(['three'])
  })

  test('only one person sees an ephemeral message, and it cannot be edited', async () => {
    const { message_ts: ts = '' } = await bot.client.chat.postEphemeral({
      channel: CHANNEL,
      user: MAYA,
      text: 'psst',
    })
    expect(slack.ephemerals('maya').map(({ text }) => text)).toEqual(['psst'])
    expect([slack.ephemerals('sam'), slack.messages()]).toEqual([[], []])
    expect(await call('chat.update', { channel: CHANNEL, ts, text: 'louder' })).toMatchObject({
      error: 'cant_update_message',
    })
  })

  test('a deleted message cannot be edited, and leaves a tombstone if it has replies', async () => {
    const ts = await bot.ask()
    await bot.client.chat.postMessage({ channel: CHANNEL, thread_ts: ts, text: 'soup' })
    slack.deleteMessage(ts)
    expect(await call('chat.update', { channel: CHANNEL, ts, text: 'Lunch!' })).toMatchObject({
      error: 'message_not_found',
    })
    expect(slack.messages()).toMatchObject([{ deleted: true, blocks: [] }])
    const alone = await bot.ask()
    slack.deleteMessage(alone)
    expect(slack.message(alone)).toBeUndefined()
  })
})

describe('faults', () => {
  const post = () => bot.client.chat.postMessage({ channel: CHANNEL, text: 'hi' })

  test('429 with or without Retry-After, for the planned number of calls', async () => {
    slack.addFault('chat.postMessage', { kind: 'rate-limit', retryAfterSeconds: 7 })
    await expect(post()).rejects.toMatchObject({
      code: 'slack_webapi_rate_limited_error',
      retryAfter: 7,
    })
    slack.addFault('chat.postMessage', { kind: 'rate-limit' })
    const bare = await fetch(`${slack.apiUrl}chat.postMessage`, { method: 'POST' })
    expect([bare.status, bare.headers.get('retry-after')]).toEqual([429, null])
    await post()
    expect(slack.messages()).toHaveLength(1)
  })

  test('5xx, a proxy error page, an error code and a cut connection post nothing', async () => {
    slack.addFault('*', { kind: 'status', status: 503 })
    await expect(post()).rejects.toMatchObject({ statusCode: 503 })
    slack.addFault('*', { kind: 'html' })
    await expect(post()).rejects.toThrow('502 Bad Gateway')
    slack.addFault('*', { kind: 'error', error: 'fatal_error' })
    await expect(post()).rejects.toMatchObject({ data: { error: 'fatal_error' } })
    slack.addFault('*', { kind: 'cut' })
    await expect(post()).rejects.toThrow('request')
    expect(slack.messages()).toEqual([])
    expect(slack.calls().map(({ fault, answer }) => [fault?.kind, answer])).toEqual(
      ['status', 'html', 'error', 'cut'].map((kind) => [kind, undefined]),
    )
  })

  test('a message can be posted although the response never arrives', async () => {
    const hasty = new WebClient(slack.botToken, {
      slackApiUrl: slack.apiUrl,
      retryConfig: { retries: 0 },
      timeout: 200,
    })
    slack.addFault('chat.postMessage', { kind: 'cut', accepted: true })
    await expect(post()).rejects.toThrow('request')
    slack.addFault('chat.postMessage', { kind: 'hang', accepted: true })
    await expect(hasty.chat.postMessage({ channel: CHANNEL, text: 'hung' })).rejects.toThrow(
      'timeout',
    )
    expect(slack.messages().map(({ text }) => text)).toEqual(['hi', 'hung'])
  })

  test('a rule decides for each call until it is cleared', async () => {
    slack.addFault(
      'chat.postMessage',
      (_, { text }) => (text === 'hi' ? { kind: 'error', error: 'internal_error' } : undefined),
      Infinity,
    )
    await expect(post()).rejects.toThrow('internal_error')
    await bot.client.chat.postMessage({ channel: CHANNEL, text: 'ho' })
    slack.clearFaults()
    await post()
    expect(slack.messages().map(({ text }) => text)).toEqual(['ho', 'hi'])
  })
})
