import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { slackApp } from '../src/slack/bolt.ts'
import {
  type Click,
  type Handlers,
  type Submission,
  writeButtonValue,
  writeMetadata,
} from '../src/slack/interactions.ts'
import { refusedModal } from '../src/slack/modals.ts'
import { httpReceiver, verifySignature } from '../src/slack/receiver.ts'
import type { Log } from '../src/telemetry/log.ts'

const secret = 'a1b2c3'
const now = new Date('2026-11-24T03:12:00Z')
const seconds = String(now.getTime() / 1000)
const sign = (body: string, timestamp = seconds, key = secret): string =>
  `v0=${createHmac('sha256', key).update(`v0:${timestamp}:${body}`).digest('hex')}`
const form = (payload: unknown): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString()

interface Parts {
  readonly clock?: () => Date
  readonly headers?: Readonly<Record<string, string>>
  readonly handlers?: Partial<Handlers>
}

/** The receiver behind Bolt, and what reached the handlers. */
function listening({ handlers = {}, clock = () => now }: Parts = {}) {
  const clicks: Click[] = []
  const submissions: Submission[] = []
  const logged: string[] = []
  const line = (_fields: object, message: string): void => {
    logged.push(message)
  }
  const log: Log = { debug: () => {}, info: line, warn: line, error: line }
  const responded: { url: string; body: string }[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    responded.push({ url: String(input), body: String(init?.body) })
    return new Response('ok')
  }
  const receiver = httpReceiver({ signingSecret: secret, log, now: clock })
  slackApp({
    receiver,
    handlers: {
      click: handlers.click ?? (async (click) => void clicks.push(click)),
      submit: handlers.submit ?? (async (submission) => void submissions.push(submission)),
    },
    settings: { botToken: 'xoxb-1', apiUrl: 'http://127.0.0.1:9/api/', fetch },
    log,
  })
  const post = (body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    Promise.resolve(
      receiver.routes.request('/slack/events', {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-slack-request-timestamp': seconds,
          'x-slack-signature': sign(body),
          ...headers,
        },
      }),
    )
  return { receiver, post, clicks, submissions, logged, responded }
}

const blockActions = (action: object, change: object = {}): object => ({
  type: 'block_actions',
  team: { id: 'T1', domain: 'acme' },
  user: { id: 'U1', username: 'ali', team_id: 'T1' },
  trigger_id: '1.2.abc',
  response_url: 'https://hooks.slack.example/actions/1',
  container: { type: 'message', message_ts: '1.0', channel_id: 'C1', is_ephemeral: false },
  channel: { id: 'C1', name: 'alerts' },
  message: { ts: '1.0', text: 'x' },
  actions: [action],
  ...change,
})
const target = { button: 'silence' as const, incidentId: 'inc_1', rev: 3 }
const button = {
  type: 'button',
  action_id: 'daemonset-triage.silence',
  block_id: 'act.3',
  value: writeButtonValue(target),
  action_ts: '1.1',
}
const viewSubmission = (metadata: string, values: object): object => ({
  type: 'view_submission',
  team: { id: 'T1', domain: 'acme' },
  user: { id: 'U1', name: 'ali', team_id: 'T1' },
  trigger_id: '1.2.def',
  view: {
    id: 'V1',
    type: 'modal',
    callback_id: 'daemonset-triage.patch',
    private_metadata: metadata,
    state: { values },
  },
})

describe('a signature', () => {
  const body = new TextEncoder().encode('payload=1')
  const check = (change: {
    signature?: string | null
    timestamp?: string | null
    body?: Uint8Array
  }) =>
    verifySignature(
      secret,
      { signature: sign('payload=1'), timestamp: seconds, body, ...change },
      now,
    )

  it('with our secret and a current timestamp is accepted', async () => {
    expect(await check({})).toMatchObject({ ok: true })
  })

  it.each([
    ['five minutes ago', -300, true],
    ['in five minutes', 300, true],
    ['more than five minutes ago', -301, false],
    ['in more than five minutes', 301, false],
  ])('%s: %i seconds', async (_name, offset, ok) => {
    const timestamp = String(now.getTime() / 1000 + offset)
    expect((await check({ timestamp, signature: sign('payload=1', timestamp) })).ok).toBe(ok)
  })

  it.each([
    ['is missing', { signature: null }, 'signature or timestamp is missing'],
    ['has no timestamp', { timestamp: undefined }, 'signature or timestamp is missing'],
    ['has an invalid timestamp', { timestamp: 'NaN' }, 'timestamp is not a number of seconds'],
    [
      'covers another body',
      { body: new TextEncoder().encode('payload=2') },
      'signature does not match SLACK_SIGNING_SECRET',
    ],
    [
      'uses another secret',
      { signature: sign('payload=1', seconds, 'other') },
      'signature does not match SLACK_SIGNING_SECRET',
    ],
    [
      'is cut short',
      { signature: sign('payload=1').slice(0, 20) },
      'signature has an unknown format',
    ],
    [
      'has another version',
      { signature: sign('payload=1').replace('v0', 'v1') },
      'signature has an unknown format',
    ],
  ])('that %s is refused', async (_name, change, why) => {
    expect(await check(change)).toEqual({ ok: false, why })
  })
})

