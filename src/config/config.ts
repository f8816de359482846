import type * as z from 'zod'
import { errorMessage } from '../words/error-message.ts'
import {
  type ActionName,
  clusterNames,
  commaSeparated,
  Settings,
  secretNames,
} from './environment.ts'

export type { ActionName } from './environment.ts'
export interface Route {
  readonly match: Readonly<Record<string, string>>
  readonly channel: string
  readonly mention?: string
}
/** Settings of the bot; `readConfig` makes it from the environment and names every error at once. */
export interface Config {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Empty where CLUSTER_NAME is not set: alerts of every `cluster` label are then ours. */
  readonly clusterName: string
  readonly kubeconfig?: string
  readonly kubeContext?: string
  /** An API server by address and token, from CLUSTERS: needs no file, and so is the way on Workers. */
  readonly kubernetes?: { readonly url: string; readonly token: string; readonly ca?: string }
  readonly alertmanager: {
    /** API bases without a trailing slash; an alert fires if one says so and is absent only if all do. Empty: no polls. */
    readonly urls: readonly string[]
    /** Base for links, without a trailing slash; the first of `urls` by default. */
    readonly publicUrl?: string
    readonly token?: string
    readonly username?: string
    readonly password?: string
  }
  /** Without a trailing slash. */
  readonly prometheusUrl?: string
  readonly webhookToken: string
  readonly slack: {
    readonly botToken: string
    readonly signingSecret?: string
    readonly appToken?: string
    readonly channel: string
    readonly routes: readonly Route[]
    /** With a trailing slash. */
    readonly apiUrl: string
  }
  readonly actions: readonly ActionName[]
  readonly allowedUsers: readonly string[]
  readonly allowedUsergroups: readonly string[]
  /** `sqlite:FILE`. */
  readonly databaseUrl: string
  /** Seconds. */
  readonly reconcileInterval: number
  /** Closed incidents, their actions and alerts are forgotten after so many days. */
  readonly retentionDays: number
  readonly logLevel: Settings['LOG_LEVEL']
}

/** What the process was given; a value that is empty counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] }

type ReadFile = (path: string) => string

/**
 * Reads the settings from the environment; a secret may also be in the file that NAME_FILE names. Every error begins with the variable's
 * name and says what to set; none repeats a secret. `readFile` is left out where there are no files, as on Workers.
 */
export function readConfig(env: Environment, readFile?: ReadFile): ConfigResult {
  const { values, errors, unread } = valuesOf(env, readFile)
  const settings = Settings.safeParse(values)
  const faults = (settings.error?.issues ?? [])
    .filter((issue) => !unread.includes(String(issue.path[0])))
    .map(inWords)
  errors.push(
    ...faults,
    ...contradictions(
      (name) => values[name] !== undefined || unread.includes(name),
      commaSeparated(values.ACTIONS ?? ''),
    ),
  )
  if (errors.length > 0 || !settings.success) return { ok: false, errors: [...new Set(errors)] }
  const config = configOf(settings.data)
  return { ok: true, config, warnings: warningsOn(config) }
}

/** Every secret of the settings, so that the log can leave them out. */
export function secretsOf({ webhookToken, slack, alertmanager, kubernetes }: Config): string[] {
  const secrets = [
    webhookToken,
    slack.botToken,
    slack.signingSecret,
    slack.appToken,
    alertmanager.token,
    alertmanager.password,
    kubernetes?.token,
  ]
  return secrets.filter((secret) => secret !== undefined)
}

/** `unread`: variables whose file could not be read, which is an error already. */
function valuesOf(
  env: Environment,
  readFile: ReadFile | undefined,
): { values: Record<string, string>; errors: string[]; unread: string[] } {
  const values: Record<string, string> = {}
  const errors: string[] = []
  const unread: string[] = []
  for (const name of Object.keys(Settings.shape)) {
    const value = env[name]?.trim()
    if (value) values[name] = value
  }
  for (const name of secretNames) {
    const path = env[`${name}_FILE`]?.trim()
    if (!path) continue
    if (values[name] !== undefined) {
      errors.push(`${name} and ${name}_FILE are both set: leave one`)
      continue
    }
    const file = fileValue(path, readFile)
    if ('value' in file) values[name] = file.value
    else {
      unread.push(name)
      errors.push(`${name}_FILE ${file.fault}`)
    }
  }
  return { values, errors, unread }
}

function fileValue(
  path: string,
  readFile: ReadFile | undefined,
): { value: string } | { fault: string } {
  if (!readFile)
    return {
      fault: 'cannot be used where there are no files: set the variable itself, as a secret',
    }
  try {
    const value = readFile(path).trim()
    return value === '' ? { fault: `names ${path}, which is empty` } : { value }
  } catch (error) {
    return {
      fault: `names ${path}, which could not be read: ${errorMessage(error)}`,
    }
  }
}

/** The variable, the place within it, and the fault: `SLACK_ROUTES[0].channel is not a channel id…`. */
function inWords(issue: z.core.$ZodIssue): string {
  const [name, ...path] = issue.path
  const place = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
  const isPredicate = /^(is|has|must|ends) /.test(issue.message)
  return `${String(name)}${place}${isPredicate ? '' : ':'} ${issue.message}`
}

