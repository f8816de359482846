import type { ModalView } from '@slack/web-api'
import * as z from 'zod'
import type { Words } from '../words/words.ts'
import { type SlackCalls, type SlackSettings, slackCalls } from './calls.ts'
import type { IncidentView } from './incident-view.ts'
import { LIMITS } from './limits.ts'
import {
  incidentMessage,
  MESSAGE_FORMS,
  METADATA_TYPE,
  type Message,
  replyMessage,
} from './message.ts'
import type { SlackResult } from './result.ts'
import { mrkdwnWithin } from './text.ts'

/** A message: its channel and Slack's `ts`. */
export interface MessageRef {
  readonly channel: string
  readonly ts: string
}

/** The part of Slack's Web API that the loop and the buttons use. No method throws. */
export interface SlackClient {
  /**
   * Edits the message of `ts`, or posts one if there is no `ts`. Falls back to simpler forms if
   * Slack refuses one. Fails with `gone` if the message was deleted.
   */
  publish(
    where: { readonly channel: string; readonly ts?: string },
    view: IncidentView,
  ): Promise<SlackResult<{ readonly ts: string }>>
  /** Posts in the incident's thread; `broadcast` also shows the reply in the channel. */
  reply(
    thread: MessageRef,
    text: Words,
    options?: { readonly broadcast?: boolean },
  ): Promise<SlackResult<{ readonly ts: string }>>
  /**
   * Finds the incident's message by its metadata, posted at `since` (RFC 3339) or later. No `ts`:
   * there is none. Needs channels:history.
   */
  findMessage(
    channel: string,
    incidentId: string,
    since: string,
  ): Promise<SlackResult<{ readonly ts?: string }>>
  /** Posts for the user who clicked only: 5 times within 30 minutes of the click. */
  respond(responseUrl: string, text: Words): Promise<SlackResult>
  /** Posts in the channel for one user only. Slack does not guarantee delivery. */
  postEphemeral(channel: string, userId: string, text: Words): Promise<SlackResult>
  /** A trigger works once, within 3 seconds of the click. */
  openModal(triggerId: string, modal: ModalView): Promise<SlackResult<{ readonly viewId: string }>>
  /** Replaces an open modal. Fails with `gone` if the user has closed it. */
  updateModal(viewId: string, modal: ModalView): Promise<SlackResult<{ readonly viewId: string }>>
  /** undefined: Slack did not answer. */
  permalink(channel: string, ts: string): Promise<string | undefined>
  /**
   * User IDs, at most 5 seconds old; at most 5 minutes while Slack does not answer, then
   * undefined. Needs usergroups:read.
   */
  usergroupMembers(usergroup: string): Promise<readonly string[] | undefined>
}

/** A client with its own memory of rate limits and user groups. */
export function slackClient(settings: SlackSettings): SlackClient {
  const calls = slackCalls(settings)
  return {
    ...messages(calls),
    ...ephemerals(calls),
    ...modals(calls),
    usergroupMembers: usergroupReader(calls),
  }
}

function messages(
  calls: SlackCalls,
): Pick<SlackClient, 'publish' | 'reply' | 'findMessage' | 'permalink'> {
  return {
    publish: ({ channel, ts }, view) =>
      firstAccepted(MESSAGE_FORMS, (form) => {
        const message = incidentMessage(view, form)
        return ts === undefined
          ? post(calls, channel, message)
          : update(calls, { channel, ts }, message)
      }),
    reply: ({ channel, ts }, text, options = {}) =>
      firstAccepted(['blocks', 'text'] as const, (form) =>
        post(
          calls,
          channel,
          replyMessage(text, form),
          options.broadcast ? { thread_ts: ts, reply_broadcast: true } : { thread_ts: ts },
        ),
      ),
    findMessage: (channel, incidentId, since) =>
      calls.attempt('conversations.history', async () => {
        const ts = await findByMetadata(calls, channel, incidentId, since)
        return ts === undefined ? {} : { ts }
      }),
    async permalink(channel, ts) {
      const found = await calls.attempt('chat.getPermalink', () =>
        calls.web.chat.getPermalink({ channel, message_ts: ts }),
      )
      return found.ok ? found.permalink : undefined
    },
  }
}

