import type { Args } from './args.ts'
import { isRecord } from './args.ts'
import type { Fault } from './faults.ts'

/** One request of the app to the Web API or to a response_url, as it came and as it was answered. */
export interface Call {
  /** Such as `chat.postMessage`, or `response_url`. */
  readonly method: string
  /** Decoded: `blocks`, `view` and the like are objects in either encoding. */
  readonly args: Args
  readonly token: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
  readonly fault: Fault | undefined
  /** What the method answered, whether or not the app got to see it; missing where it was not performed. */
  readonly answer: Readonly<Record<string, unknown>> | undefined
}

const JSON_ARGS = new Set(['blocks', 'attachments', 'metadata', 'view'])

/** The arguments of a Web API request: query, form or JSON body. Text that should be JSON and is not stays text. */
export async function readArgs(request: Request): Promise<Args> {
  const query = Object.fromEntries(new URL(request.url).searchParams)
  if (request.method === 'GET') return decoded(query)
  const body = await request.text()
  if (!request.headers.get('content-type')?.startsWith('application/json'))
    return decoded({ ...query, ...Object.fromEntries(new URLSearchParams(body)) })
  const json = parsed(body)
  return decoded({ ...query, ...(isRecord(json) ? json : {}) })
}

/** The token of the header, or of the `token` argument. */
export function readToken(request: Request, args: Args): string | undefined {
  const header = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  return header ?? (typeof args.token === 'string' ? args.token : undefined)
}

export function textArg(args: Args, name: string): string {
  const value = args[name]
  return typeof value === 'string' ? value : ''
}

export function booleanArg(args: Args, name: string): boolean {
  return args[name] === true || args[name] === 'true' || args[name] === '1'
}

function decoded(args: Args): Args {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      JSON_ARGS.has(name) && typeof value === 'string' ? parsed(value) : value,
    ]),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
