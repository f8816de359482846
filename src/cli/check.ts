import { alertmanagerClient } from '../alertmanager/client.ts'
import { type Config, type Environment, readConfig } from '../config/config.ts'
import type { ApiServer } from '../kubernetes/api-server.ts'
import { misscheduledHistory } from '../prometheus/history.ts'
import { sqliteStore } from '../store/sqlite.ts'
import { errorMessage } from '../words/error-message.ts'
import { checkKubernetes } from './check-kubernetes.ts'
import type { Check } from './check-result.ts'
import { checkSlack } from './check-slack.ts'
import { printable, styled, type Terminal } from './terminal.ts'

export interface CheckParts {
  readonly env: Environment
  readonly readFile: (path: string) => string
  readonly fetch: typeof globalThis.fetch
  /** The API server that this configuration means; throws in words where it names none. */
  readonly target: (config: Config) => Promise<ApiServer>
}

/** Tries every connection and right that the configuration needs. Posts nothing, silences nothing, and changes nothing in the cluster. */
export async function check({ env, readFile, fetch, target }: CheckParts): Promise<Check[]> {
  const read = readConfig(env, readFile)
  if (!read.ok)
    return read.errors.map((error) => ({ what: 'configuration', state: 'missing', seen: error }))
  const { config, warnings } = read
  const parts = await Promise.all([
    checkStore(config),
    checkSlack(config, fetch),
    checkAlertmanager(config, fetch),
    checkPrometheus(config, fetch),
    checkKubernetes(config, () => target(config)),
  ])
  return [
    { what: 'configuration', state: 'good', seen: 'complete' },
    ...warnings.map(
      (warning): Check => ({ what: 'configuration', state: 'unknown', seen: warning }),
    ),
    ...parts.flat(),
  ]
}

/** Exit status: 0 where nothing is missing, else 1. */
export function checkStatus(checks: readonly Check[]): 0 | 1 {
  return checks.some((one) => one.state === 'missing') ? 1 : 0
}

export function checkText(checks: readonly Check[], terminal: Terminal): string[] {
  const marks = {
    good: styled('ok', 'green', terminal),
    missing: styled('MISSING', 'red', terminal),
    unknown: styled('?', 'yellow', terminal),
  }
  const lines = checks.flatMap(({ what, state, seen, fix }) => [
    `${marks[state]}${' '.repeat(state === 'good' ? 6 : state === 'missing' ? 1 : 7)}${what}: ${printable(seen)}`,
    ...(fix ? [`        ${printable(fix)}`] : []),
  ])
  const missing = checks.filter((one) => one.state === 'missing').length
  return [
    ...lines,
    '',
    missing === 0 ? 'Nothing is missing.' : `${missing} of ${checks.length} are missing.`,
  ]
}

async function checkStore(config: Config): Promise<Check[]> {
  const store = sqliteStore(config.databaseUrl)
  const what = `store ${config.databaseUrl}`
  try {
    await store.migrate()
    await store.probe()
    await store.close()
    return [{ what, state: 'good', seen: 'can be written' }]
  } catch (error) {
    return [{ what, state: 'missing', seen: reasonOf(error) }]
  }
}

async function checkAlertmanager(
  { alertmanager, actions }: Config,
  fetch: typeof globalThis.fetch,
): Promise<Check[]> {
  const client = alertmanagerClient(alertmanager, fetch)
  const checks = (await client.versions()).map(({ url, version, reason }): Check => {
    const what = `Alertmanager ${url}`
    if (version === undefined)
      return {
        what,
        state: 'missing',
        seen: reason ?? 'no answer',
        fix: 'set ALERTMANAGER_URL to the base that is reachable from here',
      }
    return { what, state: 'good', seen: `version ${version}` }
  })
  if (checks.length > 0 && actions.includes('silence')) {
    checks.push({
      what: 'Alertmanager silences',
      state: 'unknown',
      seen: 'whether the bot may make them shows only when it does; nothing was tried',
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
    return [{ what, state: 'good', seen: 'answers queries' }]
  } catch (error) {
    return [
      {
        what,
        state: 'missing',
        seen: reasonOf(error),
        fix: 'set PROMETHEUS_URL to the base that is reachable from here, or leave it out',
      },
    ]
  }
}

function reasonOf(error: unknown): string {
  return errorMessage(error)
}