function ephemerals({ web, ...calls }: SlackCalls): Pick<SlackClient, 'respond' | 'postEphemeral'> {
  return {
    respond: (responseUrl, text) =>
      calls.respond(responseUrl, {
        response_type: 'ephemeral',
        replace_original: false,
        text: mrkdwnWithin(text, LIMITS.section),
      }),
    postEphemeral: (channel, user, text) =>
      calls.attempt('chat.postEphemeral', async () => {
        await web.chat.postEphemeral({ channel, user, text: mrkdwnWithin(text, LIMITS.section) })
        return {}
      }),
  }
}

function modals({ web, attempt }: SlackCalls): Pick<SlackClient, 'openModal' | 'updateModal'> {
  return {
    openModal: (triggerId, view) =>
      attempt('views.open', async () =>
        viewIdOf(await web.views.open({ trigger_id: triggerId, view })),
      ),
    updateModal: (viewId, view) =>
      attempt('views.update', async () =>
        viewIdOf(await web.views.update({ view_id: viewId, view })),
      ),
  }
}

/** usergroups.users.list allows 20 calls a minute, and a removed user must lose access soon. */
const freshGroupMs = 5_000

/** While Slack does not answer, the last known members keep access for this long. */
const oldestGroupMs = 5 * 60_000

function usergroupReader({ web, attempt }: SlackCalls): SlackClient['usergroupMembers'] {
  const groups = new Map<string, { readonly at: number; readonly users: readonly string[] }>()
  return async (usergroup) => {
    const known = groups.get(usergroup)
    const ageMs = known ? Date.now() - known.at : Number.POSITIVE_INFINITY
    if (ageMs < freshGroupMs) return known?.users
    const found = await attempt('usergroups.users.list', () =>
      web.usergroups.users.list({ usergroup }),
    )
    if (!found.ok || !found.users) return ageMs < oldestGroupMs ? known?.users : undefined
    groups.set(usergroup, { at: Date.now(), users: found.users })
    return found.users
  }
}

type Thread =
  | { readonly thread_ts: string }
  | { readonly thread_ts: string; readonly reply_broadcast: true }

function post(
  { web, attempt }: SlackCalls,
  channel: string,
  { text, blocks, metadata }: Message,
  thread?: Thread,
): Promise<SlackResult<{ readonly ts: string }>> {
  const content = { text, ...(blocks ? { blocks } : {}), ...(metadata ? { metadata } : {}) }
  const previews = { unfurl_links: false, unfurl_media: false }
  return attempt(
    'chat.postMessage',
    async () => tsOf(await web.chat.postMessage({ channel, ...previews, ...content, ...thread })),
    { repeatable: false, channel },
  )
}

/** Sends `text` too: an update without it would clear it. */
function update(
  { web, attempt }: SlackCalls,
  { channel, ts }: MessageRef,
  { text, blocks }: Message,
): Promise<SlackResult<{ readonly ts: string }>> {
  return attempt('chat.update', async () =>
    tsOf(await web.chat.update({ channel, ts, text, ...(blocks ? { blocks } : {}) })),
  )
}

/** Tries the forms, richest first, until Slack accepts one or fails for another reason. */
async function firstAccepted<Form, Value extends object>(
  forms: readonly [Form, ...Form[]],
  send: (form: Form) => Promise<SlackResult<Value>>,
): Promise<SlackResult<Value>> {
  const [first, ...simpler] = forms
  let result = await send(first)
  for (const form of simpler) {
    if (result.ok || result.kind !== 'degrade') return result
    result = await send(form)
  }
  return result
}

const OwnPayload = z.object({ incident_id: z.string() })

/** Reads up to 5 pages of 200: a message posted minutes ago is on the first. */
async function findByMetadata(
  { web }: SlackCalls,
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
    const found = answer.messages?.find(
      ({ metadata }) =>
        metadata?.event_type === METADATA_TYPE &&
        OwnPayload.safeParse(metadata.event_payload).data?.incident_id === incidentId,
    )
    if (found?.ts) return found.ts
    cursor = answer.response_metadata?.next_cursor
    if (!cursor) return undefined
  }
  return undefined
}

function tsOf(answer: { readonly ts?: string }): { ts: string } {
  return { ts: required('ts', answer.ts) }
}

function viewIdOf(answer: { readonly view?: { readonly id?: string } }): { viewId: string } {
  return { viewId: required('view.id', answer.view?.id) }
}

function required<Value>(field: string, value: Value | undefined): Value {
  if (value === undefined) throw new Error(`Slack answered ok without ${field}`)
  return value
}
