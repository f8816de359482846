/** Writes one line: fields, and an event in stable words that can be searched for. */
type Line = (fields: Readonly<Record<string, unknown>>, event: string) => void

/** The log of the bot: JSON lines without secrets, in the same format on Node and on Workers. */
export interface Log {
  readonly debug: Line
  readonly info: Line
  readonly warn: Line
  readonly error: Line
}

/** An error as it is logged. Anything that is not an Error is logged as it is. */
export function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...('code' in error ? { code: error.code } : {}),
    ...(error.cause === undefined ? {} : { cause: errorFields(error.cause) }),
  }
}

/** Slack tokens, the Authorization header, and credentials in a URL. */
const CREDENTIALS =
  /\b(xox[a-z]|xapp|xoxe\.xox[a-z])-[\w-]+|\b(bearer|basic)\s+[\w.~+/=-]{8,}|(?<=:\/\/)[^/\s:@"]+:[^/\s@"]+(?=@)/gi

/** Replaces the secrets, and all that looks like a credential, in a line of JSON. */
export function redact(line: string, secrets: readonly string[]): string {
  let clean = line
  for (const secret of secrets.filter(({ length }) => length > 3))
    clean = clean.replaceAll(JSON.stringify(secret).slice(1, -1), '[redacted]')
  return clean.replace(CREDENTIALS, '[redacted]')
}
