import { errorMessage } from '../words/error-message.ts'
import {
  type ApiResponse,
  type ApiServer,
  asked,
  type Call,
  exchange,
  isProtobuf,
  RequestError,
  readJson,
  request,
} from './api-server.ts'
import { object, type Projection, record, ShapeError, text } from './projection.ts'
import { ProtobufError } from './protobuf/cursor.ts'
import type { Message } from './protobuf/message.ts'
import { PROTOBUF, readProtobufList } from './protobuf/read-list.ts'

/** The requests that are sent to an API server. Each throws RequestError if it fails. */
export interface ApiClient {
  get(path: string): Promise<unknown>
  /** `body` is sent as JSON. */
  send(method: string, path: string, body: unknown, contentType?: string): Promise<unknown>
  /**
   * A list in pages, each reduced before the next one is read, so that memory stays flat.
   * All pages show the same moment. If the server has forgotten that moment (410), the list is read
   * again from its start, once. `complete` is false if there are more than `pages` pages.
   */
  list<T>(
    path: string,
    how: ListReading<T>,
  ): Promise<{ readonly items: readonly T[]; readonly complete: boolean }>
}

/** How a list is read. */
export interface ListReading<T> {
  readonly reduce: Projection<T>
  /** An item in protobuf, which is asked for if this is set. A server may still send JSON. */
  readonly protobuf?: Message
  /** Most pages to read. */
  readonly pages?: number
}

/** Milliseconds until the whole response must be there. */
export interface Timeouts {
  /** For one page of a list in JSON, and for each part of one in protobuf. */
  readonly pageMs: number
  /** For everything else. */
  readonly callMs: number
}

/** Objects in a page of JSON, which is in memory as a whole. */
const PAGE_SIZE = 500
/** Objects in a page of protobuf, of which one at a time is in memory. */
const STREAMED_PAGE_SIZE = 5000
const GONE = 410

/** Sends nothing before the first call. Every call fails at once when `signal` is aborted. */
export function apiClient(
  server: ApiServer,
  { pageMs, callMs }: Timeouts,
  signal?: AbortSignal,
): ApiClient {
  const call = (method: string, path: string, timeoutMs: number): Call => ({
    method,
    path,
    timeoutMs,
    ...(signal && { signal }),
  })
  const pagesOf = async <T>(
    path: string,
    how: ListReading<T>,
  ): Promise<{ items: T[]; complete: boolean }> => {
    const { pages = Number.POSITIVE_INFINITY, protobuf } = how
    const items: T[] = []
    let next: string | undefined
    for (let read = 0; read < pages; read++) {
      const page = {
        ...call('GET', pagePath(path, protobuf ? STREAMED_PAGE_SIZE : PAGE_SIZE, next), pageMs),
        ...(protobuf && { accept: `${PROTOBUF}, application/json` }),
      }
      next = await exchange(server, page, (response, arrived) =>
        readPage(page, response, how, items, arrived),
      )
      if (next === undefined) return { items, complete: true }
    }
    return { items, complete: false }
  }
  return {
    get: (path) => request(server, call('GET', path, callMs)),
    send: (method, path, body, contentType = 'application/json') =>
      request(server, {
        ...call(method, path, callMs),
        body: JSON.stringify(body),
        contentType,
      }),
    list: async (path, how) => {
      try {
        return await pagesOf(path, how)
      } catch (error) {
        if (!(error instanceof RequestError) || error.status !== GONE) throw error
        return await pagesOf(path, how)
      }
    },
  }
}

function pagePath(path: string, size: number, token: string | undefined): string {
  const start = `${path}${path.includes('?') ? '&' : '?'}limit=${size}`
  return token === undefined ? start : `${start}&continue=${encodeURIComponent(token)}`
}

const listMetadata = object<{ readonly continue?: string }>({ continue: text })

/** Adds the page's items to `items` and returns the token of the next page. */
async function readPage<T>(
  call: Call,
  response: ApiResponse,
  { reduce, protobuf }: ListReading<T>,
  items: T[],
  arrived: () => void,
): Promise<string | undefined> {
  const add = (item: unknown): void => {
    const reduced = reduce(item)
    if (reduced !== undefined) items.push(reduced)
  }
  try {
    if (protobuf && response.body && isProtobuf(response))
      return await readProtobufList(response.body, protobuf, add, arrived)
    const { items: raw, metadata } = record(await readJson(call, response))
    // A Go server may write an empty list as null.
    if (!Array.isArray(raw) && raw !== null) throw new ShapeError('items is missing')
    for (const item of raw ?? []) add(item)
    return listMetadata(metadata)?.continue || undefined
  } catch (cause) {
    if (!(cause instanceof ShapeError) && !(cause instanceof ProtobufError)) throw cause
    const problem = `the response is not a Kubernetes list: ${errorMessage(cause)}`
    throw new RequestError(asked(call), problem, { cause })
  }
}
