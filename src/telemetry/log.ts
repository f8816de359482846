import pino from 'pino'
import { redact } from './redact.ts'

type Line = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** Where an entry file's own words go: JSON lines, one object each. */
export interface Log {
  readonly debug: Line
  readonly info: Line
  readonly warn: Line
  readonly error: Line
}

/** JSON lines on standard output, or on `write`; no secret ever among them. */
export function jsonLog(
  level: string,
  secrets: readonly string[],
  write = (line: string): unknown => process.stdout.write(line),
): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void write(redact(line, secrets)) },
  )
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}
