import * as z from 'zod'
import { errorMessage } from '../words/error-message.ts'

/** The part of Alertmanager's API v2 that is read here; anything else in an answer is dropped. */
export const GettableAlert = z.object({
  labels: z.record(z.string(), z.string()),
  startsAt: z.string(),
  endsAt: z.string().optional(),
  fingerprint: z.string(),
  status: z.object({
    state: z.enum(['unprocessed', 'active', 'suppressed']).catch('active'),
    silencedBy: z.array(z.string()).default([]),
    inhibitedBy: z.array(z.string()).default([]),
  }),
})
export type GettableAlert = Readonly<z.output<typeof GettableAlert>>

export const Matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
})
export type Matcher = Readonly<z.output<typeof Matcher>>

export const Silence = z.object({
  id: z.string(),
  status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
  matchers: z.array(Matcher),
  startsAt: z.string(),
  endsAt: z.string(),
  createdBy: z.string().default(''),
  comment: z.string().default(''),
})
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

/** Alertmanager's refusal or silence, with what it was asked. */
export class AlertmanagerError extends Error {
  /** HTTP status; undefined where no answer came, or none that could be read. */
  readonly status: number | undefined
  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AlertmanagerError'
    this.status = status
  }
}

export interface Credentials {
  readonly token?: string
  readonly username?: string
  readonly password?: string
}

export interface ApiStatus {
  /** Milliseconds since it started, by its own clock where it tells the time. */
  readonly upForMs: number
  readonly version: string
  /** Its name among its peers; undefined where it has none. */
  readonly name: string | undefined
  /** Names of all peers that gossip with it, itself too. */
  readonly peers: readonly string[]
}

/** One Alertmanager: every call ends within `timeoutMs`, and fails as an AlertmanagerError in words. */
export interface Api {
  readonly url: string
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>
  delete(path: string): Promise<void>
  status(): Promise<ApiStatus>
}

export function apiOf(
  url: string,
  credentials: Credentials,
  fetch: typeof globalThis.fetch,
  timeoutMs: number,
): Api {
  const authorization = authorizationOf(credentials)

  async function ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ text: string; date: string | null }> {
    const what = `${method} ${url}${path}`
    const response = await fetch(url + path, {
      method,
      headers: {
        accept: 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect is followed nowhere: it would carry the credentials along, or lose the body.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause: unknown) => {
      throw new AlertmanagerError(`${what}: ${silence(cause, timeoutMs)}`, undefined, { cause })
    })
    const text = await response.text().catch((cause: unknown) => {
      throw new AlertmanagerError(`${what}: ${silence(cause, timeoutMs)}`, undefined, { cause })
    })
    if (!response.ok)
      throw new AlertmanagerError(`${what}: ${refusal(response, text)}`, response.status)
    return { text, date: response.headers.get('date') }
  }

  function read<T>(what: string, text: string, schema: z.ZodType<T>): T {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      throw new AlertmanagerError(
        `${what}: the answer is not JSON but begins with ${JSON.stringify(text.slice(0, 60))}: is this address Alertmanager's?`,
        undefined,
        { cause },
      )
    }
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    throw new AlertmanagerError(
      `${what}: the answer has another shape than Alertmanager's API v2: ${z.prettifyError(parsed.error).slice(0, 300)}`,
    )
  }

  return {
    url,
    async get(path, schema) {
      const { text } = await ask('GET', path)
      return read(`GET ${url}${path}`, text, schema)
    },
    async post(path, body, schema) {
      const { text } = await ask('POST', path, body)
      return read(`POST ${url}${path}`, text, schema)
    },
    async delete(path) {
      await ask('DELETE', path)
    },
    async status() {
      const { text, date } = await ask('GET', '/api/v2/status')
      const { uptime, cluster, versionInfo } = read(`GET ${url}/api/v2/status`, text, Status)
      const now = Date.parse(date ?? '') || Date.now()
      const peers = (cluster?.peers ?? []).map((peer) => peer.name)
      return {
        upForMs: now - Date.parse(uptime),
        version: versionInfo?.version ?? 'unknown',
        name: cluster?.name,
        peers,
      }
    },
  }
}

function authorizationOf({ token, username, password }: Credentials): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  if (username === undefined) return undefined
  const bytes = new TextEncoder().encode(`${username}:${password ?? ''}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

/** Why there was no answer. */
function silence(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${timeoutMs / 1000} s`
  const cause =
    error instanceof Error && error.cause instanceof Error
      ? `: ${error.cause.message || ('code' in error.cause ? String(error.cause.code) : error.cause.name)}`
      : ''
  return `no answer: ${errorMessage(error)}${cause}`
}

/** Alertmanager tells errors as a JSON string, as {code, message}, or as plain text; a proxy before it as a page. */
function refusal(response: Response, text: string): string {
  if (response.status >= 300 && response.status < 400) {
    return `it answers ${response.status}, a redirect to ${response.headers.get('location') ?? 'nowhere'}: set ALERTMANAGER_URL to where the API is`
  }
  const hint =
    response.status === 401 || response.status === 403
      ? ' (check ALERTMANAGER_TOKEN, or ALERTMANAGER_USERNAME and ALERTMANAGER_PASSWORD)'
      : ''
  const missing =
    response.status === 404 && !/silence/.test(text)
      ? ' (is there a path prefix that ALERTMANAGER_URL lacks?)'
      : ''
  return `it answers ${response.status}: ${errorText(text) || response.statusText}${hint}${missing}`
}

function errorText(text: string): string {
  const short = text.trim().slice(0, 300)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'string') return value.slice(0, 300)
    if (typeof value === 'object' && value !== null && 'message' in value)
      return String(value.message).slice(0, 300)
  } catch {
    // Not JSON: what was sent is the message.
  }
  return short.startsWith('<') ? 'a page of HTML' : short
}
