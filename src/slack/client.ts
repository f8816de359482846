import { LogLevel, type ModalView, WebClient, type WebClientOptions } from '@slack/web-api'
import type { Words } from '../words/words.ts'
import { incidentMessage, LEVELS, METADATA_TYPE, type Message } from './blocks.ts'
import { mrkdwnWithin } from './draw.ts'
import { LIMITS } from './limits.ts'
import { replyMessage } from './reply.ts'
import {
  failureOf,
  type Repeatable,
  rateLimited,
  type SlackFailure,
  type SlackResult,
} from './result.ts'
import type { IncidentView } from './view.ts'

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

export interface Where {
  readonly channel: string
  readonly ts: string
}

/** The part of Slack's Web API that the loop and the buttons use. No method throws: each says what came of it. */
export interface SlackClient {
  /** Edits the message of `ts` (`gone` where there is none any more), or posts one without `ts`. Takes a simpler form where Slack refuses one. */
  publish(
    where: { readonly channel: string; readonly ts?: string },
    view: IncidentView,
  ): Promise<SlackResult<{ readonly ts: string }>>
  /** An entry in the incident's thread; `broadcast` shows it in the channel too. */
  reply(
    thread: Where,
    text: Words,
    options?: { readonly broadcast?: boolean },
  ): Promise<SlackResult<{ readonly ts: string }>>
  /** The incident's own message, by its metadata, not older than `since` (RFC 3339); no `ts` where there is none. Needs channels:history. */
  findMessage(
    channel: string,
    incidentId: string,
    since: string,
  ): Promise<SlackResult<{ readonly ts?: string }>>
  /** Says something to the one who clicked, and to nobody else: five times within 30 minutes of the click. */
  respond(responseUrl: string, text: Words): Promise<SlackResult>
  /** Says something to one person in the channel, and to nobody else: where there is no dialog and no response_url to say it in. */
  postEphemeral(channel: string, userId: string, text: Words): Promise<SlackResult>
  /** The trigger lives 3 seconds and works once. */
  openView(triggerId: string, view: ModalView): Promise<SlackResult<{ readonly viewId: string }>>
  updateView(viewId: string, view: ModalView): Promise<SlackResult<{ readonly viewId: string }>>
  /** undefined: Slack did not say. */
  permalink(channel: string, ts: string): Promise<string | undefined>
  /** User ids, a few seconds old; up to five minutes where Slack does not say, then undefined. Needs usergroups:read. */
  usergroupMembers(usergroup: string): Promise<readonly string[] | undefined>
}

export interface SlackSettings {
  readonly botToken: string
  readonly apiUrl: string
  readonly fetch?: Fetch
  /** Milliseconds that one call may take. */
  readonly timeoutMs?: number
  /** Hears of every call that was answered, with what went wrong, for logs and metrics. */
  readonly observe?: (method: string, failure: SlackFailure | undefined) => void
}

/** Options under which a call is sent once, answers at once, and runs in workerd too. The loop is the retry. */
export function webClientOptions({
  apiUrl,
  fetch = globalThis.fetch,
  timeoutMs = 5000,
}: Omit<SlackSettings, 'botToken'>): WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    fetch: plainFetch(fetch),
    timeout: timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logLevel: LogLevel.ERROR,
  }
}

