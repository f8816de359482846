import type { App, Receiver } from '@slack/bolt'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as z from 'zod'
import type { Log } from '../telemetry/log.ts'
import { verifySignature } from './signature.ts'

/** Bytes; Slack's largest payloads, a message with all its blocks, stay far below. */
const largestBody = 2_000_000

export interface HttpReceiver extends Receiver {
  /** `POST /slack/events`, for interactivity too. */
  readonly routes: Hono
}

/**
 * Takes Slack's requests over HTTP, on Node and in workerd. Answered is at the first acknowledgement: 404 where nothing listens, 500 where
 * a listener failed before it. What a listener does afterwards goes on; `stop` waits for it and takes no more.
 */
export function httpReceiver(options: {
  readonly signingSecret: string
  readonly log: Log
  readonly now?: () => Date
}): HttpReceiver {
  const { signingSecret, log, now = () => new Date() } = options
  const routes = new Hono()
  const running = new Set<Promise<void>>()
  const taken = replayGuard(now)
  let app: App | undefined

  routes.post(
    '/slack/events',
    bodyLimit({ maxSize: largestBody, onError: (c) => c.text('too large', 413) }),
    async (c) => {
      const raw = new Uint8Array(await c.req.arrayBuffer())
      const signature = c.req.header('x-slack-signature')
      const request = { signature, timestamp: c.req.header('x-slack-request-timestamp'), body: raw }
      const verdict = await verifySignature(signingSecret, request, now())
      if (!verdict.ok) {
        log.warn({ because: verdict.because }, 'a request to /slack/events is not from Slack')
        return c.text(verdict.because, 401)
      }
      const body = parseBody(new TextDecoder().decode(raw), c.req.header('content-type') ?? '')
      if (!body) return c.text('neither a payload of Slack nor JSON', 400)
      if (body.ssl_check !== undefined) return c.body(null, 200)
      if (body.type === 'url_verification') return c.json({ challenge: body.challenge })
      // Slack never sends the same bytes twice: a second time they come from somebody who has seen the first.
      if (!taken(signature ?? '')) return c.body(null, 200)
      if (!app) return c.text('not ready yet', 503)
      const { response, work } = dispatch(app, body, log)
      running.add(work)
      work.finally(() => running.delete(work))
      waitUntil(c, work)
      return response
    },
  )

  return {
    routes,
    init(initialized) {
      app = initialized
    },
    async start() {},
    async stop() {
      app = undefined
      await Promise.allSettled(running)
    },
  }
}

function dispatch(
  app: App,
  body: Readonly<Record<string, unknown>>,
  log: Log,
): { response: Promise<Response>; work: Promise<void> } {
  const { promise: response, resolve } = Promise.withResolvers<Response>()
  const ack = async (answer?: unknown): Promise<void> => {
    resolve(
      answer === undefined || answer === ''
        ? new Response(null)
        : typeof answer === 'string'
          ? new Response(answer)
          : Response.json(answer),
    )
  }
  const work = app.processEvent({ body, ack }).then(
    () => resolve(new Response('nothing listens to this', { status: 404 })),
    (error: unknown) => {
      log.error({ err: error }, 'a request of Slack could not be processed')
      resolve(new Response('failed', { status: 500 }))
    },
  )
  return { response, work }
}

/** The form field `payload`, the form itself, or JSON. */
function parseBody(
  text: string,
  contentType: string,
): Readonly<Record<string, unknown>> | undefined {
  if (contentType.includes('json')) return parseJson(text)
  const form = Object.fromEntries(new URLSearchParams(text))
  return form.payload === undefined ? form : parseJson(form.payload)
}

const Body = z.record(z.string(), z.unknown())

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return Body.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Says of each signature whether it is new. It is remembered for as long as its time would be accepted, 10 minutes at most. */
function replayGuard(now: () => Date): (signature: string) => boolean {
  const seen = new Map<string, number>()
  return (signature) => {
    const at = now().getTime()
    for (const [old, since] of seen) {
      if (at - since < 600_000) break
      seen.delete(old)
    }
    if (seen.has(signature)) return false
    seen.set(signature, at)
    return true
  }
}

/** On Workers the request's context has to be asked to live on; on Node there is none, and hono throws. */
function waitUntil(c: Context, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work)
  } catch {
    return
  }
}
