import type { Config } from '../config/config.ts'
import { errorMessage } from '../words/error-message.ts'
import type { Check } from './check-result.ts'

interface Answer {
  readonly ok: boolean
  readonly error?: string
  readonly scopes: readonly string[]
  readonly [field: string]: unknown
}

const timeoutMs = 10_000

/** Who the tokens belong to, what they may do, and whether the channels can be written to. Nothing is posted. */
export async function checkSlack(
  { slack, allowedUsergroups }: Config,
  fetch: typeof globalThis.fetch,
): Promise<Check[]> {
  const call = caller(slack.apiUrl, fetch)
  const who = await call('auth.test', slack.botToken)
  if (!who.ok)
    return [
      {
        what: 'Slack',
        state: 'missing',
        seen: `auth.test: ${who.error}`,
        fix: tokenFix(who.error),
      },
    ]
  const channels = [...new Set([slack.channel, ...slack.routes.map((route) => route.channel)])]
  return [
    { what: 'Slack', state: 'good', seen: `the bot is ${String(who.user)} in ${String(who.team)}` },
    scopeCheck(who.scopes, 'chat:write'),
    ...(await Promise.all(
      channels.map(async (channel) =>
        channelCheck(
          channel,
          await call('conversations.info', slack.botToken, { channel }),
          who.scopes,
        ),
      ),
    )),
    ...(await Promise.all(
      allowedUsergroups.map(async (usergroup) =>
        usergroupCheck(
          usergroup,
          await call('usergroups.users.list', slack.botToken, { usergroup }),
        ),
      ),
    )),
    ...(slack.appToken === undefined
      ? []
      : [socketCheck(await call('apps.connections.open', slack.appToken))]),
  ]
}

function scopeCheck(scopes: readonly string[], scope: string): Check {
  const what = `Slack scope ${scope}`
  if (scopes.includes(scope)) return { what, state: 'good', seen: 'granted' }
  if (scopes.length === 0)
    return { what, state: 'unknown', seen: 'Slack did not say which scopes the token has' }
  return {
    what,
    state: 'missing',
    seen: 'not granted',
    fix: 'add it under "OAuth & Permissions" and install the app again',
  }
}

function channelCheck(channel: string, answer: Answer, scopes: readonly string[]): Check {
  const what = `Slack channel ${channel}`
  if (answer.error === 'missing_scope') {
    return {
      what,
      state: 'unknown',
      seen: 'could not be looked at without the scope channels:read (groups:read for a private one); the bot works without it',
    }
  }
  if (!answer.ok) {
    const fix =
      answer.error === 'channel_not_found'
        ? 'check the id; the bot sees a private channel only after it was invited: /invite the bot there'
        : undefined
    return {
      what,
      state: 'missing',
      seen: `conversations.info: ${answer.error}`,
      ...(fix ? { fix } : {}),
    }
  }
  const {
    name,
    is_archived: isArchived,
    is_member: isMember,
  } = (answer.channel ?? {}) as Readonly<Record<string, unknown>>
  if (isArchived === true)
    return {
      what,
      state: 'missing',
      seen: `#${String(name)} is archived`,
      fix: 'set SLACK_CHANNEL or SLACK_ROUTES to another',
    }
  if (isMember === false && !scopes.includes('chat:write.public')) {
    return {
      what,
      state: 'missing',
      seen: `the bot is not in #${String(name)}`,
      fix: `type /invite @<the bot's name> in #${String(name)}`,
    }
  }
  return { what, state: 'good', seen: `#${String(name)}` }
}

function usergroupCheck(usergroup: string, answer: Answer): Check {
  const what = `Slack user group ${usergroup}`
  if (answer.ok)
    return {
      what,
      state: 'good',
      seen: `${Array.isArray(answer.users) ? answer.users.length : 0} members`,
    }
  const fix =
    answer.error === 'missing_scope'
      ? 'add the scope usergroups:read and install the app again'
      : 'check ALLOWED_USERGROUPS'
  return { what, state: 'missing', seen: `usergroups.users.list: ${answer.error}`, fix }
}

function socketCheck(answer: Answer): Check {
  const what = 'Slack Socket Mode'
  if (answer.ok) return { what, state: 'good', seen: 'a connection may be opened' }
  return {
    what,
    state: 'missing',
    seen: `apps.connections.open: ${answer.error}`,
    fix: 'give SLACK_APP_TOKEN the scope connections:write, and switch Socket Mode on',
  }
}

function tokenFix(error: string | undefined): string {
  return error?.startsWith('no answer')
    ? 'check the network, HTTPS_PROXY and SLACK_API_URL'
    : 'copy SLACK_BOT_TOKEN anew from "OAuth & Permissions" of your Slack app'
}

/** Calls a method; silence and what is not Slack's are an answer with an error too. */
function caller(
  apiUrl: string,
  fetch: typeof globalThis.fetch,
): (method: string, token: string, args?: Readonly<Record<string, string>>) => Promise<Answer> {
  return async (method, token, args = {}) => {
    try {
      const response = await fetch(apiUrl + method, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: new URLSearchParams(args),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      const scopes = (response.headers.get('x-oauth-scopes') ?? '')
        .split(',')
        .map((scope) => scope.trim())
        .filter(Boolean)
      const body: unknown = await response.json().catch(() => undefined)
      if (typeof body !== 'object' || body === null || !('ok' in body))
        return {
          ok: false,
          error: `the answer (${response.status}) is not Slack's; check SLACK_API_URL`,
          scopes,
        }
      return { ...body, ok: body.ok === true, scopes }
    } catch (error) {
      const cause =
        error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
      return {
        ok: false,
        error: `no answer: ${errorMessage(error)}${cause}`,
        scopes: [],
      }
    }
  }
}
