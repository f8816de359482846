import type { IncomingMessage } from 'node:http'
import { type ServerType, serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { problems } from '../simulator/slack/check-payload.ts'
import { slackClient } from '../src/slack/client.ts'
import { checkingModal } from '../src/slack/modals.ts'
import type { SlackFailure } from '../src/slack/result.ts'
import { code, mention, user, words } from '../src/words/words.ts'
import { view } from './slack-views.ts'

type Answer = (c: Context, args: Record<string, string>) => Response | Promise<Response>
type Call = { method: string; args: Record<string, string>; token: string | undefined }

let server: ServerType
let apiUrl: string
let calls: Call[]
let answers: Answer[]

const ok =
  (body: object = {}): Answer =>
  (c) =>
    c.json({ ok: true, ts: '1.5', ...body })
const refuse =
  (error: string, more: object = {}): Answer =>
  (c) =>
    c.json({ ok: false, error, ...more })
/** Takes the request and closes the connection. */
const cut: Answer = (c) => {
  const { incoming }: { incoming: IncomingMessage } = c.env
  incoming.socket.destroy()
  return c.body(null)
}

beforeEach(async () => {
  calls = []
  answers = []
  const app = new Hono()
  app.post('/api/:method', async (c) => {
    const args = Object.fromEntries(new URLSearchParams(await c.req.text()))
    calls.push({ method: c.req.param('method'), args, token: c.req.header('authorization') })
    return (answers.shift() ?? ok())(c, args)
  })
  app.post('/respond', async (c) => {
    calls.push({
      method: 'respond',
      args: await c.req.json(),
      token: c.req.header('authorization'),
    })
    return (answers.shift() ?? ok())(c, {})
  })
  apiUrl = await new Promise<string>((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}/api/`),
    )
  })
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

const client = (change: Partial<Parameters<typeof slackClient>[0]> = {}) =>
  slackClient({ botToken: 'xoxb-secret', apiUrl, ...change })
const where = { channel: 'C1' }
const firstArgs = (): Record<string, string> => calls[0]?.args ?? {}
const methods = (): string[] => calls.map(({ method }) => method)

describe('publish', () => {
  it('posts a new message with blocks, metadata and no link previews', async () => {
    expect(await client().publish(where, view)).toEqual({ ok: true, ts: '1.5' })
    expect(methods()).toEqual(['chat.postMessage'])
    const args = firstArgs()
    expect(args).toMatchObject({ channel: 'C1', unfurl_links: 'false', unfurl_media: 'false' })
    expect(JSON.parse(args.metadata ?? '')).toEqual({
      event_type: 'daemonset_triage_incident',
      event_payload: { incident_id: 'inc_1' },
    })
    expect(problems('message', { text: args.text, blocks: JSON.parse(args.blocks ?? '') })).toEqual(
      [],
    )
    expect(calls[0]?.token).toBe('Bearer xoxb-secret')
  })

  it('edits an existing message', async () => {
    expect(await client().publish({ ...where, ts: '1.5' }, view)).toEqual({ ok: true, ts: '1.5' })
    expect(calls).toMatchObject([{ method: 'chat.update', args: { channel: 'C1', ts: '1.5' } }])
  })

  it('falls back to a list, then to text, if Slack refuses the form', async () => {
    answers = [refuse('invalid_blocks'), refuse('invalid_attachments'), ok()]
    expect(await client().publish(where, view)).toEqual({ ok: true, ts: '1.5' })
    const [full, list, text] = calls.map(({ args }) => args.blocks)
    expect(full).toContain('"type":"table"')
    expect(list).toContain('"type":"rich_text_list"')
    expect(list).not.toContain('"type":"table"')
    expect(text).toBeUndefined()
  })

  it('fails if Slack refuses every form, and stops there', async () => {
    answers = [refuse('invalid_blocks'), refuse('invalid_blocks'), refuse('msg_too_long')]
    expect(await client().publish({ ...where, ts: '1.5' }, view)).toMatchObject({
      ok: false,
      kind: 'degrade',
      error: 'msg_too_long',
    })
    expect(methods()).toEqual(['chat.update', 'chat.update', 'chat.update'])
  })

  it.each(['message_not_found', 'cant_update_message', 'edit_window_closed'])(
    'fails with gone if the message cannot be edited: %s',
    async (error) => {
      answers = [refuse(error)]
      expect(await client().publish({ ...where, ts: '1.5' }, view)).toMatchObject({
        ok: false,
        kind: 'gone',
        error,
      })
      expect(methods()).toEqual(['chat.update'])
    },
  )

  it('waits out a rate limit in its own channel only', async () => {
    answers = [(c) => c.json({ ok: false }, 429, { 'retry-after': '1' })]
    const slack = client()
    expect(await slack.publish(where, view)).toMatchObject({ kind: 'retry', retryAfterSeconds: 1 })
    expect(await slack.publish(where, view)).toMatchObject({ kind: 'retry', retryAfterSeconds: 1 })
    expect(methods()).toEqual(['chat.postMessage'])
    expect(await slack.publish({ channel: 'C2' }, view)).toMatchObject({ ok: true })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(await slack.publish(where, view)).toMatchObject({ ok: true })
  })
})

describe('every failure has a kind, and the client does not retry', () => {
  const cases: [string, Answer, Partial<SlackFailure>, Partial<SlackFailure>][] = [
    [
      'not in channel',
      refuse('not_in_channel'),
      { kind: 'config', error: 'not_in_channel' },
      { kind: 'config' },
    ],
    [
      'missing scope',
      refuse('missing_scope', { needed: 'chat:write' }),
      { kind: 'config', detail: 'missing_scope; needs the scope chat:write' },
      { kind: 'config' },
    ],
    [
      'unknown error code',
      refuse('new_kind_of_no'),
      { kind: 'config', error: 'new_kind_of_no' },
      { kind: 'config' },
    ],
    [
      '429 with Retry-After',
      (c) => c.text('', 429, { 'retry-after': '7' }),
      { kind: 'retry', error: 'ratelimited', retryAfterSeconds: 7 },
      { kind: 'retry', retryAfterSeconds: 7 },
    ],
    [
      '429 without Retry-After',
      (c) => c.text('', 429),
      { kind: 'retry', retryAfterSeconds: 10 },
      { kind: 'retry' },
    ],
    ['ratelimited with status 200', refuse('ratelimited'), { kind: 'retry' }, { kind: 'retry' }],
    ['503', (c) => c.text('', 503), { kind: 'retry', error: 'http_503' }, { kind: 'retry' }],
    [
      'gateway timeout',
      (c) => c.text('', 504),
      { kind: 'unknown', error: 'http_504' },
      { kind: 'retry' },
    ],
    [
      'fatal_error',
      refuse('fatal_error'),
      { kind: 'unknown', error: 'fatal_error' },
      { kind: 'retry' },
    ],
    [
      'redirect',
      (c) => c.redirect('http://127.0.0.1:9/'),
      { kind: 'config', error: 'http_302' },
      { kind: 'config' },
    ],
    [
      'connection closed after the request',
      cut,
      { kind: 'unknown', error: 'network' },
      { kind: 'retry', error: 'network' },
    ],
    [
      "a proxy's HTML page",
      (c) => c.html(`<html><body>Log in to the <b>proxy</b>${'x'.repeat(5000)}</body></html>`),
      { kind: 'unknown', error: 'not_slack' },
      { kind: 'retry', error: 'not_slack' },
    ],
    [
      'ok without a ts',
      (c) => c.json({ ok: true }),
      { kind: 'unknown', error: 'network' },
      { kind: 'retry' },
    ],
  ]
  it.each(cases)('%s', async (_name, answer, posted, edited) => {
    answers = [answer, answer]
    const post = await client().publish(where, view)
    expect(post).toMatchObject({ ok: false, ...posted })
    expect(calls).toHaveLength(1)
    expect(await client().publish({ ...where, ts: '1.5' }, view)).toMatchObject({
      ok: false,
      ...edited,
    })
    expect(calls).toHaveLength(2)
    if (!post.ok) expect(post.detail.length).toBeLessThanOrEqual(300)
  })

  it('timeout: the post may have been accepted', async () => {
    answers = [() => new Promise(() => {})]
    expect(await client({ timeoutMs: 50 }).publish(where, view)).toMatchObject({
      ok: false,
      kind: 'unknown',
      error: 'timeout',
    })
  })

  it('connection refused: the post was not accepted', async () => {
    await new Promise((resolve) => server.close(resolve))
    expect(await client().publish(where, view)).toMatchObject({
      ok: false,
      kind: 'retry',
      error: 'network',
    })
  })

  it('onCall is called after every call', async () => {
    const reported: [string, string | undefined][] = []
    answers = [ok(), refuse('not_in_channel')]
    const observed = client({
      onCall: (method, failure) => reported.push([method, failure?.error]),
    })
    await observed.publish(where, view)
    await observed.publish({ ...where, ts: '1.5' }, view)
    expect(reported).toEqual([
      ['chat.postMessage', undefined],
      ['chat.update', 'not_in_channel'],
    ])
  })
})

describe('reply', () => {
  const thread = { channel: 'C1', ts: '1.5' }

  it('posts rich text in the thread only', async () => {
    await client().reply(thread, words`${user('U0123')} silenced ${code('a/b')}`)
    const args = firstArgs()
    expect(args).toMatchObject({ thread_ts: '1.5', text: '<@U0123> silenced `a/b`' })
    expect(args.reply_broadcast).toBeUndefined()
    expect(JSON.parse(args.blocks ?? '')[0].elements[0].elements[0]).toEqual({
      type: 'user',
      user_id: 'U0123',
    })
  })

  it('can broadcast, with a mention', async () => {
    await client().reply(thread, [mention('<!subteam^S0123>'), ' It is back.'], { broadcast: true })
    expect(calls[0]?.args).toMatchObject({
      reply_broadcast: 'true',
      text: '<!subteam^S0123> It is back.',
    })
  })

  it('falls back to text if Slack refuses the blocks', async () => {
    answers = [refuse('invalid_blocks'), ok()]
    expect(await client().reply(thread, words`x`)).toEqual({ ok: true, ts: '1.5' })
    expect(calls[1]?.args.blocks).toBeUndefined()
  })

  it('stays within the limits for any length', async () => {
    await client().reply(thread, [...Array.from({ length: 500 }, () => code('&'.repeat(50)))])
    const args = firstArgs()
    expect(problems('message', { text: args.text, blocks: JSON.parse(args.blocks ?? '') })).toEqual(
      [],
    )
  })
})

describe('findMessage', () => {
  const message = (ts: string, id: string): object => ({
    ts,
    metadata: { event_type: 'daemonset_triage_incident', event_payload: { incident_id: id } },
  })

  it('reads several pages of the channel history', async () => {
    answers = [
      ok({
        messages: [message('1', 'inc_0'), { ts: '2' }],
        response_metadata: { next_cursor: 'n' },
      }),
      ok({ messages: [message('3', 'inc_1')] }),
    ]
    expect(await client().findMessage('C1', 'inc_1', '2026-11-24T03:00:00Z')).toEqual({
      ok: true,
      ts: '3',
    })
    expect(calls.map(({ args }) => [args.oldest, args.cursor, args.include_all_metadata])).toEqual([
      ['1795489140', undefined, 'true'],
      ['1795489140', 'n', 'true'],
    ])
  })

  it('succeeds without a ts if there is no message', async () => {
    answers = [ok({ messages: [message('1', 'inc_0')] })]
    expect(await client().findMessage('C1', 'inc_1', '2026-11-24T03:00:00Z')).toEqual({ ok: true })
  })

  it('fails if the scope is missing', async () => {
    answers = [refuse('missing_scope')]
    expect(await client().findMessage('C1', 'inc_1', '2026-11-24T03:00:00Z')).toMatchObject({
      ok: false,
      kind: 'config',
    })
  })
})

describe('modals and lookups', () => {
  it('a modal opens with its trigger; an expired trigger is gone', async () => {
    answers = [ok({ view: { id: 'V1' } }), refuse('expired_trigger_id')]
    expect(await client().openModal('1.2.abc', checkingModal())).toEqual({ ok: true, viewId: 'V1' })
    expect(await client().openModal('1.2.abc', checkingModal())).toMatchObject({
      ok: false,
      kind: 'gone',
    })
  })

  it('a closed modal is gone', async () => {
    answers = [refuse('not_found')]
    expect(await client().updateModal('V1', checkingModal())).toMatchObject({
      ok: false,
      kind: 'gone',
    })
  })

  it('a response_url gets the text without the token', async () => {
    expect(await client().respond(apiUrl.replace('/api/', '/respond'), words`Not <you>`)).toEqual({
      ok: true,
    })
    expect(calls).toEqual([
      {
        method: 'respond',
        args: { response_type: 'ephemeral', replace_original: false, text: 'Not &lt;you&gt;' },
        token: undefined,
      },
    ])
  })

  it('user group members are read once in 5 seconds; a failure is not cached', async () => {
    const slack = client()
    answers = [refuse('plan_upgrade_required'), ok({ users: ['U1', 'U2'] })]
    expect(await slack.usergroupMembers('S1')).toBeUndefined()
    expect(await slack.usergroupMembers('S1')).toEqual(['U1', 'U2'])
    expect(await slack.usergroupMembers('S1')).toEqual(['U1', 'U2'])
    expect(calls).toHaveLength(2)
  })

  it('a permalink is undefined if Slack refuses', async () => {
    answers = [ok({ permalink: 'https://x.example/p1' }), refuse('channel_not_found')]
    expect(await client().permalink('C1', '1.5')).toBe('https://x.example/p1')
    expect(await client().permalink('C1', '1.5')).toBeUndefined()
  })
})
