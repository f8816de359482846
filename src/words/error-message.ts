/** The message of an error; anything else that was thrown, as a string. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * The message of an error and of its cause: `fetch failed: connect ECONNREFUSED 10.0.0.1:443`. The
 * cause of a failed `fetch` may have a code and no message.
 */
export function errorMessageWithCause(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return errorMessage(error)
  const reason = cause.message || ('code' in cause ? String(cause.code) : cause.name)
  return `${errorMessage(error)}: ${reason}`
}
