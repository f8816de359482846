import { timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { reviewAccess } from './access-review.ts'
import type { ApiServerOptions } from './api-server-options.ts'
import { attributesOf, isAllowed, refusal } from './authorizer.ts'
import { cutResponse, noResponse } from './broken-response.ts'
import type { Faults } from './faults.ts'
import { type ApiRequest, parseRequest } from './request.ts'
import { StatusError } from './status-error.ts'
import { listObjects, readObject, removeObject, writePatch } from './verbs.ts'

export type ApiServerEnv = { readonly Bindings: HttpBindings }

/** The part of the Kubernetes API that is served, with the refusals of the real one. */
export function createApiServer(options: ApiServerOptions): Hono<ApiServerEnv> {
  const app = new Hono<ApiServerEnv>()
  app.use(async (c, next) => {
    options.onRequest({ method: c.req.method, path: c.req.path + new URL(c.req.url).search })
    await next()
  })
  app.get('/livez', (c) => c.text('ok'))
  app.get('/readyz', (c) => c.text('ok'))
  app.use(async (c, next) => {
    if (!hasToken(c.req.header('authorization'), options.token))
      throw new StatusError(401, 'Unauthorized', 'Unauthorized')
    await next()
  })
  app.get('/version', (c) => c.json(versionInfo(options.version)))
  app.post(
    '/apis/authorization.k8s.io/v1/:review{selfsubjectaccessreviews|subjectaccessreviews}',
    async (c) =>
      c.json(
        reviewAccess(c.req.param('review'), await c.req.json().catch(() => undefined), options),
        201,
      ),
  )
  app.all('*', (c) => serve(c, options))
  app.onError((error) => errorResponse(error))
  return app
}

async function serve(c: Context<ApiServerEnv>, options: ApiServerOptions): Promise<Response> {
  const request = await parseRequest(c.req.raw)
  const { verb, definition, namespace, name } = request
  const { faults, user, rights } = options
  const fault = <K extends Parameters<Faults['take']>[0]>(kind: K) =>
    faults.take(kind, verb, definition.resource)

  const slow = fault('slow')
  if (slow) await sleep(slow.milliseconds)
  if (fault('hang')) return noResponse()
  const status = fault('status')
  if (status) return busy(status)
  const attributes = attributesOf(verb, definition, namespace, name)
  if (!isAllowed(rights, attributes) || fault('forbidden')) {
    throw new StatusError(403, 'Forbidden', refusal(user, attributes), {
      name,
      group: definition.group || undefined,
      kind: definition.resource,
    })
  }
  if (verb !== 'get' && verb !== 'list') admit(request, fault)
  const body = JSON.stringify(answer(request, options))
  if (fault('cut')) return cutResponse(c.env, body)
  return c.body(body, 200, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
  })
}

function answer(request: ApiRequest, { store, pager }: ApiServerOptions): unknown {
  switch (request.verb) {
    case 'list':
      return listObjects(store, pager, request)
    case 'get':
      return readObject(store, request)
    case 'patch':
      return writePatch(store, request)
    case 'delete':
      return removeObject(store, request)
  }
}

function admit({ dryRun }: ApiRequest, fault: (kind: 'denied' | 'no-dry-run') => unknown): void {
  const strict = dryRun ? (fault('no-dry-run') as { webhook: string } | undefined) : undefined
  if (strict)
    throw new StatusError(
      400,
      'BadRequest',
      `admission webhook "${strict.webhook}" does not support dry run`,
    )
  const denied = fault('denied') as { webhook: string; message: string } | undefined
  if (denied)
    throw new StatusError(
      403,
      'Forbidden',
      `admission webhook "${denied.webhook}" denied the request: ${denied.message}`,
    )
}

/** Priority and fairness, or a server that is going away. */
function busy({ code, retryAfter }: { code: 429 | 500 | 503; retryAfter?: number }): Response {
  const headers = { ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }) }
  if (code === 429)
    return new Response('Too many requests, please try again later.\n', { status: 429, headers })
  const reason = code === 500 ? 'InternalError' : 'ServiceUnavailable'
  const error = new StatusError(
    code,
    reason,
    code === 500
      ? 'Internal error occurred: etcdserver: request timed out'
      : 'apiserver is shutting down',
  )
  return errorResponse(error, headers)
}

function errorResponse(error: Error, headers: Record<string, string> = {}): Response {
  const status =
    error instanceof StatusError
      ? error
      : new StatusError(500, 'InternalError', `Internal error occurred: ${error.message}`)
  return Response.json(status.body(), { status: status.code, headers })
}

function hasToken(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function versionInfo(gitVersion: string): Record<string, string> {
  const [, major = '1', minor = '0'] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? []
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '',
    goVersion: '',
    compiler: 'gc',
    platform: 'linux/amd64',
  }
}
