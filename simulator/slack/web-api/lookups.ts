import type { Args } from '../call.ts'
import { SlackError } from '../call.ts'
import { APP, type Channel, type Message, TEAM } from '../model.ts'
import { wireMessage } from '../payloads.ts'
import { booleanArg, type MethodContext, type Methods, textArg } from './method.ts'

/** Methods that read the workspace and its messages. */
export const lookupMethods: Methods = {
  'auth.test': {
    run: (_, { url }) => ({
      url: `${url()}/`,
      team: TEAM.domain,
      user: APP.name,
      team_id: TEAM.id,
      user_id: APP.userId,
      bot_id: APP.botId,
      is_enterprise_install: false,
    }),
  },

  'apps.connections.open': {
    appLevel: true,
    run: (_, { socketMode, url }) => ({ url: socketMode.ticket(url()) }),
  },

  'users.info': {
    scope: 'users:read',
    run(args, { workspace }) {
      const person = workspace.people.find(({ id }) => id === args.user)
      if (!person) throw new SlackError('user_not_found')
      const { id, name, realName } = person
      const profile = { real_name: realName, display_name: name }
      return {
        user: {
          id,
          team_id: TEAM.id,
          name,
          real_name: realName,
          deleted: false,
          is_bot: false,
          tz: 'Etc/UTC',
          profile,
        },
      }
    },
  },

  'usergroups.users.list': {
    scope: 'usergroups:read',
    run(args, { workspace }) {
      const group = workspace.usergroups.find(({ id }) => id === args.usergroup)
      if (!group) throw new SlackError('no_such_subteam')
      return { users: group.users }
    },
  },

  'conversations.info': {
    scope: 'channels:read',
    run: (args, { workspace }) => ({
      channel: wireChannel(workspace.channel(textArg(args, 'channel'))),
    }),
  },

  'conversations.history': {
    scope: 'channels:history',
    run(args, context) {
      const channel = readableChannel(args, context)
      return page(args, context, [...context.workspace.messages(channel)].reverse())
    },
  },

  'conversations.replies': {
    scope: 'channels:history',
    run(args, context) {
      const channel = readableChannel(args, context)
      const parent = context.workspace.message(textArg(args, 'ts'))
      if (!parent || parent.channel !== channel) throw new SlackError('thread_not_found')
      return page(args, context, [parent, ...context.workspace.replies(channel, parent.ts)])
    },
  },
}

function wireChannel({
  id,
  name,
  isPrivate,
  isArchived,
  isMember,
}: Channel): Record<string, unknown> {
  return {
    id,
    name,
    is_channel: true,
    is_private: isPrivate,
    is_archived: isArchived,
    is_member: isMember,
  }
}

function readableChannel(args: Args, { workspace }: MethodContext): string {
  const channel = workspace.channel(textArg(args, 'channel'))
  if (!channel.isMember) throw new SlackError('not_in_channel')
  return channel.id
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 999

/**
 * One page of the messages between `oldest` and `latest`. The cursor is the number of messages on
 * earlier pages.
 */
function page(
  args: Args,
  { workspace }: MethodContext,
  messages: readonly Message[],
): Readonly<Record<string, unknown>> {
  const limit = args.limit === undefined ? DEFAULT_LIMIT : Number(args.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new SlackError('invalid_limit')
  const start = Number(textArg(args, 'cursor') || 0)
  if (!Number.isInteger(start)) throw new SlackError('invalid_cursor')
  const within = messages.filter(({ ts }) => isWithin(args, Number(ts)))
  const shown = within.slice(start, start + limit)
  const more = start + limit < within.length
  const metadata = booleanArg(args, 'include_all_metadata')
  return {
    messages: shown.map((message) =>
      wireMessage(message, { replies: workspace.replies(message.channel, message.ts), metadata }),
    ),
    has_more: more,
    response_metadata: { next_cursor: more ? String(start + limit) : '' },
  }
}

function isWithin(args: Args, ts: number): boolean {
  const oldest = Number(args.oldest ?? 0)
  const latest = Number(args.latest ?? Number.POSITIVE_INFINITY)
  return booleanArg(args, 'inclusive') ? ts >= oldest && ts <= latest : ts > oldest && ts < latest
}
