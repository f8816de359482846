import type { Block } from '../blocks.ts'
import type { Args } from '../call.ts'
import { SlackError } from '../call.ts'
import { checkPayload } from '../check-payload.ts'
import { APP, type Message } from '../model.ts'
import { wireMessage } from '../payloads.ts'
import type { MessageDraft } from '../workspace.ts'
import { booleanArg, type MethodContext, type Methods, textArg } from './method.ts'

/** Methods that write messages. */
export const chatMethods: Methods = {
  'chat.postMessage': {
    scope: 'chat:write',
    run(args, context) {
      const channel = writableChannel(args, context)
      const message = context.workspace.post({
        channel,
        ...content(args),
        ...threadOf(args, context),
      })
      return {
        channel,
        ts: message.ts,
        message: wireMessage(message, { replies: [], metadata: true }),
      }
    },
  },

  'chat.update': {
    scope: 'chat:write',
    run(args, context) {
      const channel = writableChannel(args, context)
      const message = existingMessage(args, 'ts', context)
      if (message.ephemeralTo || message.user !== APP.userId)
        throw new SlackError('cant_update_message')
      const edited = context.workspace.edit(message, content(args))
      const replies = context.workspace.replies(channel, message.ts)
      return {
        channel,
        ts: edited.ts,
        text: edited.text,
        message: wireMessage(edited, { replies, metadata: true }),
      }
    },
  },

  'chat.postEphemeral': {
    scope: 'chat:write',
    run(args, context) {
      const channel = writableChannel(args, context)
      const user = textArg(args, 'user')
      if (!context.workspace.channel(channel).members.includes(user))
        throw new SlackError('user_not_in_channel')
      const message = context.workspace.post({
        channel,
        ...content(args),
        ...threadOf(args, context),
        ephemeralTo: user,
      })
      return { message_ts: message.ts }
    },
  },

  'chat.getPermalink': {
    run(args, context) {
      const channel = context.workspace.channel(textArg(args, 'channel')).id
      return {
        channel,
        permalink: permalink(context.url(), existingMessage(args, 'message_ts', context)),
      }
    },
  },
}

function permalink(base: string, { channel, ts, thread_ts }: Message): string {
  const link = `${base}/archives/${channel}/p${ts.replace('.', '')}`
  return thread_ts ? `${link}?thread_ts=${thread_ts}&cid=${channel}` : link
}

/** The channel id. Throws if the bot may not write to the channel. */
function writableChannel(args: Args, { workspace, settings }: MethodContext): string {
  const channel = workspace.channel(textArg(args, 'channel'))
  if (channel.isArchived) throw new SlackError('is_archived')
  if (!channel.isMember && !settings.scopes.includes('chat:write.public'))
    throw new SlackError('not_in_channel')
  return channel.id
}

function existingMessage(args: Args, name: string, { workspace }: MethodContext): Message {
  const message = workspace.message(textArg(args, name))
  if (!message || message.deleted || message.channel !== args.channel)
    throw new SlackError('message_not_found')
  return message
}

function threadOf(
  args: Args,
  { workspace }: MethodContext,
): Pick<MessageDraft, 'thread_ts' | 'broadcast'> {
  if (args.thread_ts === undefined || args.thread_ts === '') return {}
  const parent = workspace.message(textArg(args, 'thread_ts'))
  if (!parent || parent.channel !== args.channel || parent.ephemeralTo)
    throw new SlackError('thread_not_found')
  if (parent.thread_ts) throw new SlackError('cannot_reply_to_message')
  return { thread_ts: parent.ts, broadcast: booleanArg(args, 'reply_broadcast') }
}

/**
 * Text, blocks and metadata. Throws if they break a limit. An empty list of blocks counts as no
 * blocks.
 */
function content(args: Args): Omit<MessageDraft, 'channel'> {
  if (typeof args.blocks === 'string') throw new SlackError('invalid_blocks_format')
  const { text, metadata } = args
  const blocks = Array.isArray(args.blocks) && args.blocks.length === 0 ? undefined : args.blocks
  checkPayload('message', {
    text,
    ...(blocks === undefined ? {} : { blocks }),
    ...(metadata === undefined ? {} : { metadata }),
  })
  return {
    text: textArg(args, 'text'),
    ...(Array.isArray(blocks) ? { blocks: blocks as readonly Block[] } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  }
}
