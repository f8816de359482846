import type { Control, Element } from './blocks.ts'
import { APP, type Channel, type Message, type Person, TEAM, type View } from './model.ts'
import type { Value, Values } from './values.ts'

type Payload = Readonly<Record<string, unknown>>

/** Part of every interaction payload. A `view_closed` has no `trigger`. */
interface Common {
  readonly person: Person
  readonly trigger?: string
}

interface MessageAction extends Common {
  readonly message: Message
  readonly channel: Channel
  readonly replies: readonly Message[]
  readonly values: Values
  readonly responseUrl: string
  readonly action: Payload
}

/** `block_actions` from a message. */
export function messageAction({
  message,
  channel,
  replies,
  values,
  responseUrl,
  action,
  ...who
}: MessageAction): Payload {
  return {
    ...common('block_actions', who),
    channel: { id: channel.id, name: channel.isPrivate ? 'privategroup' : channel.name },
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: message.ephemeralTo !== undefined,
      ...(message.thread_ts ? { thread_ts: message.thread_ts } : {}),
    },
    ...(message.ephemeralTo ? {} : { message: wireMessage(message, { replies, metadata: true }) }),
    state: { values },
    response_url: responseUrl,
    actions: [action],
  }
}

/** `block_actions` from a modal. */
export function viewAction({
  view,
  action,
  ...who
}: Common & { readonly view: View; readonly action: Payload }): Payload {
  return {
    ...common('block_actions', who),
    container: { type: 'view', view_id: view.id },
    view: wireView(view),
    actions: [action],
  }
}

/** A submitted modal. */
export function viewSubmission({ view, ...who }: Common & { readonly view: View }): Payload {
  return { ...common('view_submission', who), view: wireView(view), response_urls: [] }
}

/** A closed modal. `cleared`: the whole stack was closed. */
export function viewClosed({
  view,
  cleared,
  ...who
}: Common & { readonly view: View; readonly cleared: boolean }): Payload {
  return { ...common('view_closed', who), view: wireView(view), is_cleared: cleared }
}

/** One entry of `actions`. `at`: seconds since 1970, as text. */
export function actionOf(
  { element, actionId, blockId }: Control,
  at: string,
  value?: Value,
): Payload {
  return {
    type: element.type,
    action_id: actionId,
    block_id: blockId,
    ...(element.type === 'button' ? buttonFields(element) : {}),
    ...(element.placeholder ? { placeholder: element.placeholder } : {}),
    ...(element.initial_option ? { initial_option: element.initial_option } : {}),
    ...value,
    action_ts: at,
  }
}

function buttonFields({ text, value, style }: Element): Payload {
  return { text, ...(value === undefined ? {} : { value }), ...(style ? { style } : {}) }
}

function common(type: string, { person, trigger }: Common): Payload {
  return {
    type,
    team: TEAM,
    user: { id: person.id, username: person.name, name: person.name, team_id: TEAM.id },
    api_app_id: APP.id,
    token: APP.legacyToken,
    ...(trigger ? { trigger_id: trigger } : {}),
    enterprise: null,
    is_enterprise_install: false,
  }
}

/** What `wireMessage` adds: counts of the replies, and the metadata if the caller asked for it. */
export interface WireOptions {
  readonly replies: readonly Message[]
  readonly metadata: boolean
}

/** A message as in responses of the Web API and in interaction payloads. */
export function wireMessage(
  message: Message,
  { replies, metadata }: WireOptions,
): Record<string, unknown> {
  const last = replies.at(-1)
  return {
    type: 'message',
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    ...(message.deleted ? { subtype: 'tombstone' } : {}),
    user: message.user,
    bot_id: APP.botId,
    app_id: APP.id,
    team: TEAM.id,
    ts: message.ts,
    text: message.text,
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.edited ? { edited: message.edited } : {}),
    ...(message.thread_ts ? { thread_ts: message.thread_ts, parent_user_id: APP.userId } : {}),
    ...(last ? { thread_ts: message.ts, reply_count: replies.length, latest_reply: last.ts } : {}),
    ...(metadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
  }
}

/** A view as in responses of the Web API and in interaction payloads. */
export function wireView({ user: _, ...view }: View): Record<string, unknown> {
  return {
    private_metadata: '',
    callback_id: '',
    external_id: '',
    submit: null,
    close: null,
    notify_on_close: false,
    clear_on_close: false,
    ...view,
    team_id: TEAM.id,
    app_id: APP.id,
    app_installed_team_id: TEAM.id,
    bot_id: APP.botId,
  }
}
