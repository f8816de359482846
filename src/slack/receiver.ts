import type { App, Receiver } from '@slack/bolt'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as z from 'zod'
import type { Log } from '../telemetry/log.ts'
import { type Result, refusal, success } from '../words/result.ts'

/** Slack's largest payload, a message with all its blocks, is far smaller. */
const maxBodyBytes = 256 * 1024

/** Bodies that are read at one time: whoever sends them slowly holds no more memory than this. */
const mostBodies = 64

/** Difference between a request's timestamp and now that is accepted, either way. */
const maxSkewSeconds = 300

/** A signature is remembered for as long as its timestamp would be accepted. */
const rememberMs = 2 * maxSkewSeconds * 1000

const Payload = z.record(z.string(), z.unknown())
type Payload = z.infer<typeof Payload>

/** A Bolt receiver with its routes. */
export interface HttpReceiver extends Receiver {
  /** `POST /slack/events`, which takes interactivity too. */
  readonly routes: Hono
}

/**
 * Receives Slack's requests over HTTP, on Node and in workerd. Responds at the first
 * acknowledgement: 404 if nothing listens, 500 if a listener fails before it. The listener's work
 * continues after the response; `stop` waits for it and takes no more.
 */
export function httpReceiver(options: {
  readonly signingSecret: string
  readonly log: Log
  readonly now?: () => Date
}): HttpReceiver {
  const { signingSecret, log, now = () => new Date() } = options
  const routes = new Hono()
  const running = new Set<Promise<void>>()
  const isNew = replayGuard(now)
  let app: App | undefined
  let bodies = 0

  routes.post(
    '/slack/events',
    // Nothing is read of a request whose headers show that it is not from Slack.
    async (c, next) => {
      const why = headersProblem(headersOf(c), now())
      if (why !== undefined) return refuse(c, why, log)
      if (bodies >= mostBodies) return c.text('too many requests at once; try again', 503)
      bodies += 1
      try {
        return await next()
      } finally {
        bodies -= 1
      }
    },
    bodyLimit({ maxSize: maxBodyBytes, onError: (c) => c.text('too large', 413) }),
    async (c) => {
      const raw = new Uint8Array(await c.req.arrayBuffer())
      const headers = headersOf(c)
      const verified = await verifySignature(signingSecret, { ...headers, body: raw }, now())
      if (!verified.ok) return refuse(c, verified.why, log)
      const body = parseBody(new TextDecoder().decode(raw), c.req.header('content-type') ?? '')
      if (!body) return c.text('neither a Slack payload nor a JSON object', 400)
      if (body.ssl_check !== undefined) return c.body(null, 200)
      if (body.type === 'url_verification') return c.json({ challenge: body.challenge })
      // Slack never sends the same bytes twice, so a repeat is a replay of a captured request.
      if (!isNew(headers.signature ?? '')) return c.body(null, 200)
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

function headersOf(c: Context): Omit<SignedRequest, 'body'> {
  return {
    signature: c.req.header('x-slack-signature'),
    timestamp: c.req.header('x-slack-request-timestamp'),
  }
}

function refuse(c: Context, why: string, log: Log): Response {
  log.warn({ why }, 'request to /slack/events refused: not from Slack')
  return c.text(why, 401)
}

function dispatch(
  app: App,
  body: Payload,
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
      log.error({ err: error }, 'request from Slack failed')
      resolve(new Response('failed', { status: 500 }))
    },
  )
  return { response, work }
}

/** The form field `payload`, the form itself, or JSON. */
function parseBody(text: string, contentType: string): Payload | undefined {
  if (contentType.includes('json')) return parseJson(text)
  const form = Object.fromEntries(new URLSearchParams(text))
  return form.payload === undefined ? form : parseJson(form.payload)
}

function parseJson(text: string): Payload | undefined {
  try {
    return Payload.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Whether a signature is seen for the first time. */
function replayGuard(now: () => Date): (signature: string) => boolean {
  const acceptedAt = new Map<string, number>()
  return (signature) => {
    const at = now().getTime()
    for (const [old, since] of acceptedAt) {
      if (at - since < rememberMs) break
      acceptedAt.delete(old)
    }
    if (acceptedAt.has(signature)) return false
    acceptedAt.set(signature, at)
    return true
  }
}

/** Keeps a Worker alive until the work is done. On Node there is no context, and hono throws. */
function waitUntil(c: Context, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work)
  } catch {
    return
  }
}

/** The parts of a request that its signature covers. */
export interface SignedRequest {
  /** `X-Slack-Signature`. */
  readonly signature: string | null | undefined
  /** `X-Slack-Request-Timestamp`, seconds since 1970. */
  readonly timestamp: string | null | undefined
  /** The raw bytes, before parsing. */
  readonly body: Uint8Array
}

const SIGNATURE_VERSION = 'v0='

/** Why a request with these headers cannot be from Slack, whatever its body; undefined if it can. */
function headersProblem(
  { signature, timestamp }: Omit<SignedRequest, 'body'>,
  now: Date,
): string | undefined {
  if (!signature || !timestamp) return 'signature or timestamp is missing'
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp is not a number of seconds'
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > maxSkewSeconds)
    return 'timestamp is more than 5 minutes off'
  return /^v0=[0-9a-f]{64}$/.test(signature) ? undefined : 'signature has an unknown format'
}

/**
 * Whether Slack sent this within the last 5 minutes; otherwise why not. Bolt's own check accepts
 * timestamps in the future. https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export async function verifySignature(
  secret: string,
  request: SignedRequest,
  now: Date,
): Promise<Result<undefined, string>> {
  const { signature, timestamp, body } = request
  const problem = headersProblem(request, now)
  if (problem !== undefined) return refusal(problem)
  const hex = (signature ?? '').slice(SIGNATURE_VERSION.length)
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  )
  const prefix = new TextEncoder().encode(`v0:${timestamp}:`)
  const signed = new Uint8Array(prefix.length + body.length)
  signed.set(prefix)
  signed.set(body, prefix.length)
  // `verify` compares in constant time.
  const genuine = await crypto.subtle.verify(
    'HMAC',
    key,
    Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
    signed,
  )
  return genuine ? success(undefined) : refusal('signature does not match SLACK_SIGNING_SECRET')
}
