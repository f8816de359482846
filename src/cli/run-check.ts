import { readFileSync } from 'node:fs'
import type { Config, Environment } from '../config.ts'
import { kubeConfigTarget } from '../kubernetes/kube-config.ts'
import type { Target } from '../kubernetes/target.ts'
import { check, checkStatus, checkText } from './check.ts'
import { terminalOf } from './terminal.ts'

/** `check`: tries the configuration of `env` and prints what is missing. Returns the exit status. */
export async function runCheck(env: Environment, out: NodeJS.WriteStream): Promise<0 | 1> {
  const checks = await check({
    env,
    readFile: (path) => readFileSync(path, 'utf8'),
    fetch,
    target: (config) => targetOf(config, env),
  })
  out.write(`${checkText(checks, terminalOf(out)).join('\n')}\n`)
  return checkStatus(checks)
}

function targetOf({ kubeconfig, kubeContext: context }: Config, environment: Environment): Promise<Target> {
  return kubeConfigTarget({ ...(kubeconfig ? { kubeconfig } : {}), ...(context ? { context } : {}), environment })
}
