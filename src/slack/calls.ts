import { LogLevel, WebClient, type WebClientOptions } from '@slack/web-api'
import { failureOf, rateLimited, type SlackFailure, type SlackResult } from './result.ts'

/** The global `fetch`, or one that behaves like it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** How Slack is reached. */
export interface SlackSettings {
  readonly botToken: string
  readonly apiUrl: string
  readonly fetch?: Fetch
  /** Limit for one call. Default: 5000. */
  readonly timeoutMs?: number
  /** Called after every call, with the failure if there was one: for logs and metrics. */
  readonly onCall?: (method: string, failure: SlackFailure | undefined) => void
}

/** How one call may fail. */
export interface CallOptions {
  /** A second call does no harm. Default: true. */
  readonly repeatable?: boolean
  /** If the method's rate limit is per channel. */
  readonly channel?: string
}

/** Slack's Web API, one attempt for each call. Nothing here throws. */
export interface SlackCalls {
  readonly web: WebClient
  /**
   * Runs `call` and names its failure. After a rate limit the method is not called again until
   * Slack's `Retry-After` has passed: more refused calls would only prolong it.
   */
  attempt<Value extends object>(
    method: string,
    call: () => Promise<Value>,
    options?: CallOptions,
  ): Promise<SlackResult<Value>>
  /** Posts to a `response_url`, which needs no token. */
  respond(url: string, body: object): Promise<SlackResult>
}

const defaultTimeoutMs = 5000

/** Used if a 429 names no `Retry-After`. */
const defaultRetryAfterSeconds = '10'

/** Options for a client that sends each call once, for the loop to retry, and runs in workerd. */
export function webClientOptions({
  apiUrl,
  fetch = globalThis.fetch,
  timeoutMs = defaultTimeoutMs,
}: Omit<SlackSettings, 'botToken'>): WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    fetch: plainFetch(fetch),
    timeout: timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logLevel: LogLevel.ERROR,
  }
}

/** Calls with the bot token. Rate limits are remembered for the life of the object. */
export function slackCalls(settings: SlackSettings): SlackCalls {
  const send = plainFetch(settings.fetch ?? globalThis.fetch)
  /** By method and channel: milliseconds since 1970 until which it is not called. */
  const pausedUntil = new Map<string, number>()

  async function attempt<Value extends object>(
    method: string,
    call: () => Promise<Value>,
    { repeatable = true, channel = '' }: CallOptions = {},
  ): Promise<SlackResult<Value>> {
    const limit = `${method} ${channel}`
    const waitMs = (pausedUntil.get(limit) ?? 0) - Date.now()
    if (waitMs > 0) return rateLimited(Math.ceil(waitMs / 1000))
    try {
      const value = await call()
      settings.onCall?.(method, undefined)
      return { ok: true, ...value }
    } catch (error) {
      const failure = failureOf(error, { repeatable })
      if (failure.retryAfterSeconds !== undefined)
        pausedUntil.set(limit, Date.now() + failure.retryAfterSeconds * 1000)
      settings.onCall?.(method, failure)
      return failure
    }
  }

  return {
    web: new WebClient(settings.botToken, webClientOptions(settings)),
    attempt,
    respond: (url, body) =>
      attempt('response_url', async () => {
        const response = await send(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(settings.timeoutMs ?? defaultTimeoutMs),
        })
        if (!response.ok) throw new Error(`response_url answered HTTP ${response.status}`)
        return {}
      }),
  }
}

/**
 * Calls fetch unbound, as workerd requires, and without following redirects: workerd rejects
 * web-api's `redirect: 'error'`, and the token must not go to another host.
 */
function plainFetch(fetch: Fetch): Fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' })
    if (response.status !== 429 || /^\d+$/.test(response.headers.get('retry-after') ?? ''))
      return response
    // Without a Retry-After, web-api throws an error that carries no code.
    const headers = { 'retry-after': defaultRetryAfterSeconds }
    return new Response(response.body, { status: 429, headers })
  }
}