describe('POST /slack/events', () => {
  it('acknowledges a click before it is handled', async () => {
    let acknowledged = false
    const done = Promise.withResolvers<boolean>()
    const { post } = listening({
      handlers: {
        click: async () => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          done.resolve(acknowledged)
        },
      },
    })
    const response = await post(form(blockActions(button)))
    acknowledged = true
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    expect(await done.promise).toBe(true)
  })

  it('passes on who clicked what, where, and how to respond', async () => {
    const { post, clicks } = listening()
    await post(form(blockActions(button)))
    expect(clicks).toEqual([
      {
        button: 'silence',
        incidentId: 'inc_1',
        rev: 3,
        user: { id: 'U1', name: 'ali' },
        triggerId: '1.2.abc',
        responseUrl: 'https://hooks.slack.example/actions/1',
        channel: 'C1',
        messageTs: '1.0',
      },
    ])
  })

  it('reads a menu entry like a button', async () => {
    const { post, clicks } = listening()
    const value = writeButtonValue({
      button: 'undo',
      incidentId: 'inc_1',
      rev: 3,
      actionId: 'act_1',
    })
    const menu = {
      type: 'overflow',
      action_id: 'daemonset-triage.menu',
      block_id: 'act.3',
      selected_option: { value },
      action_ts: '1.1',
    }
    await post(form(blockActions(menu)))
    expect(clicks).toMatchObject([{ button: 'undo', actionId: 'act_1' }])
  })

  it('passes on the input of a submission, and closes the dialog once it is carried out', async () => {
    const { post, submissions } = listening()
    const metadata = writeMetadata({ button: 'silence', incidentId: 'inc_1', rev: 3, shown: 'abc' })
    const values = {
      duration: { v: { type: 'radio_buttons', selected_option: { value: '4h', text: {} } } },
      reason: { v: { type: 'plain_text_input', value: null } },
      confirm: { v: { type: 'checkboxes', selected_options: [{ value: 'yes' }] } },
    }
    const response = await post(form(viewSubmission(metadata, values)))
    expect(await response.json()).toEqual({ response_action: 'clear' })
    expect(submissions).toEqual([
      {
        button: 'silence',
        incidentId: 'inc_1',
        rev: 3,
        shown: 'abc',
        user: { id: 'U1', name: 'ali' },
        viewId: 'V1',
        values: { duration: '4h', confirm: 'yes' },
      },
    ])
  })

  it('shows what is not carried out in the dialog', async () => {
    const { post } = listening({
      handlers: {
        submit: async (_, answer) => {
          expect(await answer(refusedModal(['no']))).toBe(true)
        },
      },
    })
    const metadata = writeMetadata({ button: 'silence', incidentId: 'inc_1', rev: 3 })
    expect(await (await post(form(viewSubmission(metadata, {})))).json()).toMatchObject({
      response_action: 'update',
      view: { title: { text: 'Not done' } },
    })
  })

  it('shows "Applying…" before Slack stops waiting, and then no longer answers', async () => {
    const answered = Promise.withResolvers<boolean>()
    const { post } = listening({
      handlers: {
        submit: async (_, answer) => {
          await sleep(2_300)
          answered.resolve(await answer(undefined))
        },
      },
    })
    const metadata = writeMetadata({ button: 'silence', incidentId: 'inc_1', rev: 3 })
    expect(await (await post(form(viewSubmission(metadata, {})))).json()).toMatchObject({
      response_action: 'update',
      view: { title: { text: 'Applying…' } },
    })
    expect(await answered.promise).toBe(false)
  })

  it('refuses a deletion if the typed name is wrong', async () => {
    const { post, submissions } = listening()
    const metadata = writeMetadata({
      button: 'delete',
      incidentId: 'inc_1',
      rev: 3,
      confirmWord: 'fluent-bit',
    })
    const typed = (value: string): object => ({
      confirm: { v: { type: 'plain_text_input', value } },
    })
    const wrong = await post(form(viewSubmission(metadata, typed('fluentbit'))))
    expect(await wrong.json()).toEqual({
      response_action: 'errors',
      errors: { confirm: 'Type fluent-bit exactly.' },
    })
    expect(submissions).toEqual([])
    await post(form(viewSubmission(metadata, typed(' fluent-bit '))))
    expect(submissions).toHaveLength(1)
  })

  it('refuses unsigned requests, and passes nothing on', async () => {
    const { post, clicks, logged } = listening()
    const body = form(blockActions(button))
    expect((await post(body, { 'x-slack-signature': sign(body, seconds, 'guess') })).status).toBe(
      401,
    )
    expect((await post(body, { 'x-slack-signature': '' })).status).toBe(401)
    expect(clicks).toEqual([])
    expect(logged).toEqual([
      'request to /slack/events refused: not from Slack',
      'request to /slack/events refused: not from Slack',
    ])
  })

  it('ignores a replayed request', async () => {
    const { post, clicks } = listening()
    const body = form(blockActions(button))
    expect((await post(body)).status).toBe(200)
    expect((await post(body)).status).toBe(200)
    expect(clicks).toHaveLength(1)
  })

  it('ignores a replayed request for as long as its timestamp is accepted', async () => {
    let at = now
    const { post, clicks } = listening({ clock: () => at })
    const timestamp = String(now.getTime() / 1000 + 300)
    const body = form(blockActions(button))
    const headers = {
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': sign(body, timestamp),
    }
    await post(body, headers)
    at = new Date(now.getTime() + 599_000)
    expect((await post(body, headers)).status).toBe(200)
    expect(clicks).toHaveLength(1)
    at = new Date(now.getTime() + 601_000)
    expect((await post(body, headers)).status).toBe(401)
  })

  it('tells the user that a button with an unknown value no longer works', async () => {
    const { post, clicks, responded } = listening()
    for (const value of [
      '{}',
      'nonsense',
      '{"p":"drop-database","i":"x","r":1}',
      '{"p":"silence","i":"","r":1}',
      '{"p":"silence","i":"x","r":"1"}',
    ])
      expect((await post(form(blockActions({ ...button, value })))).status).toBe(200)
    expect(clicks).toEqual([])
    expect(responded).toHaveLength(5)
    expect(responded[0]).toMatchObject({
      url: 'https://hooks.slack.example/actions/1',
      body: expect.stringContaining('no longer works'),
    })
  })

  it('tells the user that a modal with unknown metadata no longer works', async () => {
    const { post, submissions } = listening()
    const response = await post(form(viewSubmission('{"p":"x"}', {})))
    expect(await response.json()).toMatchObject({
      response_action: 'update',
      view: { title: { text: 'Not done' } },
    })
    expect(submissions).toEqual([])
  })

  it.each([
    [
      'an action of another app: 404',
      form(blockActions({ ...button, action_id: 'other' })),
      {},
      404,
    ],
    ['a payload that is not JSON: 400', 'payload=%7B', {}, 400],
    ['a payload that is not an object: 400', form([1]), {}, 400],
    ['invalid JSON: 400', '{', { 'content-type': 'application/json' }, 400],
    ["Slack's certificate check: 200", 'ssl_check=1&token=x', {}, 200],
  ])('%s', async (_name, body, headers, status) => {
    expect((await listening().post(body, headers)).status).toBe(status)
  })

  it('answers the URL verification', async () => {
    const response = await listening().post('{"type":"url_verification","challenge":"c"}', {
      'content-type': 'application/json',
    })
    expect(await response.json()).toEqual({ challenge: 'c' })
  })

  it.each([
    ['no signature', { 'x-slack-signature': '' }],
    ['an old timestamp', { 'x-slack-request-timestamp': '1000000000' }],
    ['a signature of another form', { 'x-slack-signature': 'v1=00' }],
  ])('reads nothing of a request with %s', async (_, headers) => {
    let read = 0
    const body = new ReadableStream(
      {
        pull(controller) {
          read += 1
          controller.enqueue(new Uint8Array(1024))
        },
      },
      { highWaterMark: 0 },
    )
    const response = await listening().receiver.routes.request('/slack/events', {
      method: 'POST',
      body,
      duplex: 'half',
      headers: {
        'x-slack-request-timestamp': seconds,
        'x-slack-signature': sign('x'),
        ...headers,
      },
    } as RequestInit)
    expect(response.status).toBe(401)
    expect(read).toBe(0)
  })

  it('holds no more than 64 bodies that come slowly', async () => {
    const { receiver } = listening()
    const endless = () =>
      Promise.resolve(
        receiver.routes.request('/slack/events', {
          method: 'POST',
          body: new ReadableStream({}, { highWaterMark: 0 }),
          duplex: 'half',
          headers: { 'x-slack-request-timestamp': seconds, 'x-slack-signature': sign('x') },
        } as RequestInit),
      )
    const held = Array.from({ length: 64 }, endless)
    expect((await endless()).status).toBe(503)
    expect(held).toHaveLength(64)
  })

  it('refuses a body of more than 256 KB', async () => {
    expect((await listening().post('x'.repeat(256 * 1024 + 1))).status).toBe(413)
  })

  it('logs a handler that throws', async () => {
    const { post, receiver, logged } = listening({
      handlers: { click: async () => Promise.reject(new Error('broken')) },
    })
    expect((await post(form(blockActions(button)))).status).toBe(200)
    await receiver.stop()
    expect(logged.join('\n')).toContain('request from Slack failed')
  })

  it('waits for handlers in progress when it stops', async () => {
    let finished = false
    const press = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      finished = true
    }
    const { post, receiver } = listening({ handlers: { click: press } })
    await post(form(blockActions(button)))
    expect(finished).toBe(false)
    await receiver.stop()
    expect(finished).toBe(true)
  })
})
