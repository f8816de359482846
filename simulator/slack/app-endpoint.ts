import { createHmac } from 'node:crypto'
import { isRecord } from './call.ts'
import type { Delivery, Emit, SignedRequest } from './events.ts'
import type { Ack } from './model.ts'
import type { Settings } from './options.ts'
import type { SocketMode } from './socket-mode.ts'

/**
 * Sends interactions to the app: over its Socket Mode connection if one is open, otherwise to its
 * request URL.
 */
export class AppEndpoint {
  requestUrl: string | undefined
  readonly #settings: Settings
  readonly #socketMode: SocketMode
  readonly #emit: Emit

  constructor(settings: Settings, socketMode: SocketMode, emit: Emit) {
    this.#settings = settings
    this.#socketMode = socketMode
    this.#emit = emit
  }

  /**
   * Resolves when the app has answered or the timeout has passed. A forgery always goes over HTTP.
   */
  async send(payload: Readonly<Record<string, unknown>>, forgery?: Forgery): Promise<Delivery> {
    const request = signedRequest(payload, this.#settings.signingSecret, forgery)
    const viaSocket = this.#socketMode.connected && !forgery
    const ack = await (viaSocket ? this.#overSocket(payload) : this.#overHttp(request))
    return this.#record(
      viaSocket ? { payload, via: 'socket', ack } : { payload, via: 'http', request, ack },
    )
  }

  /** Sends the same bytes with the same signature again. */
  async replay({ payload, request }: Delivery): Promise<Delivery> {
    if (!request) throw new Error('only a delivery over HTTP can be replayed')
    return this.#record({ payload, via: 'http', request, ack: await this.#overHttp(request) })
  }

  #record(delivery: Delivery): Delivery {
    this.#emit({ type: 'delivery', delivery })
    return delivery
  }

  async #overHttp({ headers, body }: SignedRequest): Promise<Ack> {
    const start = performance.now()
    const failed = (reason: string): Ack => ({
      ok: false,
      ms: performance.now() - start,
      body: '',
      reason,
    })
    if (!this.requestUrl)
      return failed('the app has neither a request URL nor a Socket Mode connection')
    try {
      const signal = AbortSignal.timeout(this.#settings.acknowledgeTimeoutMs)
      const response = await fetch(this.requestUrl, {
        method: 'POST',
        headers,
        body,
        signal,
        redirect: 'manual',
      })
      const result = {
        ms: performance.now() - start,
        status: response.status,
        body: await response.text(),
      }
      return response.status === 200
        ? { ok: true, ...result }
        : { ok: false, ...result, reason: `the app answered with status ${response.status}` }
    } catch (error) {
      return failed(
        error instanceof Error && error.name === 'TimeoutError'
          ? this.#timeoutReason()
          : `connection failed: ${errorReason(error)}`,
      )
    }
  }

  async #overSocket(payload: Readonly<Record<string, unknown>>): Promise<Ack> {
    const start = performance.now()
    const timeout = Promise.withResolvers<typeof TIMED_OUT>()
    const timer = setTimeout(() => timeout.resolve(TIMED_OUT), this.#settings.acknowledgeTimeoutMs)
    const answer = await Promise.race([
      this.#socketMode.send(payload, payload.type === 'view_submission'),
      timeout.promise,
    ])
    clearTimeout(timer)
    const ms = performance.now() - start
    if (answer === TIMED_OUT) return { ok: false, ms, body: '', reason: this.#timeoutReason() }
    return { ok: true, ms, body: isEmpty(answer) ? '' : JSON.stringify(answer) }
  }

  #timeoutReason(): string {
    return `the app did not acknowledge within ${this.#settings.acknowledgeTimeoutMs} ms`
  }
}

const TIMED_OUT = Symbol('timed out')

/** Bolt acknowledges with an empty object if there is no response. */
function isEmpty(answer: unknown): boolean {
  return answer === undefined || (isRecord(answer) && Object.keys(answer).length === 0)
}

function errorReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

/** A request that does not come from Slack. The app must reject each kind. */
export type Forgery =
  /** Neither signature nor timestamp. */
  | 'unsigned'
  | 'no-timestamp'
  | 'wrong-secret'
  /** A version other than v0. */
  | 'wrong-version'
  /** Signed correctly, then the user id was changed. */
  | 'tampered'
  /** Signed correctly, more than 5 min ago. */
  | 'stale'
  /** Signed correctly, with a timestamp more than 5 min ahead. */
  | 'future'

/** Clock skew of a forged request. Apps must reject more than 300 s. */
const SKEW_SECONDS = 310

/**
 * The request with an interaction payload, signed as Slack signs it unless a forgery is named.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
function signedRequest(payload: unknown, secret: string, forgery?: Forgery): SignedRequest {
  const body = encoded(payload)
  const skew = forgery === 'stale' ? -SKEW_SECONDS : forgery === 'future' ? SKEW_SECONDS : 0
  const timestamp = String(Math.floor(Date.now() / 1000) + skew)
  const key = forgery === 'wrong-secret' ? `not ${secret}` : secret
  const version = forgery === 'wrong-version' ? 'v1' : 'v0'
  const signature = `${version}=${createHmac('sha256', key).update(`${version}:${timestamp}:${body}`).digest('hex')}`
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      ...(forgery === 'unsigned' ? {} : { 'x-slack-signature': signature }),
      ...(forgery === 'unsigned' || forgery === 'no-timestamp'
        ? {}
        : { 'x-slack-request-timestamp': timestamp }),
    },
    body:
      forgery === 'tampered'
        ? encoded({ ...Object(payload), user: { id: 'U0INTRUDER1', username: 'intruder' } })
        : body,
  }
}

function encoded(payload: unknown): string {
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
}
