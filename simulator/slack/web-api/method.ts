import type { Args } from '../call.ts'
import { isRecord } from '../call.ts'
import type { Triggers } from '../interaction-tokens.ts'
import type { Modals } from '../modals.ts'
import type { Settings } from '../options.ts'
import type { SocketMode } from '../socket-mode.ts'
import type { Workspace } from '../workspace.ts'

/** What Web API methods read and change. */
export interface MethodContext {
  readonly settings: Settings
  readonly workspace: Workspace
  readonly modals: Modals
  readonly triggers: Triggers
  readonly socketMode: SocketMode
  /** The server's base URL, without a trailing slash. */
  readonly url: () => string
}

/** A Web API method. */
export interface Method {
  /** The scope that the bot token needs. */
  readonly scope?: string
  /** Called with the app-level token instead of the bot token. */
  readonly appLevel?: boolean
  /** Returns the response without `ok`. Throws `SlackError`. */
  readonly run: (args: Args, context: MethodContext) => Readonly<Record<string, unknown>>
}

/** Methods by name, such as `chat.postMessage`. */
export type Methods = Readonly<Record<string, Method>>

/** Arguments that hold JSON, also in a form body. */
const JSON_ARGS = new Set(['blocks', 'attachments', 'metadata', 'view'])

/**
 * The arguments of a request, from its query and its form or JSON body. Invalid JSON in an argument
 * stays text.
 */
export async function readArgs(request: Request): Promise<Args> {
  const query = Object.fromEntries(new URL(request.url).searchParams)
  if (request.method === 'GET') return decodeArgs(query)
  const body = await request.text()
  if (!request.headers.get('content-type')?.startsWith('application/json'))
    return decodeArgs({ ...query, ...Object.fromEntries(new URLSearchParams(body)) })
  const json = parseJson(body)
  return decodeArgs({ ...query, ...(isRecord(json) ? json : {}) })
}

/** The token from the Authorization header or the `token` argument. */
export function readToken(request: Request, args: Args): string | undefined {
  const header = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  return header ?? (typeof args.token === 'string' ? args.token : undefined)
}

/** '' if the argument is missing or is not text. */
export function textArg(args: Args, name: string): string {
  const value = args[name]
  return typeof value === 'string' ? value : ''
}

/** Form bodies send booleans as `true` or `1`. */
export function booleanArg(args: Args, name: string): boolean {
  return args[name] === true || args[name] === 'true' || args[name] === '1'
}

function decodeArgs(args: Args): Args {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      JSON_ARGS.has(name) && typeof value === 'string' ? parseJson(value) : value,
    ]),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
