import pino from 'pino'

type Line = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** Where an entry file's own words go: JSON lines, one object each. */
export interface Log {
  readonly debug: Line
  readonly info: Line
  readonly warn: Line
  readonly error: Line
}

/** Anything that looks like a credential, whoever put it into a message. */
const credentials =
  /\b(xox[a-z]|xapp|xoxe\.xox[a-z])-[\w-]+|\b(bearer|basic)\s+[\w.~+/=-]{8,}|(?<=:\/\/)[^/\s:@"]+:[^/\s@"]+(?=@)/gi

/** Takes secrets out of a line: those given, and whatever has the form of a credential. */
export function redact(line: string, secrets: readonly string[]): string {
  let clean = line
  for (const secret of secrets) clean = clean.replaceAll(JSON.stringify(secret).slice(1, -1), '[redacted]')
  return clean.replace(credentials, '[redacted]')
}

/** JSON lines on standard output, or on `write`; no secret ever among them. */
export function jsonLog(
  level: string,
  secrets: readonly string[],
  write = (line: string): unknown => process.stdout.write(line),
): Log {
  const known = secrets.filter((secret) => secret.length > 3)
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void write(redact(line, known)) },
  )
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}