export function slackClient(settings: SlackSettings): SlackClient {
  const web = new WebClient(settings.botToken, webClientOptions(settings))
  const groups = new Map<string, { readonly at: number; readonly users: readonly string[] }>()
  const send = plainFetch(settings.fetch ?? globalThis.fetch)
  /** Until when a method is not called, in one channel where it is limited by channel. Milliseconds since 1970. */
  const pauses = new Map<string, number>()

  async function attempt<T extends object>(
    method: string,
    repeatable: Repeatable,
    call: () => Promise<T>,
    channel = '',
  ): Promise<SlackResult<T>> {
    // What Slack has asked to wait with is not sent: a storm of refused calls would only make the wait longer.
    const limited = `${method} ${channel}`
    const wait = (pauses.get(limited) ?? 0) - Date.now()
    if (wait > 0) return rateLimited(Math.ceil(wait / 1000))
    try {
      const result = await call()
      settings.observe?.(method, undefined)
      return { ok: true, ...result }
    } catch (error) {
      const failure = failureOf(error, repeatable)
      if (failure.retryAfterSeconds !== undefined)
        pauses.set(limited, Date.now() + failure.retryAfterSeconds * 1000)
      settings.observe?.(method, failure)
      return failure
    }
  }

  function post(
    channel: string,
    message: Message,
    thread?: Thread,
  ): Promise<SlackResult<{ ts: string }>> {
    const { text, blocks, metadata } = message
    const content = { text, ...(blocks ? { blocks } : {}), ...(metadata ? { metadata } : {}) }
    return attempt(
      'chat.postMessage',
      'once',
      async () =>
        tsOf(
          await web.chat.postMessage({
            channel,
            unfurl_links: false,
            unfurl_media: false,
            ...content,
            ...thread,
          }),
        ),
      channel,
    )
  }

  function update(
    channel: string,
    ts: string,
    { text, blocks }: Message,
  ): Promise<SlackResult<{ ts: string }>> {
    return attempt('chat.update', 'again', async () =>
      tsOf(await web.chat.update({ channel, ts, text, ...(blocks ? { blocks } : {}) })),
    )
  }

  return {
    async publish({ channel, ts }, view) {
      return stepDown(LEVELS, (level) => {
        const message = incidentMessage(view, level)
        return ts === undefined ? post(channel, message) : update(channel, ts, message)
      })
    },
    reply({ channel, ts }, text, options = {}) {
      const thread: Thread = options.broadcast
        ? { thread_ts: ts, reply_broadcast: true }
        : { thread_ts: ts }
      return stepDown(['blocks', 'text'] as const, (form) =>
        post(channel, replyMessage(text, form), thread),
      )
    },
    findMessage(channel, incidentId, since) {
      return attempt('conversations.history', 'again', async () => {
        const ts = await findByMetadata(web, channel, incidentId, since)
        return ts === undefined ? {} : { ts }
      })
    },
    respond(responseUrl, text) {
      return attempt('response_url', 'again', async () => {
        const body = JSON.stringify({
          response_type: 'ephemeral',
          replace_original: false,
          text: mrkdwnWithin(text, LIMITS.section),
        })
        const signal = AbortSignal.timeout(settings.timeoutMs ?? 5000)
        const response = await send(responseUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          signal,
        })
        if (!response.ok) throw new Error(`HTTP ${response.status} from the response_url`)
        return {}
      })
    },
    postEphemeral(channel, user, text) {
      return attempt('chat.postEphemeral', 'again', async () => {
        await web.chat.postEphemeral({ channel, user, text: mrkdwnWithin(text, LIMITS.section) })
        return {}
      })
    },
    openView(triggerId, view) {
      return attempt('views.open', 'again', async () =>
        viewIdOf(await web.views.open({ trigger_id: triggerId, view })),
      )
    },
    updateView(viewId, view) {
      return attempt('views.update', 'again', async () =>
        viewIdOf(await web.views.update({ view_id: viewId, view })),
      )
    },
    async permalink(channel, ts) {
      const found = await attempt('chat.getPermalink', 'again', () =>
        web.chat.getPermalink({ channel, message_ts: ts }),
      )
      return found.ok ? found.permalink : undefined
    },
    async usergroupMembers(usergroup) {
      const known = groups.get(usergroup)
      const age = known ? Date.now() - known.at : Number.POSITIVE_INFINITY
      if (age < freshGroupMs) return known?.users
      const found = await attempt('usergroups.users.list', 'again', () =>
        web.usergroups.users.list({ usergroup }),
      )
      if (!found.ok || !found.users) return age < oldestGroupMs ? known?.users : undefined
      groups.set(usergroup, { at: Date.now(), users: found.users })
      return found.users
    },
  }
}

type Thread =
  | { readonly thread_ts: string }
  | { readonly thread_ts: string; readonly reply_broadcast: true }

/** usergroups.users.list allows 20 calls a minute, and who was taken out of a group is to be out. Milliseconds. */
const freshGroupMs = 5_000

/** A Slack that does not answer keeps nobody out whom it named this recently. Milliseconds. */
const oldestGroupMs = 5 * 60_000

/** Tries the forms from the richest on, as long as Slack refuses the form itself. */
async function stepDown<F, T extends object>(
  forms: readonly F[],
  send: (form: F) => Promise<SlackResult<T>>,
): Promise<SlackResult<T>> {
  let last: SlackResult<T> = {
    ok: false,
    kind: 'degrade',
    error: 'no_text',
    detail: 'there is no form to send',
  }
  for (const form of forms) {
    last = await send(form)
    if (last.ok || last.kind !== 'degrade') return last
  }
  return last
}

/** Pages of 200, at most five: what was posted in the last minutes is on the first. */
async function findByMetadata(
  web: WebClient,
  channel: string,
  incidentId: string,
  since: string,
): Promise<string | undefined> {
  const oldest = String(Math.max(0, Math.floor(Date.parse(since) / 1000) - 60))
  let cursor: string | undefined
  for (let page = 0; page < 5; page++) {
    const answer = await web.conversations.history({
      channel,
      oldest,
      limit: 200,
      include_all_metadata: true,
      ...(cursor ? { cursor } : {}),
    })
    const found = answer.messages?.find(({ metadata }) => {
      const { event_type: type, event_payload: event } = metadata ?? {}
      return (
        type === METADATA_TYPE &&
        (event as Readonly<Record<string, unknown>> | undefined)?.incident_id === incidentId
      )
    })
    if (found?.ts) return found.ts
    cursor = answer.response_metadata?.next_cursor
    if (!cursor) return undefined
  }
  return undefined
}

/** Calls fetch as a plain function, and follows no redirect: workerd wants both, and no token is to go elsewhere. */
function plainFetch(fetch: Fetch): Fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' })
    if (response.status !== 429 || /^\d+$/.test(response.headers.get('retry-after') ?? ''))
      return response
    // The client gives up without a code where a 429 names no time.
    return new Response(response.body, { status: 429, headers: { 'retry-after': '10' } })
  }
}

function tsOf(answer: { readonly ts?: string }): { ts: string } {
  return { ts: required(answer.ts) }
}

function viewIdOf(answer: { readonly view?: { readonly id?: string } }): { viewId: string } {
  return { viewId: required(answer.view?.id) }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('Slack said ok without saying what came of it')
  return value
}
