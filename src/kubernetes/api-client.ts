import { errorMessage } from '../words/error-message.ts'
import { type ApiServer, asked, RequestError, request } from './api-server.ts'
import { object, type Projection, record, text } from './projection.ts'

/** The requests that are sent to an API server. Each throws RequestError if it fails. */
export interface ApiClient {
  get(path: string): Promise<unknown>
  /** `body` is sent as JSON. */
  send(method: string, path: string, body: unknown, contentType?: string): Promise<unknown>
  /**
   * A list in pages of 500, each reduced before the next one is read, so that memory stays flat.
   * All pages show the same moment. If the server has forgotten that moment (410), the list is read
   * again from its start, once. `complete` is false if there are more than `pages` pages.
   */
  list<T>(
    path: string,
    reduce: Projection<T>,
    pages?: number,
  ): Promise<{ readonly items: readonly T[]; readonly complete: boolean }>
}

/** Milliseconds until the whole response must be there. */
export interface Timeouts {
  /** For one page of a list. */
  readonly pageMs: number
  /** For everything else. */
  readonly callMs: number
}

const PAGE_SIZE = 500
const GONE = 410

/** Sends nothing before the first call. */
export function apiClient(server: ApiServer, { pageMs, callMs }: Timeouts): ApiClient {
  const pagesOf = async <T>(
    path: string,
    reduce: Projection<T>,
    most: number,
  ): Promise<{ items: T[]; complete: boolean }> => {
    const items: T[] = []
    let next: string | undefined
    for (let page = 0; page < most; page++) {
      const call = { method: 'GET', path: pagePath(path, next), timeoutMs: pageMs }
      next = readPage(asked(call), await request(server, call), reduce, items)
      if (next === undefined) return { items, complete: true }
    }
    return { items, complete: false }
  }
  return {
    get: (path) => request(server, { method: 'GET', path, timeoutMs: callMs }),
    send: (method, path, body, contentType = 'application/json') =>
      request(server, { method, path, timeoutMs: callMs, body: JSON.stringify(body), contentType }),
    list: async (path, reduce, pages = Number.POSITIVE_INFINITY) => {
      try {
        return await pagesOf(path, reduce, pages)
      } catch (error) {
        if (!(error instanceof RequestError) || error.status !== GONE) throw error
        return await pagesOf(path, reduce, pages)
      }
    },
  }
}

function pagePath(path: string, token: string | undefined): string {
  const start = `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE_SIZE}`
  return token === undefined ? start : `${start}&continue=${encodeURIComponent(token)}`
}

const listMetadata = object<{ readonly continue?: string }>({ continue: text })

/** Adds the page's items to `items` and returns the token of the next page. */
function readPage<T>(
  asked: string,
  page: unknown,
  reduce: Projection<T>,
  items: T[],
): string | undefined {
  try {
    const { items: raw, metadata } = record(page)
    // A Go server may write an empty list as null.
    if (!Array.isArray(raw) && raw !== null) throw new Error('items is missing')
    for (const item of raw ?? []) {
      const reduced = reduce(item)
      if (reduced !== undefined) items.push(reduced)
    }
    return listMetadata(metadata)?.continue || undefined
  } catch (cause) {
    const problem = `the response is not a Kubernetes list: ${errorMessage(cause)}`
    throw new RequestError(asked, problem, { cause })
  }
}
