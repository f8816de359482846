import type { Log } from '../telemetry/log.ts'
import { redact } from '../telemetry/redact.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** The same lines as on Node, to the console, where Cloudflare collects them; no secret ever among them. */
export function consoleLog(level: string, secrets: readonly string[]): Log {
  const line =
    (name: keyof Log) => (fields: Readonly<Record<string, unknown>>, message: string) => {
      if (levels.indexOf(name) < levels.indexOf(level)) return
      const entry = { level: name, time: new Date().toISOString(), ...fields, msg: message }
      console.log(redact(JSON.stringify(entry, plainError), secrets))
    }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}

/** What an Error says is in no field of its own that JSON would show. */
function plainError(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  return {
    type: value.name,
    message: value.message,
    stack: value.stack,
    ...(value.cause === undefined ? {} : { cause: value.cause }),
  }
}
