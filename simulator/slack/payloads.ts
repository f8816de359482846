import type { Control, Element } from './block.ts'
import { type Message, wireMessage } from './message.ts'
import { APP, type Channel, type Person, TEAM } from './options.ts'
import type { Value, Values } from './values.ts'
import type { View } from './view.ts'
import { wireView } from './views.ts'

type Payload = Readonly<Record<string, unknown>>

/** What every interaction carries. `trigger` is missing for a closed modal. */
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

/** A person used a control of a message. */
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

/** A person used a control of a modal that acts at once. */
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

export function viewSubmission({ view, ...who }: Common & { readonly view: View }): Payload {
  return { ...common('view_submission', who), view: wireView(view), response_urls: [] }
}

/** `cleared` where the whole stack went. */
export function viewClosed({
  view,
  cleared,
  ...who
}: Common & { readonly view: View; readonly cleared: boolean }): Payload {
  return { ...common('view_closed', who), view: wireView(view), is_cleared: cleared }
}

/** One entry of `actions`. */
export function actionOf(
  { element, actionId, blockId }: Control,
  at: string,
  value?: Value,
): Payload {
  return {
    type: element.type,
    action_id: actionId,
    block_id: blockId,
    ...(element.type === 'button' ? ofButton(element) : {}),
    ...(element.placeholder ? { placeholder: element.placeholder } : {}),
    ...(element.initial_option ? { initial_option: element.initial_option } : {}),
    ...value,
    action_ts: at,
  }
}

function ofButton({ text, value, style }: Element): Payload {
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
