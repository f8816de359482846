import type { Args } from '../args.ts'
import type { Block } from '../block.ts'
import { booleanArg, textArg } from '../call.ts'
import { checkPayload } from '../check-payload.ts'
import { type Message, wireMessage } from '../message.ts'
import type { Context, Methods } from '../method.ts'
import { APP } from '../options.ts'
import { SlackError } from '../slack-error.ts'
import type { Draft } from '../workspace.ts'

export const chatMethods: Methods = {
  'chat.postMessage': {
    scope: 'chat:write',
    run(args, context) {
      const channel = writable(args, context)
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
      const channel = writable(args, context)
      const message = shownMessage(args, 'ts', context)
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
      const channel = writable(args, context)
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
        permalink: permalink(context.url(), shownMessage(args, 'message_ts', context)),
      }
    },
  },
}

function permalink(base: string, { channel, ts, thread_ts }: Message): string {
  const link = `${base}/archives/${channel}/p${ts.replace('.', '')}`
  return thread_ts ? `${link}?thread_ts=${thread_ts}&cid=${channel}` : link
}

/** The id of the channel, once it is sure that the bot may write there. */
function writable(args: Args, { workspace, settings }: Context): string {
  const channel = workspace.channel(textArg(args, 'channel'))
  if (channel.isArchived) throw new SlackError('is_archived')
  if (!channel.isMember && !settings.scopes.includes('chat:write.public'))
    throw new SlackError('not_in_channel')
  return channel.id
}

function shownMessage(args: Args, name: string, { workspace }: Context): Message {
  const message = workspace.message(textArg(args, name))
  if (!message || message.deleted || message.channel !== args.channel)
    throw new SlackError('message_not_found')
  return message
}

function threadOf(args: Args, { workspace }: Context): Pick<Draft, 'thread_ts' | 'broadcast'> {
  if (args.thread_ts === undefined || args.thread_ts === '') return {}
  const parent = workspace.message(textArg(args, 'thread_ts'))
  if (!parent || parent.channel !== args.channel || parent.ephemeralTo)
    throw new SlackError('thread_not_found')
  if (parent.thread_ts) throw new SlackError('cannot_reply_to_message')
  return { thread_ts: parent.ts, broadcast: booleanArg(args, 'reply_broadcast') }
}

/** Text, blocks and metadata, once they are known to keep Slack's limits. An empty list of blocks is none. */
function content(args: Args): Omit<Draft, 'channel'> {
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
