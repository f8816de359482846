import type { ResourceDefinition } from './resources.ts'
import { qualified } from './resources.ts'

export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

/** A refusal of the API server, whose body is a `Status` object. */
export class StatusError extends Error {
  readonly code: 400 | 401 | 403 | 404 | 405 | 406 | 409 | 410 | 415 | 422 | 429 | 500 | 503
  readonly reason: string
  readonly details: Readonly<Record<string, unknown>> | undefined
  /** Of the list's metadata, for an expired `continue`. */
  readonly continue: string | undefined
  constructor(
    code: StatusError['code'],
    reason: string,
    message: string,
    details?: Readonly<Record<string, unknown>>,
    goOn?: string,
  ) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
    this.continue = goOn
  }

  /** The body, in the field order of the real server. */
  body(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continue === undefined ? {} : { continue: this.continue },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details && { details: this.details }),
      code: this.code,
    }
  }
}

/** `details` of a Status that is about one object. */
export const about = (
  definition: ResourceDefinition,
  name: string,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  name,
  ...(definition.group && { group: definition.group }),
  kind: definition.resource,
  ...more,
})

export const notFound = (definition: ResourceDefinition, name: string) =>
  new StatusError(
    404,
    'NotFound',
    `${qualified(definition)} "${name}" not found`,
    about(definition, name),
  )

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)

export const conflict = (definition: ResourceDefinition, name: string, why: string) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(definition)} "${name}": ${why}`,
    about(definition, name),
  )

/** An object that breaks its schema's rules, as `apierrors.NewInvalid` words it: `details.kind` is the kind, not the resource. */
export function invalid(
  definition: ResourceDefinition,
  name: string,
  causes: readonly StatusCause[],
): StatusError {
  const kind = definition.group ? `${definition.kind}.${definition.group}` : definition.kind
  const lines = causes.map(({ field, message }) => `${field}: ${message}`)
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  return new StatusError(
    422,
    'Invalid',
    `${kind} "${name}" is invalid: ${text}`,
    about(definition, name, { kind: definition.kind, causes }),
  )
}
