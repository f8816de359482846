import { isRecord } from './args.ts'
import type { Ack, Delivery, SignedRequest } from './delivery-report.ts'
import type { Emit } from './events.ts'
import type { Settings } from './options.ts'
import { type Forgery, signedRequest } from './signature.ts'
import type { Sockets } from './socket-mode.ts'

/** The way from Slack to the app: its request URL, or its Socket Mode connection where one is open. */
export class Courier {
  requestUrl: string | undefined
  readonly #settings: Settings
  readonly #sockets: Sockets
  readonly #emit: Emit

  constructor(settings: Settings, sockets: Sockets, emit: Emit) {
    this.#settings = settings
    this.#sockets = sockets
    this.#emit = emit
  }

  async send(payload: Readonly<Record<string, unknown>>, forgery?: Forgery): Promise<Delivery> {
    const request = signedRequest(payload, this.#settings.signingSecret, forgery)
    const viaSocket = this.#sockets.connected && !forgery
    const ack = await (viaSocket ? this.#overSocket(payload) : this.#overHttp(request))
    return this.#record(
      viaSocket ? { payload, via: 'socket', ack } : { payload, via: 'http', request, ack },
    )
  }

  /** Sends the same bytes with the same signature once more. */
  async replay({ payload, request }: Delivery): Promise<Delivery> {
    if (!request) throw new Error('only what went over HTTP can be replayed')
    return this.#record({ payload, via: 'http', request, ack: await this.#overHttp(request) })
  }

  #record(delivery: Delivery): Delivery {
    this.#emit({ type: 'delivery', delivery })
    return delivery
  }

  async #overHttp({ headers, body }: SignedRequest): Promise<Ack> {
    const start = performance.now()
    const failed = (because: string): Ack => ({
      ok: false,
      ms: performance.now() - start,
      body: '',
      because,
    })
    if (!this.requestUrl)
      return failed('the app has neither a request URL nor a Socket Mode connection')
    try {
      const signal = AbortSignal.timeout(this.#settings.acknowledgeWithin)
      const response = await fetch(this.requestUrl, {
        method: 'POST',
        headers,
        body,
        signal,
        redirect: 'manual',
      })
      const answer = {
        ms: performance.now() - start,
        status: response.status,
        body: await response.text(),
      }
      return response.status === 200
        ? { ok: true, ...answer }
        : { ok: false, ...answer, because: `the app answered with status ${response.status}` }
    } catch (error) {
      return failed(
        error instanceof Error && error.name === 'TimeoutError'
          ? this.#late()
          : `no connection: ${reason(error)}`,
      )
    }
  }

  async #overSocket(payload: Readonly<Record<string, unknown>>): Promise<Ack> {
    const start = performance.now()
    const timeout = Promise.withResolvers<typeof LATE>()
    const timer = setTimeout(() => timeout.resolve(LATE), this.#settings.acknowledgeWithin)
    const answer = await Promise.race([
      this.#sockets.send(payload, payload.type === 'view_submission'),
      timeout.promise,
    ])
    clearTimeout(timer)
    const ms = performance.now() - start
    if (answer === LATE) return { ok: false, ms, body: '', because: this.#late() }
    return { ok: true, ms, body: isEmpty(answer) ? '' : JSON.stringify(answer) }
  }

  #late(): string {
    return `the app did not acknowledge within ${this.#settings.acknowledgeWithin} ms`
  }
}

const LATE = Symbol('late')

/** Bolt acknowledges with an empty object where there is nothing to say. */
function isEmpty(answer: unknown): boolean {
  return answer === undefined || (isRecord(answer) && Object.keys(answer).length === 0)
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
