import { KubernetesError } from './cluster.ts'
import { object, text } from './projection.ts'
import { type ByteStream, PROTOBUF, readProtobufStatus } from './protobuf/read-list.ts'

/** The part of a `Response` that is used. Those of Node, undici and Workers all have it. */
export interface ApiResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: ByteStream | null
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The second argument of `fetch`. */
export interface ApiRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
  readonly redirect: 'manual'
}

/** `fetch`, or one that knows the API server's certificate authority and proxy. */
export type Fetch = (url: string, request: ApiRequest) => Promise<ApiResponse>

/** An API server, the way to reach it and the credentials to use. */
export interface ApiServer {
  /** Base URL without a trailing slash. */
  readonly url: string
  readonly fetch: Fetch
  /** Credentials. Called before each request, since tokens expire. */
  headers(): Promise<Readonly<Record<string, string>>>
}

/**
 * An API server that accepts this token. `fetch` on Workers trusts no private certificate
 * authority: the server needs a public certificate, or `fetch` must be that of a binding.
 */
export function apiServerByToken({
  url,
  token,
  fetch = (address, request) => globalThis.fetch(address, request),
}: {
  readonly url: string
  readonly token: string
  readonly fetch?: Fetch
}): ApiServer {
  const authorization = `Bearer ${token.trim()}`
  return { url: url.replace(/\/+$/, ''), fetch, headers: async () => ({ authorization }) }
}

/**
 * A request failed. `message` is what was asked and `problem`: `GET /api/v1/nodes: 403 Forbidden:
 * …`.
 */
export class RequestError extends KubernetesError {
  /** The message without what was asked. */
  readonly problem: string
  constructor(
    asked: string,
    problem: string,
    details: { readonly status?: number; readonly reason?: string; readonly cause?: unknown } = {},
  ) {
    super(`${asked}: ${problem}`, details.status, details.reason, { cause: details.cause })
    this.name = 'RequestError'
    this.problem = problem
  }
}

/** One request to an API server. */
export interface Call {
  readonly method: string
  /** With the query. */
  readonly path: string
  /** Until the whole response is there, or the next part of one that is read as it arrives. */
  readonly timeoutMs: number
  readonly body?: string
  readonly contentType?: string
  /** Of the response; JSON if it is absent. */
  readonly accept?: string
  /** Ends the request at once when it is aborted. */
  readonly signal?: AbortSignal
}

/**
 * `GET /api/v1/nodes`: a call in errors. Without the query, which may hold a long continue token.
 */
export function asked({ method, path }: Pick<Call, 'method' | 'path'>): string {
  return `${method} ${path.replace(/\?.*$/, '')}`
}

/** The response as JSON. Throws RequestError for everything else, redirects included. */
export function request(server: ApiServer, call: Call): Promise<unknown> {
  return exchange(server, call, (response) => readJson(call, response))
}

/**
 * Sends a request and has `read` read the response, if it is a success. A response that `read` reads as it
 * arrives calls `arrived` with each part, and has the time of the call for the next one. Throws RequestError if it
 * is not, if it does not arrive in full, and if `read` fails.
 */
export async function exchange<T>(
  server: ApiServer,
  call: Call,
  read: (response: ApiResponse, arrived: () => void) => Promise<T>,
): Promise<T> {
  const headers = {
    accept: call.accept ?? JSON_TYPE,
    'user-agent': 'daemonset-triage',
    ...(call.contentType !== undefined && { 'content-type': call.contentType }),
    ...(await credentials(server, call)),
  }
  const patience = patienceOf(call.timeoutMs)
  try {
    const response = await server.fetch(server.url + call.path, {
      method: call.method,
      headers,
      signal: call.signal ? AbortSignal.any([patience.signal, call.signal]) : patience.signal,
      redirect: 'manual',
      ...(call.body !== undefined && { body: call.body }),
    })
    if (response.status >= 200 && response.status <= 299)
      return await read(response, patience.renew)
    throw refused(call, response, await response.arrayBuffer())
  } catch (cause) {
    if (cause instanceof RequestError) throw cause
    throw new RequestError(asked(call), noResponse(cause, call, server), { cause })
  } finally {
    patience.end()
  }
}

/** A signal that is aborted after this time, which starts again with each `renew`. */
function patienceOf(timeoutMs: number) {
  const controller = new AbortController()
  const start = () =>
    setTimeout(() => controller.abort(new DOMException('timeout', 'TimeoutError')), timeoutMs)
  let timer = start()
  return {
    signal: controller.signal,
    renew: () => {
      clearTimeout(timer)
      timer = start()
    },
    end: () => clearTimeout(timer),
  }
}

/** The body of a successful response as JSON. Throws RequestError if it is something else. */
export async function readJson(call: Call, response: ApiResponse): Promise<unknown> {
  const content = await response.text()
  try {
    return JSON.parse(content)
  } catch (cause) {
    const { status } = response
    throw new RequestError(asked(call), notJson(response, content), { status, cause })
  }
}

/** Whether the body is protobuf, as was asked for and as only the API server sends. */
export function isProtobuf({ headers }: ApiResponse): boolean {
  return headers.get('content-type')?.startsWith(PROTOBUF) ?? false
}

const JSON_TYPE = 'application/json'
const utf8 = new TextDecoder()

async function credentials(
  server: ApiServer,
  call: Call,
): Promise<Readonly<Record<string, string>>> {
  try {
    return await server.headers()
  } catch (cause) {
    throw new RequestError(asked(call), `cannot get credentials: ${rootMessage(cause)}`, { cause })
  }
}

const statusObject = object<{ readonly reason?: string; readonly message?: string }>({
  reason: text,
  message: text,
})

/** The API server's own words. For another response, such as a proxy's, its status and its text. */
function refused(call: Call, response: ApiResponse, content: ArrayBuffer): RequestError {
  const { status } = response
  const { reason, message } = parsedStatus(response, content)
  const words = message ?? (redirect(response) || utf8.decode(content).trim().slice(0, 200))
  const waitSeconds = response.headers.get('retry-after')
  const problem = [`${status}${reason ? ` ${reason}` : ''}`, words].filter(Boolean).join(': ')
  const wait = waitSeconds && /^\d+$/.test(waitSeconds) ? `; retry after ${waitSeconds} s` : ''
  return new RequestError(asked(call), problem + wait, { status, ...(reason && { reason }) })
}

function redirect({ status, headers }: ApiResponse): string {
  if (status < 300 || status > 399) return ''
  return `redirected to ${headers.get('location') ?? 'an unknown place'}. ${CHECK_URL}`
}

const CHECK_URL = "Check that this is the API server's URL"

function parsedStatus(
  response: ApiResponse,
  content: ArrayBuffer,
): { readonly reason?: string; readonly message?: string } {
  try {
    const status = isProtobuf(response)
      ? readProtobufStatus(new Uint8Array(content))
      : JSON.parse(utf8.decode(content))
    return statusObject(status) ?? {}
  } catch {
    return {}
  }
}

function notJson({ headers }: ApiResponse, content: string): string {
  const type = headers.get('content-type') ?? 'of no content type'
  if (type.includes('json')) return `the response is cut off after ${content.length} characters`
  return `the response is ${type}, not JSON. ${CHECK_URL}`
}

function noResponse(error: unknown, { timeoutMs }: Call, { url }: ApiServer): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no complete response from ${url} within ${timeoutMs / 1000} s`
  return `no complete response from ${url}: ${rootMessage(error)}`
}

/** fetch itself only says "fetch failed" or "terminated"; the reason is among the causes. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0)
    return rootMessage(error.errors[0])
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message
}
