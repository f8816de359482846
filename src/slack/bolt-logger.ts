import { type Logger, LogLevel } from '@slack/bolt'
import type { Log } from '../telemetry/log.ts'

/** Puts the words of Bolt and its parts into our log. Its `info` is our `debug`: it tells of every connection. */
export function boltLogger(log: Log): Logger {
  const line =
    (write: Log['info']) =>
    (...parts: unknown[]): void =>
      write({ source: 'bolt' }, parts.map(String).join(' '))
  return {
    debug: line(log.debug),
    info: line(log.debug),
    warn: line(log.warn),
    error: line(log.error),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  }
}
