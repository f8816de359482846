import { timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import type { ObjectStore } from '../object-store.ts'
import {
  type AuthorizationOptions,
  attributesOf,
  forbiddenMessage,
  isAllowed,
  reviewAccess,
} from './authorization.ts'
import type { Faults } from './faults.ts'
import { listObjects, type Pager } from './lists.ts'
import { type ApiRequest, parseRequest } from './request.ts'
import { StatusError } from './status-error.ts'
import { readObject, removeObject, writePatch } from './verbs.ts'

/** Node's request and response, for responses that break off. */
export type ApiServerEnv = { readonly Bindings: HttpBindings }

/** The state behind the API server, and who may do what. */
export interface ApiServerOptions extends AuthorizationOptions {
  readonly store: ObjectStore
  readonly pager: Pager
  /** Bearer token that every request must carry. */
  readonly token: string
  /** Such as `v1.35.2`. */
  readonly version: string
  readonly onRequest: (request: { readonly method: string; readonly path: string }) => void
}

/**
 * Serves the part of the Kubernetes API that `RESOURCES` lists, with the errors of a real API
 * server.
 */
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
  const { faults, user, permissions } = options
  const fault = <K extends Parameters<Faults['take']>[0]>(kind: K) =>
    faults.take(kind, verb, definition.resource)

  const slow = fault('slow')
  if (slow) await sleep(slow.delayMs)
  if (fault('hang')) return RESPONSE_ALREADY_SENT
  const status = fault('status')
  if (status) return unavailable(status)
  const attributes = attributesOf(verb, definition, namespace, name)
  if (!isAllowed(permissions, attributes) || fault('forbidden')) {
    throw new StatusError(403, 'Forbidden', forbiddenMessage(user, attributes), {
      name,
      group: definition.group || undefined,
      kind: definition.resource,
    })
  }
  if (verb !== 'get' && verb !== 'list') admit(request, fault)
  const body = JSON.stringify(respond(request, options))
  if (fault('cut')) return cutResponse(c.env, body)
  return c.body(body, 200, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
  })
}

function respond(request: ApiRequest, { store, pager }: ApiServerOptions): unknown {
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

/** The admission webhooks. */
function admit({ dryRun }: ApiRequest, fault: (kind: 'denied' | 'no-dry-run') => unknown): void {
  const withSideEffects = dryRun
    ? (fault('no-dry-run') as { webhook: string } | undefined)
    : undefined
  if (withSideEffects)
    throw new StatusError(
      400,
      'BadRequest',
      `admission webhook "${withSideEffects.webhook}" does not support dry run`,
    )
  const denied = fault('denied') as { webhook: string; message: string } | undefined
  if (denied)
    throw new StatusError(
      403,
      'Forbidden',
      `admission webhook "${denied.webhook}" denied the request: ${denied.message}`,
    )
}

/** 429 is API Priority and Fairness, 500 a slow etcd, 503 a server that is shutting down. */
function unavailable(fault: { code: 429 | 500 | 503; retryAfterSeconds?: number }): Response {
  const { code, retryAfterSeconds } = fault
  const headers = {
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  }
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

/** Sends half of the body, then closes the connection. */
function cutResponse({ outgoing }: HttpBindings, body: string): Response {
  const bytes = Buffer.from(body)
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy())
  return RESPONSE_ALREADY_SENT
}
