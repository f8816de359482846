import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono, type Context as HonoContext } from 'hono'
import { type Args, type Call, type Fault, type Faults, SlackError } from '../call.ts'
import type { Emit } from '../events.ts'
import type { ResponseUrls } from '../interaction-tokens.ts'
import { chatMethods } from './chat.ts'
import { lookupMethods } from './lookups.ts'
import { type Method, type MethodContext, type Methods, readArgs, readToken } from './method.ts'
import { viewMethods } from './views.ts'

type Env = { Bindings: HttpBindings }
type Answer = Readonly<Record<string, unknown>>

const METHODS: Methods = { ...chatMethods, ...viewMethods, ...lookupMethods }

/**
 * Serves `/api/<method>` and the response_urls. Emits every call, and applies the faults planned
 * for it.
 */
export function webApi(
  context: MethodContext,
  responseUrls: ResponseUrls,
  faults: Faults,
  emit: Emit,
): Hono<Env> {
  const app = new Hono<Env>()

  const serve = async (
    c: HonoContext<Env>,
    name: string,
    perform: (args: Args, token?: string) => Answer,
  ): Promise<Response> => {
    const args = await readArgs(c.req.raw)
    const token = readToken(c.req.raw, args)
    const at = Date.now()
    const fault = faults.take(name, args)
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms))
    const answer = isPerformed(fault) ? toAnswer(() => perform(args, token)) : undefined
    emit({ type: 'call', call: { method: name, args, token, at, fault, answer } satisfies Call })
    if (fault && fault.kind !== 'delay') return faultResponse(c, fault)
    c.header('x-oauth-scopes', context.settings.scopes.join(','))
    return c.json(answer ?? {}, name === 'response_url' && answer?.ok !== true ? 404 : 200)
  }

  app.all('/api/:method', (c) => {
    const name = c.req.param('method')
    return serve(c, name, (args, token) => {
      const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
      if (!method) throw new SlackError('unknown_method', { req_method: name })
      authorize(method, token, context)
      return method.run(args, context)
    })
  })
  app.post('/actions/:id', (c) =>
    serve(c, 'response_url', (args) => responseUrls.use(c.req.path, args)),
  )
  return app
}

function authorize(method: Method, token: string | undefined, { settings }: MethodContext): void {
  const [right, other] = method.appLevel
    ? [settings.appToken, settings.botToken]
    : [settings.botToken, settings.appToken]
  if (!token) throw new SlackError('not_authed')
  if (token === other) throw new SlackError('not_allowed_token_type')
  if (token !== right) throw new SlackError('invalid_auth')
  if (method.scope && !settings.scopes.includes(method.scope))
    throw new SlackError('missing_scope', {
      needed: method.scope,
      provided: settings.scopes.join(','),
    })
}

function toAnswer(perform: () => Answer): Answer {
  try {
    return { ok: true, ...perform() }
  } catch (error) {
    if (!(error instanceof SlackError)) throw error
    return { ok: false, error: error.code, ...error.details }
  }
}

function isPerformed(fault: Fault | undefined): boolean {
  return (
    fault === undefined ||
    fault.kind === 'delay' ||
    ('accepted' in fault && fault.accepted === true)
  )
}

const PROXY_PAGE =
  '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>'

function faultResponse(
  c: HonoContext<Env>,
  fault: Exclude<Fault, { kind: 'delay' }>,
): Response | Promise<Response> {
  switch (fault.kind) {
    case 'rate-limit':
      if (fault.retryAfterSeconds !== undefined)
        c.header('retry-after', String(fault.retryAfterSeconds))
      return c.json({ ok: false, error: 'ratelimited' }, 429)
    case 'status':
      return new Response('upstream connect error', { status: fault.status })
    case 'html':
      return new Response(PROXY_PAGE, {
        status: fault.status ?? 200,
        headers: { 'content-type': 'text/html' },
      })
    case 'error':
      return c.json({ ok: false, error: fault.error })
    case 'hang':
      return new Promise<Response>((resolve) =>
        c.env.outgoing.on('close', () => resolve(RESPONSE_ALREADY_SENT)),
      )
    case 'cut':
      c.env.outgoing.destroy()
      return RESPONSE_ALREADY_SENT
  }
}
