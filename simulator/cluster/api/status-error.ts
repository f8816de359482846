import { qualified, type ResourceDefinition } from '../resources.ts'

/** One reason why an object is invalid. */
export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

/** An error response of the API server. Its body is a `Status` object. */
export class StatusError extends Error {
  readonly code: 400 | 401 | 403 | 404 | 405 | 406 | 409 | 410 | 415 | 422 | 429 | 500 | 503
  readonly reason: string
  readonly details: Readonly<Record<string, unknown>> | undefined
  /** `metadata.continue`, for an expired list. */
  readonly continue: string | undefined
  constructor(
    code: StatusError['code'],
    reason: string,
    message: string,
    details?: Readonly<Record<string, unknown>>,
    continueToken?: string,
  ) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
    this.continue = continueToken
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

/** `details` of a Status about one object. */
export const detailsOf = (
  definition: ResourceDefinition,
  name: string,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  name,
  ...(definition.group && { group: definition.group }),
  kind: definition.resource,
  ...more,
})

/** 404 for one object. */
export const notFound = (definition: ResourceDefinition, name: string) =>
  new StatusError(
    404,
    'NotFound',
    `${qualified(definition)} "${name}" not found`,
    detailsOf(definition, name),
  )

/** 400, without details. */
export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)

/** 409 for one object: a precondition does not hold. */
export const conflict = (definition: ResourceDefinition, name: string, why: string) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(definition)} "${name}": ${why}`,
    detailsOf(definition, name),
  )

/**
 * 422 for an object that fails validation, worded as `apierrors.NewInvalid` does. `details.kind` is
 * the kind, not the resource.
 */
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
    detailsOf(definition, name, { kind: definition.kind, causes }),
  )
}
