import pino from 'pino'
import { errorFields, type Log, redact } from './log.ts'

/** The log on Node: to standard output, or to `write`, which gets lines with their line break. */
export function nodeLog(
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
      serializers: { err: errorFields },
    },
    { write: (line: string) => void write(redact(line, secrets)) },
  )
  return {
    debug: (fields, event) => logger.debug(fields, event),
    info: (fields, event) => logger.info(fields, event),
    warn: (fields, event) => logger.warn(fields, event),
    error: (fields, event) => logger.error(fields, event),
  }
}