/** What no single variable shows to be wrong. */
function contradictions(has: (name: string) => boolean, actions: readonly string[]): string[] {
  const found: string[] = []
  if (!has('SLACK_SIGNING_SECRET') && !has('SLACK_APP_TOKEN')) {
    found.push(
      'SLACK_SIGNING_SECRET is not set: copy it from "Basic Information" of your Slack app, or set SLACK_APP_TOKEN (xapp-…) for Socket Mode',
    )
  }
  for (const [name, other] of [
    ['ALERTMANAGER_USERNAME', 'ALERTMANAGER_PASSWORD'],
    ['ALERTMANAGER_PASSWORD', 'ALERTMANAGER_USERNAME'],
  ] as const) {
    if (has(other) && !has(name)) found.push(`${name} is not set: it goes together with ${other}`)
  }
  if (has('ALERTMANAGER_TOKEN') && has('ALERTMANAGER_USERNAME')) {
    found.push('ALERTMANAGER_TOKEN and ALERTMANAGER_USERNAME exclude each other: leave one')
  }
  if (has('CLUSTERS')) {
    found.push(
      ...clusterNames
        .filter(has)
        .map(
          (name) =>
            `${name} and CLUSTERS exclude each other: put it into CLUSTERS, or leave that out`,
        ),
    )
  } else if (!has('ALERTMANAGER_URL') && actions.includes('silence')) {
    found.push(
      "ALERTMANAGER_URL is not set, and ACTIONS has silence: give the base of Alertmanager's API, such as http://alertmanager.monitoring.svc:9093",
    )
  }
  return found
}

function configOf(settings: Settings): Config {
  const cluster = settings.CLUSTERS?.[0]
  const kubernetes = cluster?.kubernetes
  const alertmanager: Config['alertmanager'] = cluster
    ? { urls: [], ...cluster.alertmanager }
    : {
        urls: settings.ALERTMANAGER_URL,
        publicUrl: settings.ALERTMANAGER_PUBLIC_URL,
        token: settings.ALERTMANAGER_TOKEN,
        username: settings.ALERTMANAGER_USERNAME,
        password: settings.ALERTMANAGER_PASSWORD,
      }
  return {
    host: settings.HOST,
    port: settings.PORT,
    clusterName: cluster?.name ?? settings.CLUSTER_NAME,
    kubeconfig: settings.KUBECONFIG,
    kubeContext: kubernetes && 'context' in kubernetes ? kubernetes.context : settings.KUBE_CONTEXT,
    kubernetes: kubernetes && 'url' in kubernetes ? kubernetes : undefined,
    alertmanager: { ...alertmanager, publicUrl: alertmanager.publicUrl ?? alertmanager.urls[0] },
    prometheusUrl: settings.PROMETHEUS_URL,
    webhookToken: settings.WEBHOOK_TOKEN,
    slack: {
      botToken: settings.SLACK_BOT_TOKEN,
      signingSecret: settings.SLACK_SIGNING_SECRET,
      appToken: settings.SLACK_APP_TOKEN,
      channel: settings.SLACK_CHANNEL,
      routes: settings.SLACK_ROUTES,
      apiUrl: `${settings.SLACK_API_URL}/`,
    },
    actions: settings.ACTIONS,
    allowedUsers: settings.ALLOWED_USERS,
    allowedUsergroups: settings.ALLOWED_USERGROUPS,
    databaseUrl: settings.DATABASE_URL,
    reconcileInterval: settings.RECONCILE_INTERVAL,
    retentionDays: settings.RETENTION_DAYS,
    logLevel: settings.LOG_LEVEL,
  }
}

/** What works, but hardly as it was meant. */
function warningsOn(config: Config): string[] {
  const found: string[] = []
  if (config.alertmanager.urls.length === 0) {
    found.push(
      'ALERTMANAGER_URL is not set: only webhooks say that an alert has ended, and one that ends while it is silenced is never told of',
    )
  }
  if (
    config.actions.length > 0 &&
    config.allowedUsers.length === 0 &&
    config.allowedUsergroups.length === 0
  ) {
    found.push(
      'ACTIONS is set, but neither ALLOWED_USERS nor ALLOWED_USERGROUPS: nobody may press the buttons',
    )
  }
  if (config.webhookToken.length < 16)
    found.push('WEBHOOK_TOKEN is shorter than 16 characters: it can be guessed')
  if (!config.slack.botToken.includes('xoxb-'))
    found.push('SLACK_BOT_TOKEN does not begin with xoxb-: Slack may refuse it')
  if (config.slack.appToken !== undefined && !config.slack.appToken.startsWith('xapp-')) {
    found.push('SLACK_APP_TOKEN does not begin with xapp-: Slack may refuse it')
  }
  return found
}
/** The first route whose labels all equal the alert's; else the default channel. */
export function routeOf(
  config: Config,
  labels: Readonly<Record<string, string>>,
): { readonly channel: string; readonly mention?: string } {
  const route = config.slack.routes.find(({ match }) =>
    Object.entries(match).every(([name, value]) => labels[name] === value),
  )
  return route ?? { channel: config.slack.channel }
}
