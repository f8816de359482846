import { errorMessage } from '../../../src/words/error-message.ts'
import { definitionOf, RESOURCES, type ResourceDefinition } from '../resources.ts'
import { badRequest, StatusError } from './status-error.ts'

/** A parsed API request. */
export interface ApiRequest {
  readonly verb: 'get' | 'list' | 'patch' | 'delete'
  readonly definition: ResourceDefinition
  /** undefined: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly query: URLSearchParams
  readonly dryRun: boolean
  /** The client accepts only metadata (`as=PartialObjectMetadata`). */
  readonly metadataOnly: boolean
  /** The field manager: `fieldManager`, or the client's name from the user agent. */
  readonly manager: string
  readonly body: unknown
}

/**
 * Parses a request. Throws a `StatusError` for a path, method or media type that is not supported.
 */
export async function parseRequest(request: Request): Promise<ApiRequest> {
  const url = new URL(request.url)
  const { definition, namespace, name } = parsePath(decodeURI(url.pathname))
  const verb = verbOf(request.method, name)
  if (url.searchParams.get('watch') === 'true')
    throw badRequest('this simulated API server does not support watch')
  return {
    verb,
    definition,
    namespace,
    name,
    query: url.searchParams,
    dryRun: dryRunOf(url.searchParams.getAll('dryRun')),
    metadataOnly: metadataOnly(request.headers.get('accept') ?? '*/*'),
    manager:
      url.searchParams.get('fieldManager') ??
      (request.headers.get('user-agent') ?? 'unknown').split('/')[0] ??
      'unknown',
    body: await bodyOf(request, verb),
  }
}

const unknownPath = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

function parsePath(path: string) {
  const [, core, group, version, rest = ''] =
    /^\/(?:(api)|apis\/([^/]+))\/([^/]+)\/(.+)$/.exec(path) ?? []
  if (version === undefined) throw unknownPath()
  const steps = rest.split('/')
  const namespaced = steps[0] === 'namespaces' && steps.length > 2
  const [resource, name, ...more] = namespaced ? steps.slice(2) : steps
  const definition = RESOURCES.find(
    (one) =>
      one.resource === resource &&
      one.version === version &&
      one.group === (core ? '' : group) &&
      (!namespaced || one.namespaced),
  )
  if (
    !definition ||
    more.length > 0 ||
    (definition.namespaced && !namespaced && name !== undefined)
  )
    throw unknownPath()
  return {
    definition: definitionOf(definition.resource),
    namespace: namespaced ? steps[1] : undefined,
    name,
  }
}

function verbOf(method: string, name: string | undefined): ApiRequest['verb'] {
  if (method === 'GET') return name === undefined ? 'list' : 'get'
  if (method === 'PATCH' && name !== undefined) return 'patch'
  if (method === 'DELETE' && name !== undefined) return 'delete'
  throw new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )
}

function dryRunOf(values: readonly string[]): boolean {
  const unsupported = values.find((value) => value !== 'All')
  if (unsupported !== undefined)
    throw new StatusError(
      422,
      'Invalid',
      `dryRun: Unsupported value: "${unsupported}": supported values: "All"`,
      {},
    )
  return values.length > 0
}

/** Throws 406 if the client does not accept JSON. A client that prefers protobuf gets JSON. */
function metadataOnly(accept: string): boolean {
  for (const type of accept.split(',').map((one) => one.trim().replaceAll(' ', ''))) {
    const [media, ...parameters] = type.split(';')
    const as = parameters.find((parameter) => parameter.startsWith('as='))
    if (media === '*/*' || media === 'application/*' || (media === 'application/json' && !as))
      return false
    if (media === 'application/json' && as?.startsWith('as=PartialObjectMetadata')) return true
  }
  throw new StatusError(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json',
    {},
  )
}

const JSON_PATCH = 'application/json-patch+json'

async function bodyOf(request: Request, verb: ApiRequest['verb']): Promise<unknown> {
  if (verb === 'get' || verb === 'list') return undefined
  const type = request.headers.get('content-type')?.split(';')[0]
  if (verb === 'patch' && type !== JSON_PATCH) {
    const message = `the body of the request was in an unknown format - accepted media types include: ${JSON_PATCH}`
    throw new StatusError(415, 'UnsupportedMediaType', message, {})
  }
  const text = await request.text()
  if (text === '' && verb === 'delete') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badRequest(`error decoding the body: ${errorMessage(error)}`)
  }
}
