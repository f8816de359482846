import { errorMessage } from '../../src/words/error-message.ts'
import { definitionOf, RESOURCES, type ResourceDefinition } from './resources.ts'
import { badRequest, StatusError } from './status-error.ts'

/** A request as the API server understands it: verb, resource, and the query that it carries. */
export interface ApiRequest {
  readonly verb: 'get' | 'list' | 'patch' | 'delete'
  readonly definition: ResourceDefinition
  /** Absent: a list of all namespaces, or a resource without. */
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly query: URLSearchParams
  readonly dryRun: boolean
  /** The client wants objects reduced to their metadata. */
  readonly metadataOnly: boolean
  /** Who writes, for managedFields: `fieldManager`, else the client's name in the user agent. */
  readonly manager: string
  readonly body: unknown
}

/** Reads a request of the real API's form. Throws its refusal for paths, methods and media types that are not served. */
export async function parseRequest(request: Request): Promise<ApiRequest> {
  const url = new URL(request.url)
  const { definition, namespace, name } = parsePath(decodeURI(url.pathname))
  const verb = verbOf(request.method, name)
  if (url.searchParams.get('watch') === 'true')
    throw badRequest('this simulated API server has no watch')
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

const UNKNOWN = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

function parsePath(path: string) {
  const [, core, group, version, rest = ''] =
    /^\/(?:(api)|apis\/([^/]+))\/([^/]+)\/(.+)$/.exec(path) ?? []
  if (version === undefined) throw UNKNOWN()
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
    throw UNKNOWN()
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
  const wrong = values.find((value) => value !== 'All')
  if (wrong !== undefined)
    throw new StatusError(
      422,
      'Invalid',
      `dryRun: Unsupported value: "${wrong}": supported values: "All"`,
      {},
    )
  return values.length > 0
}

/** The server knows JSON only, so a client that prefers protobuf must be content with it. */
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
