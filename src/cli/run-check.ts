import { readFileSync } from 'node:fs'
import type { Environment } from '../config/config.ts'
import { configuredTarget } from '../kubernetes/connect/kube-config.ts'
import { check, checkStatus, checkText } from './check.ts'
import { terminalOf } from './terminal.ts'

/** `check`: tries the configuration of `env` and prints what is missing. Returns the exit status. */
export async function runCheck(env: Environment, out: NodeJS.WriteStream): Promise<0 | 1> {
  const checks = await check({
    env,
    readFile: (path) => readFileSync(path, 'utf8'),
    fetch,
    target: (config) => configuredTarget(config, env),
  })
  out.write(`${checkText(checks, terminalOf(out)).join('\n')}\n`)
  return checkStatus(checks)
}
