import * as z from 'zod'
import type { Config } from '../config/config.ts'
import { errorMessageWithCause } from '../words/error-message.ts'
import { counted } from '../words/words.ts'
import type { Check } from './check-report.ts'

/** The fields of Slack's responses that the checks read. */
const Body = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  user: z.string().optional(),
  team: z.string().optional(),
  channel: z
    .object({
      name: z.string().optional(),
      is_archived: z.boolean().optional(),
      is_member: z.boolean().optional(),
    })
    .optional(),
  users: z.array(z.string()).optional(),
})

interface SlackResponse extends z.output<typeof Body> {
  /** Of the token, from the header `x-oauth-scopes`; empty if Slack sent none. */
  readonly scopes: readonly string[]
}

const timeoutMs = 10_000

/** Tests the tokens, their scopes, the channels and the user groups. Posts nothing. */
export async function checkSlack(
  { slack, allowedUsergroups }: Config,
  fetch: typeof globalThis.fetch,
): Promise<Check[]> {
  const call = callerOf(slack.apiUrl, fetch)
  const auth = await call('auth.test', slack.botToken)
  if (!auth.ok) {
    const result = `auth.test: ${auth.error}`
    return [{ what: 'Slack', state: 'failed', result, fix: tokenFix(auth.error) }]
  }
  const channels = [...new Set([slack.channel, ...slack.routes.map((route) => route.channel)])]
  const channelChecks = channels.map(async (channel) =>
    channelCheck(
      channel,
      await call('conversations.info', slack.botToken, { channel }),
      auth.scopes,
    ),
  )
  const usergroupChecks = allowedUsergroups.map(async (usergroup) =>
    usergroupCheck(usergroup, await call('usergroups.users.list', slack.botToken, { usergroup })),
  )
  return [
    { what: 'Slack', state: 'ok', result: `bot user ${auth.user} in workspace ${auth.team}` },
    scopeCheck(auth.scopes, 'chat:write'),
    ...(await Promise.all([...channelChecks, ...usergroupChecks])),
    ...(slack.appToken === undefined
      ? []
      : [socketCheck(await call('apps.connections.open', slack.appToken))]),
  ]
}

function scopeCheck(scopes: readonly string[], scope: string): Check {
  const what = `Slack scope ${scope}`
  if (scopes.includes(scope)) return { what, state: 'ok', result: 'granted' }
  if (scopes.length === 0)
    return { what, state: 'warning', result: 'Slack did not send the scopes of the token' }
  return {
    what,
    state: 'failed',
    result: 'not granted',
    fix: 'Add it under "OAuth & Permissions" and reinstall the app.',
  }
}

function channelCheck(channel: string, response: SlackResponse, scopes: readonly string[]): Check {
  const what = `Slack channel ${channel}`
  if (response.error === 'missing_scope') {
    return {
      what,
      state: 'warning',
      result:
        'not tested: the test needs the scope channels:read, or groups:read for a private channel. The bot works without it.',
    }
  }
  const failed = (result: string, fix?: string): Check => ({
    what,
    state: 'failed',
    result,
    ...(fix ? { fix } : {}),
  })
  if (!response.ok) {
    return failed(
      `conversations.info: ${response.error}`,
      response.error === 'channel_not_found'
        ? 'Check the channel ID. If the channel is private, type /invite @<bot> in it.'
        : undefined,
    )
  }
  const { name, is_archived: isArchived, is_member: isMember } = response.channel ?? {}
  if (isArchived)
    return failed(`#${name} is archived`, 'Set SLACK_CHANNEL or SLACK_ROUTES to another channel.')
  if (isMember === false && !scopes.includes('chat:write.public'))
    return failed(`the bot is not in #${name}`, `Type /invite @<bot> in #${name}.`)
  return { what, state: 'ok', result: `#${name}` }
}

function usergroupCheck(usergroup: string, response: SlackResponse): Check {
  const what = `Slack user group ${usergroup}`
  if (response.ok)
    return { what, state: 'ok', result: counted(response.users?.length ?? 0, 'member') }
  const fix =
    response.error === 'missing_scope'
      ? 'Add the scope usergroups:read and reinstall the app.'
      : 'Check ALLOWED_USERGROUPS.'
  return { what, state: 'failed', result: `usergroups.users.list: ${response.error}`, fix }
}

function socketCheck(response: SlackResponse): Check {
  const what = 'Slack Socket Mode'
  if (response.ok) return { what, state: 'ok', result: 'connections can be opened' }
  return {
    what,
    state: 'failed',
    result: `apps.connections.open: ${response.error}`,
    fix: 'Give SLACK_APP_TOKEN the scope connections:write and enable Socket Mode.',
  }
}

function tokenFix(error: string | undefined): string {
  return error?.startsWith('no answer')
    ? 'Check the network and SLACK_API_URL. Behind a proxy, set HTTPS_PROXY and NODE_USE_ENV_PROXY=1: HTTPS_PROXY alone serves only the API server.'
    : 'Copy SLACK_BOT_TOKEN again from "OAuth & Permissions" of your Slack app.'
}

type Call = (
  method: string,
  token: string,
  args?: Readonly<Record<string, string>>,
) => Promise<SlackResponse>

/** Calls methods of the Web API. Never rejects: no answer and a foreign answer are errors too. */
function callerOf(apiUrl: string, fetch: typeof globalThis.fetch): Call {
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
      const body = Body.safeParse(await response.json().catch(() => undefined))
      if (body.success) return { ...body.data, scopes }
      const error = `the answer (${response.status}) is not from Slack; check SLACK_API_URL`
      return { ok: false, error, scopes }
    } catch (error) {
      return { ok: false, error: `no answer: ${errorMessageWithCause(error)}`, scopes: [] }
    }
  }
}
