import { readFileSync } from 'node:fs'
import { alertmanagerClient } from '../alertmanager/client.ts'
import { type Config, readConfig } from '../config/config.ts'
import type { Environment } from '../config/environment.ts'
import type { ApiServer } from '../kubernetes/api-server.ts'
import { configuredApiServer } from '../kubernetes/connect/find-api-server.ts'
import { misscheduledHistory } from '../prometheus/history.ts'
import { sqliteStore } from '../store/sqlite.ts'
import { errorMessage } from '../words/error-message.ts'
import { checkKubernetes } from './check-kubernetes.ts'
import { type Check, checkStatus, checkText } from './check-report.ts'
import { checkSlack } from './check-slack.ts'
import { terminalOf } from './terminal.ts'

/** `check`: tests the configuration of `env` and prints the results. Returns the exit status. */
export async function runCheck(env: Environment, out: NodeJS.WriteStream): Promise<0 | 1> {
  const checks = await check({
    env,
    readFile: (path) => readFileSync(path, 'utf8'),
    fetch,
    apiServer: (config) => configuredApiServer(config, env),
  })
  out.write(`${checkText(checks, terminalOf(out, env)).join('\n')}\n`)
  return checkStatus(checks)
}

/**
 * Tests every connection and permission that the configuration needs. Posts nothing, silences
 * nothing and changes nothing in the cluster. Never throws.
 */
export async function check({
  env,
  readFile,
  fetch,
  apiServer,
}: {
  readonly env: Environment
  readonly readFile: (path: string) => string
  readonly fetch: typeof globalThis.fetch
  /** The API server of the configuration; rejects if there is none. */
  readonly apiServer: (config: Config) => Promise<ApiServer>
}): Promise<Check[]> {
  const what = 'configuration'
  const read = readConfig(env, readFile)
  if (!read.ok) return read.why.map((result) => ({ what, state: 'failed', result }))
  const { config, warnings } = read.value
  const parts = await Promise.all([
    checkStore(config),
    checkSlack(config, fetch),
    checkAlertmanager(config, fetch),
    checkPrometheus(config, fetch),
    checkKubernetes(config, () => apiServer(config)),
  ])
  return [
    { what, state: 'ok', result: 'valid' },
    ...warnings.map((result): Check => ({ what, state: 'warning', result })),
    ...parts.flat(),
  ]
}

async function checkStore({ databaseUrl }: Config): Promise<Check[]> {
  const what = `store ${databaseUrl}`
  const store = sqliteStore(databaseUrl)
  try {
    await store.migrate()
    await store.probe()
    await store.close()
    return [{ what, state: 'ok', result: 'writable' }]
  } catch (error) {
    return [{ what, state: 'failed', result: errorMessage(error) }]
  }
}

async function checkAlertmanager(
  { alertmanager, actions }: Config,
  fetch: typeof globalThis.fetch,
): Promise<Check[]> {
  const versions = await alertmanagerClient(alertmanager, fetch).versions()
  const checks = versions.map(({ url, version, reason }): Check => {
    const what = `Alertmanager ${url}`
    if (version !== undefined) return { what, state: 'ok', result: `version ${version}` }
    return {
      what,
      state: 'failed',
      result: reason ?? 'no answer',
      fix: 'Set ALERTMANAGER_URL to a base URL that this machine can reach.',
    }
  })
  if (checks.length > 0 && actions.includes('silence')) {
    checks.push({
      what: 'Alertmanager silences',
      state: 'warning',
      result: 'not tested: the only test is to create a silence',
    })
  }
  return checks
}

async function checkPrometheus(
  { prometheusUrl }: Config,
  fetch: typeof globalThis.fetch,
): Promise<Check[]> {
  if (prometheusUrl === undefined) return []
  const what = `Prometheus ${prometheusUrl}`
  const to = new Date()
  const query = {
    namespace: 'kube-system',
    daemonset: 'kube-proxy',
    from: new Date(to.getTime() - 60_000),
    to,
  }
  try {
    await misscheduledHistory(prometheusUrl, query, fetch)
    return [{ what, state: 'ok', result: 'answers queries' }]
  } catch (error) {
    return [
      {
        what,
        state: 'failed',
        result: errorMessage(error),
        fix: 'Set PROMETHEUS_URL to a base URL that this machine can reach, or remove it.',
      },
    ]
  }
}
