import * as z from 'zod'
import type { Credentials } from '../config/config.ts'
import { errorMessageWithCause } from '../words/error-message.ts'

/** An alert in Alertmanager's API v2, by the fields that are read. */
export const GettableAlert = z.object({
  labels: z.record(z.string(), z.string()),
  startsAt: z.string(),
  endsAt: z.string().optional(),
  fingerprint: z.string(),
  generatorURL: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  status: z.object({
    state: z.enum(['unprocessed', 'active', 'suppressed']).catch('active'),
    silencedBy: z.array(z.string()).default([]),
    inhibitedBy: z.array(z.string()).default([]),
  }),
})
/** A firing alert: the API leaves out resolved ones. */
export type GettableAlert = Readonly<z.output<typeof GettableAlert>>

/** `name=value`, `!=`, `=~` or `!~`, by its two flags. */
export const Matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
})
/** One condition of a silence. */
export type Matcher = Readonly<z.output<typeof Matcher>>

/** A silence in Alertmanager's API v2. */
export const Silence = z.object({
  id: z.string(),
  status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
  matchers: z.array(Matcher),
  startsAt: z.string(),
  endsAt: z.string(),
  createdBy: z.string().default(''),
  comment: z.string().default(''),
})
/** Times are RFC 3339. */
export type Silence = Readonly<z.output<typeof Silence>>

const Status = z.object({
  uptime: z.string(),
  versionInfo: z.object({ version: z.string() }).optional(),
  cluster: z
    .object({
      name: z.string().optional(),
      peers: z.array(z.object({ name: z.string() })).nullish(),
    })
    .optional(),
})

/** The message names the request, the response and what to do. */
export class AlertmanagerError extends Error {
  /** HTTP status; undefined if there was no answer, or one that is not Alertmanager's. */
  readonly status: number | undefined
  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AlertmanagerError'
    this.status = status
  }
}

/** The status of one Alertmanager. */
export interface ApiStatus {
  /** Milliseconds since it started, by its own clock if the response has a date. */
  readonly upForMs: number
  readonly version: string
  /** In the gossip cluster; undefined without clustering. */
  readonly name: string | undefined
  /** All members of the gossip cluster, itself too. */
  readonly peers: readonly string[]
}

/** One Alertmanager. Every call ends within `timeoutMs` and rejects with an AlertmanagerError. */
export interface Api {
  readonly url: string
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>
  delete(path: string): Promise<void>
  status(): Promise<ApiStatus>
}

/** The API at `url`, which has no trailing slash. */
export function apiOf(
  url: string,
  credentials: Credentials,
  fetch: typeof globalThis.fetch,
  timeoutMs: number,
): Api {
  const send = senderOf({ url, authorization: authorizationOf(credentials), fetch, timeoutMs })
  return {
    url,
    get: async (path, schema) => parsed(await send('GET', path), schema),
    post: async (path, body, schema) => parsed(await send('POST', path, body), schema),
    async delete(path) {
      await send('DELETE', path)
    },
    async status() {
      const response = await send('GET', '/api/v2/status')
      const { uptime, cluster, versionInfo } = parsed(response, Status)
      const nowMs = Date.parse(response.date ?? '') || Date.now()
      return {
        upForMs: nowMs - Date.parse(uptime),
        version: versionInfo?.version ?? 'unknown',
        name: cluster?.name,
        peers: (cluster?.peers ?? []).map((peer) => peer.name),
      }
    },
  }
}

interface Received {
  /** `GET http://alertmanager:9093/api/v2/status`, for errors. */
  readonly request: string
  readonly text: string
  /** The `date` header. */
  readonly date: string | null
}

interface Server {
  readonly url: string
  readonly authorization: string | undefined
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs: number
}

function senderOf({ url, authorization, fetch, timeoutMs }: Server) {
  return async (method: string, path: string, body?: unknown): Promise<Received> => {
    const request = `${method} ${url}${path}`
    const noAnswer = (cause: unknown): never => {
      const message = `${request}: ${noAnswerText(cause, timeoutMs)}`
      throw new AlertmanagerError(message, undefined, { cause })
    }
    const response = await fetch(url + path, {
      method,
      headers: {
        accept: 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // Following a redirect would send the credentials elsewhere, or drop the body.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(noAnswer)
    const text = await response.text().catch(noAnswer)
    if (!response.ok)
      throw new AlertmanagerError(`${request}: ${responseText(response, text)}`, response.status)
    return { request, text, date: response.headers.get('date') }
  }
}

function parsed<T>({ request, text }: Received, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new AlertmanagerError(
      `${request}: the response is not JSON. It begins with ${JSON.stringify(text.slice(0, 60))}. Check that ALERTMANAGER_URL is the address of Alertmanager`,
      undefined,
      { cause },
    )
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new AlertmanagerError(
    `${request}: the response is not that of Alertmanager's API v2: ${z.prettifyError(result.error).slice(0, 300)}`,
  )
}

function authorizationOf({ token, username, password }: Credentials): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  if (username === undefined) return undefined
  const bytes = new TextEncoder().encode(`${username}:${password ?? ''}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

function noAnswerText(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${timeoutMs / 1000} s`
  return `no answer: ${errorMessageWithCause(error)}`
}

/** What came back and what to do. */
function responseText(response: Response, text: string): string {
  if (response.status >= 300 && response.status < 400) {
    return `answered ${response.status}, a redirect to ${response.headers.get('location') ?? 'nowhere'}. Set ALERTMANAGER_URL to the address of the API itself`
  }
  const hint =
    response.status === 401 || response.status === 403
      ? '. Check ALERTMANAGER_TOKEN, or ALERTMANAGER_USERNAME and ALERTMANAGER_PASSWORD'
      : ''
  const missing =
    response.status === 404 && !/silence/.test(text)
      ? '. Check whether ALERTMANAGER_URL lacks a path prefix'
      : ''
  return `answered ${response.status}: ${errorText(text) || response.statusText}${hint}${missing}`
}

/** Alertmanager sends a JSON string, `{code, message}` or plain text; a proxy sends HTML. */
function errorText(text: string): string {
  const short = text.trim().slice(0, 300)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'string') return value.slice(0, 300)
    if (typeof value === 'object' && value !== null && 'message' in value)
      return String(value.message).slice(0, 300)
  } catch {
    // Not JSON: the text itself is the message.
  }
  return short.startsWith('<') ? 'an HTML page' : short
}
