import { errorMessage } from '../words/error-message.ts'
import type { ApiResponse, ApiServer } from './api-server.ts'
import { KubernetesError } from './cluster.ts'
import { object, type Projection, record, text } from './project.ts'

/** What the client asks of an API server. Every failure is a WireError. */
export interface Wire {
  get(path: string): Promise<unknown>
  /** Sends a body as JSON and gives back the answer. */
  send(method: string, path: string, body: unknown, contentType?: string): Promise<unknown>
  /**
   * Every item of a list, in pages of 500, reduced page by page so that memory stays flat. All pages are of one moment; where the server has
   * forgotten that moment (410) the list is read anew, once. At most `pages` pages are read: `complete` is false where there were more.
   */
  list<T>(
    path: string,
    reduce: Projection<T>,
    pages?: number,
  ): Promise<{ readonly items: readonly T[]; readonly complete: boolean }>
}

/** Milliseconds until an answer must be there, body and all. */
export interface Patience {
  readonly page: number
  readonly call: number
}

/** A request that failed: what was asked, and in `problem` why it failed. */
export class WireError extends KubernetesError {
  readonly problem: string
  constructor(
    asked: string,
    problem: string,
    status?: number,
    reason?: string,
    options?: ErrorOptions,
  ) {
    super(`${asked}: ${problem}`, status, reason, options)
    this.name = 'WireError'
    this.problem = problem
  }
}

const PAGE_SIZE = 500
const GONE = 410

export function wireTo(target: ApiServer, patience: Patience): Wire {
  const json = (
    method: string,
    path: string,
    timeout: number,
    body?: string,
    contentType?: string,
  ): Promise<unknown> => ask(target, { method, path, timeout, body, contentType })
  const pagesOf = async <T>(
    path: string,
    reduce: Projection<T>,
    most: number,
  ): Promise<{ items: T[]; complete: boolean }> => {
    const items: T[] = []
    let next: string | undefined
    for (let page = 0; page < most; page++) {
      const address = `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE_SIZE}${next === undefined ? '' : `&continue=${encodeURIComponent(next)}`}`
      next = readPage(
        `GET ${pathOnly(path)}`,
        await json('GET', address, patience.page),
        reduce,
        items,
      )
      if (next === undefined) return { items, complete: true }
    }
    return { items, complete: false }
  }
  return {
    get: (path) => json('GET', path, patience.call),
    send: (method, path, body, contentType = 'application/json') =>
      json(method, path, patience.call, JSON.stringify(body), contentType),
    list: async (path, reduce, pages = Number.POSITIVE_INFINITY) => {
      try {
        return await pagesOf(path, reduce, pages)
      } catch (error) {
        if (!(error instanceof WireError) || error.status !== GONE) throw error
        return await pagesOf(path, reduce, pages)
      }
    },
  }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly timeout: number
  readonly body: string | undefined
  readonly contentType: string | undefined
}

async function ask(
  target: ApiServer,
  { method, path, timeout, body, contentType }: Asked,
): Promise<unknown> {
  const asked = `${method} ${pathOnly(path)}`
  const headers = {
    accept: 'application/json',
    'user-agent': 'daemonset-triage',
    ...(contentType !== undefined && { 'content-type': contentType }),
    ...(await credentials(target, asked)),
  }
  let answer: ApiResponse
  let content: string
  try {
    const signal = AbortSignal.timeout(timeout)
    answer = await target.fetch(target.server + path, {
      method,
      headers,
      signal,
      redirect: 'manual',
      ...(body !== undefined && { body }),
    })
    content = await answer.text()
  } catch (error) {
    throw new WireError(asked, noAnswer(error, timeout, target.server), undefined, undefined, {
      cause: error,
    })
  }
  if (answer.status < 200 || answer.status > 299) throw refusal(asked, answer, content)
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new WireError(asked, notJson(answer, content), answer.status, undefined, { cause: error })
  }
}

async function credentials(
  target: ApiServer,
  asked: string,
): Promise<Readonly<Record<string, string>>> {
  try {
    return await target.headers()
  } catch (error) {
    throw new WireError(asked, `no credentials: ${rootMessage(error)}`, undefined, undefined, {
      cause: error,
    })
  }
}

const listPage = object<{ readonly continue?: string }>({ continue: text })

function readPage<T>(
  asked: string,
  page: unknown,
  reduce: Projection<T>,
  items: T[],
): string | undefined {
  try {
    const { items: raw, metadata } = record(page)
    for (const item of Array.isArray(raw) ? raw : []) {
      const reduced = reduce(item)
      if (reduced !== undefined) items.push(reduced)
    }
    if (!Array.isArray(raw) && raw !== null) throw new Error('there are no items')
    return listPage(metadata)?.continue || undefined
  } catch (error) {
    throw new WireError(
      asked,
      `the answer is no list as the API gives it: ${messageOf(error)}`,
      undefined,
      undefined,
      {
        cause: error,
      },
    )
  }
}

const statusObject = object<{
  readonly reason?: string
  readonly message?: string
}>({ reason: text, message: text })

/** The API server's own words; where something else answers, such as a proxy, its status and what it sent. */
function refusal(asked: string, answer: ApiResponse, content: string): WireError {
  const { status } = answer
  const { reason, message } = parsedStatus(content)
  const wait = answer.headers.get('retry-after')
  const redirect =
    status >= 300 && status < 400
      ? `redirected to ${answer.headers.get('location') ?? 'elsewhere'}; is this the API server's address?`
      : ''
  const words = message ?? (redirect || content.trim().slice(0, 200))
  const problem = [
    `${status}${reason ? ` ${reason}` : ''}`,
    words,
    wait && /^\d+$/.test(wait) ? `it asks to wait ${wait} s` : '',
  ]
    .filter(Boolean)
    .join(': ')
  return new WireError(asked, problem, status, reason)
}

function parsedStatus(content: string): { readonly reason?: string; readonly message?: string } {
  try {
    return statusObject(JSON.parse(content)) ?? {}
  } catch {
    return {}
  }
}

function notJson(answer: ApiResponse, content: string): string {
  const type = answer.headers.get('content-type') ?? 'nothing'
  if (type.includes('json')) return `the answer broke off after ${content.length} characters`
  return `the answer is ${type}, not JSON; is this the API server's address?`
}

function noAnswer(error: unknown, timeout: number, server: string): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no whole answer from ${server} within ${timeout / 1000} s`
  return `no whole answer from ${server}: ${rootMessage(error)}`
}

/** fetch says only "fetch failed" or "terminated"; the reason is among its causes. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0)
    return rootMessage(error.errors[0])
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message
}

function messageOf(error: unknown): string {
  return errorMessage(error)
}

/** Without the query: a continue token is long and tells nothing. */
function pathOnly(path: string): string {
  return path.replace(/\?.*$/, '')
}
