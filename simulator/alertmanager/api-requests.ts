import * as z from 'zod'
import { errorMessage } from '../../src/words/error-message.ts'
import type { PrometheusAlert } from './alert.ts'
import { compileRegex, type Matcher, matchesAll, parseMatcher } from './matchers.ts'

/**
 * An error response of Alertmanager's API. It has two shapes: `{code, message}` from the generated
 * server for a body that breaks the schema, and a bare JSON string from the handlers.
 */
export class ApiError extends Error {
  readonly status: 400 | 404 | 415 | 422 | 500
  /** `code` of the generated server; undefined: the body is a bare string. */
  readonly code: number | undefined
  constructor(status: ApiError['status'], message: string, code?: number) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
  }
  body(): unknown {
    return this.code === undefined ? this.message : { code: this.code, message: this.message }
  }
}

/** The JSON body of a request. Throws 415 for another media type and 400 for invalid JSON. */
export async function readBody(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';')[0] ?? ''
  if (type !== 'application/json')
    throw new ApiError(
      415,
      `unsupported media type "${type}", only [application/json] are allowed`,
      415,
    )
  try {
    return await request.json()
  } catch (error) {
    throw new ApiError(400, `parsing body failed: ${errorMessage(error)}`, 400)
  }
}

/** The matchers of the `filter` parameters. Throws 400 if one does not parse. */
export function readFilter(filters: readonly string[] = []): readonly Matcher[] {
  return filters.map((text) => {
    const matcher = parseMatcher(text)
    if (!matcher) throw new ApiError(400, `bad matcher format: ${text}`)
    return matcher
  })
}

/** A boolean query parameter, true by default. Throws 422 for anything but `true` and `false`. */
export function readFlag(value: string | undefined, name: string): boolean {
  if (value === undefined || value === 'true') return true
  if (value === 'false') return false
  throw new ApiError(422, `${name} in query must be of type boolean: ${JSON.stringify(value)}`, 601)
}

const labelsSchema = z.record(z.string(), z.string()).default({})

const alertSchema = z.object({
  labels: labelsSchema,
  annotations: labelsSchema,
  startsAt: z.string().optional(),
  endsAt: z.string().optional(),
  generatorURL: z.string().default(''),
})

/** The alerts of a `POST /api/v2/alerts`. An alert without `endsAt` fires for 5 min. */
export function readAlerts(body: unknown): PrometheusAlert[] {
  if (!Array.isArray(body)) throw new ApiError(422, 'alerts in body must be of type array', 601)
  const parsed = z.array(alertSchema).safeParse(body)
  if (!parsed.success) throw new ApiError(400, z.prettifyError(parsed.error), 400)
  return parsed.data.map(({ startsAt, endsAt, ...alert }) => ({
    ...alert,
    startsAt: startsAt === undefined ? Date.now() : Date.parse(startsAt),
    endsAt: endsAt === undefined ? Date.now() + 300_000 : Date.parse(endsAt),
  }))
}

/** A silence as a client posts it. Times are RFC 3339. */
export interface SilenceInput {
  /** Present to update a silence. */
  readonly id?: string
  readonly comment: string
  readonly createdBy: string
  readonly endsAt: string
  readonly matchers: readonly Matcher[]
  readonly startsAt: string
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** A silence id from a path. Throws 422 if it is not a UUID. */
export function readSilenceId(id: string): string {
  if (!UUID.test(id))
    throw new ApiError(422, `silenceID in path must be of type uuid: ${JSON.stringify(id)}`, 601)
  return id
}

/**
 * The body of a `POST /api/v2/silences`. Throws schema errors first (422 with a code), then the
 * handler's (400, a bare string).
 */
export function readSilence(body: unknown): SilenceInput {
  const given = fieldsOf(body)
  for (const name of ['comment', 'createdBy', 'endsAt', 'matchers', 'startsAt']) {
    if (given[name] === undefined || given[name] === null)
      throw new ApiError(422, `${name} in body is required`, 602)
  }
  const { id, comment, createdBy } = given
  for (const [name, value] of Object.entries({ comment, createdBy })) {
    if (typeof value !== 'string')
      throw new ApiError(422, `${name} in body must be of type string`, 601)
  }
  const startsAt = readTime('startsAt', given.startsAt)
  const endsAt = readTime('endsAt', given.endsAt)
  if (!Array.isArray(given.matchers) || given.matchers.length === 0)
    throw new ApiError(422, 'matchers in body should have at least 1 items', 612)
  const matchers = given.matchers.map((matcher: unknown, index) => readMatcher(matcher, index))
  if (id !== undefined && id !== '' && !UUID.test(String(id)))
    throw new ApiError(404, 'silence not found')
  if (endsAt < startsAt)
    throw new ApiError(400, 'invalid silence: end time must not be before start time')
  if (matchers.every((matcher) => matchesAll([matcher], {}))) {
    throw new ApiError(400, 'invalid silence: at least one matcher must not match the empty string')
  }
  return {
    ...(id ? { id: String(id) } : {}),
    comment: String(comment),
    createdBy: String(createdBy),
    endsAt,
    matchers,
    startsAt,
  }
}

function readMatcher(matcher: unknown, index: number): Matcher {
  const given = fieldsOf(matcher)
  for (const name of ['isRegex', 'name', 'value']) {
    if (given[name] === undefined || given[name] === null)
      throw new ApiError(422, `matchers.${index}.${name} in body is required`, 602)
  }
  const { isEqual = true, isRegex, name, value } = given
  if (
    typeof isRegex !== 'boolean' ||
    typeof isEqual !== 'boolean' ||
    typeof name !== 'string' ||
    typeof value !== 'string'
  ) {
    throw new ApiError(422, `matchers.${index} in body has a field of the wrong type`, 601)
  }
  if (isRegex && !compileRegex(value))
    throw new ApiError(
      400,
      `invalid silence: invalid label matcher ${index}: error parsing regexp: \`${value}\``,
    )
  return { isEqual, isRegex, name, value }
}

function readTime(name: string, value: unknown): string {
  const at = new Date(String(value))
  if (typeof value !== 'string' || Number.isNaN(at.getTime()))
    throw new ApiError(
      422,
      `${name} in body must be of type date-time: ${JSON.stringify(value)}`,
      601,
    )
  return at.toISOString()
}

const fieldsOf = (value: unknown) =>
  (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
