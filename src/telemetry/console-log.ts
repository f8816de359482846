import { errorFields, type Log, redact } from './log.ts'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** The log on Workers: to the console, where Cloudflare collects it, or to `write`. */
export function consoleLog(
  level: string,
  secrets: readonly string[],
  write = (line: string): unknown => console.log(line),
): Log {
  const line = (name: keyof Log) => (fields: Readonly<Record<string, unknown>>, event: string) => {
    if (LEVELS.indexOf(name) < LEVELS.indexOf(level)) return
    const entry = { level: name, time: new Date().toISOString(), ...fields, msg: event }
    write(
      redact(
        JSON.stringify(entry, (_, value) => errorFields(value)),
        secrets,
      ),
    )
  }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}
