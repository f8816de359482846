import type * as z from 'zod'
import { type Result, refusal, success } from '../words/result.ts'
import { type Environment, type ReadFile, readVariables } from './environment.ts'
import { type ActionName, clusterNames, commaSeparated, Settings, secretNames } from './settings.ts'

export type { ActionName } from './settings.ts'

/** A rule of SLACK_ROUTES. */
export interface Route {
  /** Labels that the alert must have. */
  readonly match: Readonly<Record<string, string>>
  /** Slack channel ID. */
  readonly channel: string
  /** Whom to mention in the first message and when the incident gets worse, in Slack's syntax. */
  readonly mention?: string
}

/** Of Alertmanager's API: a bearer token, or a user name and a password, or none. */
export interface Credentials {
  readonly token?: string
  readonly username?: string
  readonly password?: string
}

/** The settings of the bot, from the environment. */
export interface Config {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** Empty if CLUSTER_NAME is not set: then alerts with any `cluster` label are for this bot. */
  readonly clusterName: string
  readonly kubeconfig?: string
  readonly kubeContext?: string
  /** From CLUSTERS. Needs no file, so it is the only way on Workers. `ca` is PEM or its base64. */
  readonly kubernetes?: { readonly url: string; readonly token: string; readonly ca?: string }
  readonly alertmanager: Credentials & {
    /**
     * Base URLs without a trailing slash. An alert fires if it fires in one, and is absent if it is
     * absent in all. Empty: Alertmanager is not polled.
     */
    readonly urls: readonly string[]
    /** Base URL of links, without a trailing slash; by default the first of `urls`. */
    readonly publicUrl?: string
  }
  /** Without a trailing slash. */
  readonly prometheusUrl?: string
  /** Where docs/causes is published, without a trailing slash. */
  readonly docsUrl?: string
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
  /** Closed incidents are deleted after so many days, with their actions and alerts. */
  readonly retentionDays: number
  readonly logLevel: Settings['LOG_LEVEL']
}

/** A valid configuration, and settings in it that are probably a mistake. */
export interface ReadConfig {
  readonly config: Config
  readonly warnings: readonly string[]
}

/**
 * Reads the configuration from the environment. Secrets may also be in the file that NAME_FILE
 * names. The refusal has every error at once; each begins with the variable, says what to set, and
 * repeats no secret. `readFile` is undefined on Workers.
 */
export function readConfig(
  env: Environment,
  readFile?: ReadFile,
): Result<ReadConfig, readonly string[]> {
  const names = Object.keys(Settings.shape)
  const { values, errors, unread } = readVariables(env, { names, secrets: secretNames }, readFile)
  const settings = Settings.safeParse(values)
  const invalid = (settings.error?.issues ?? [])
    .filter((issue) => !unread.includes(String(issue.path[0])))
    .map(errorText)
  const isSet = (name: string) => values[name] !== undefined || unread.includes(name)
  const all = [...errors, ...invalid, ...conflicts(isSet, commaSeparated(values.ACTIONS ?? ''))]
  if (all.length > 0 || !settings.success) return refusal([...new Set(all)])
  const config = configOf(settings.data)
  return success({ config, warnings: warningsOf(config) })
}

/** Every secret of the configuration, for the log to redact. */
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

/** The variable, the place in it, and the error: `SLACK_ROUTES[0].channel is not …`. */
function errorText(issue: z.core.$ZodIssue): string {
  const [name, ...path] = issue.path
  const place = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
  const isPredicate = /^(is|has|must|ends) /.test(issue.message)
  return `${String(name)}${place}${isPredicate ? '' : ':'} ${issue.message}`
}

/** Errors that no variable shows alone. */
function conflicts(isSet: (name: string) => boolean, actions: readonly string[]): string[] {
  const found: string[] = []
  if (!isSet('SLACK_SIGNING_SECRET') && !isSet('SLACK_APP_TOKEN')) {
    found.push(
      'SLACK_SIGNING_SECRET is not set. Copy it from "Basic Information" of your Slack app, or for Socket Mode set SLACK_APP_TOKEN (xapp-…) instead',
    )
  }
  for (const [name, other] of [
    ['ALERTMANAGER_USERNAME', 'ALERTMANAGER_PASSWORD'],
    ['ALERTMANAGER_PASSWORD', 'ALERTMANAGER_USERNAME'],
  ] as const) {
    if (isSet(other) && !isSet(name)) found.push(`${name} is not set, but ${other} is. Set both`)
  }
  if (isSet('ALERTMANAGER_TOKEN') && isSet('ALERTMANAGER_USERNAME')) {
    found.push('ALERTMANAGER_TOKEN and ALERTMANAGER_USERNAME are both set. Remove one')
  }
  if (isSet('CLUSTERS')) {
    const also = clusterNames.filter(isSet)
    found.push(
      ...also.map((name) => `${name} and CLUSTERS are both set. Move ${name} into CLUSTERS`),
    )
  } else if (!isSet('ALERTMANAGER_URL') && actions.includes('silence')) {
    found.push(
      'ALERTMANAGER_URL is not set, but ACTIONS has silence. Set it to the base URL of Alertmanager, such as http://alertmanager.monitoring.svc:9093',
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
    docsUrl: settings.DOCS_URL,
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

/** Settings that are valid, but probably a mistake. */
function warningsOf({
  alertmanager,
  actions,
  allowedUsers,
  allowedUsergroups,
  webhookToken,
  slack,
}: Config): string[] {
  const warnings: readonly (readonly [boolean, string])[] = [
    [
      alertmanager.urls.length === 0,
      'ALERTMANAGER_URL is not set: only webhooks report that an alert has ended, and Alertmanager sends none for an alert that ends while it is silenced',
    ],
    [
      actions.length > 0 && allowedUsers.length + allowedUsergroups.length === 0,
      'ACTIONS is set, but ALLOWED_USERS and ALLOWED_USERGROUPS are not: nobody may press the buttons',
    ],
    [
      webhookToken.length < 16,
      'WEBHOOK_TOKEN has fewer than 16 characters: it can be guessed. Make one with "openssl rand -hex 32"',
    ],
    [
      !slack.botToken.includes('xoxb-'),
      'SLACK_BOT_TOKEN does not begin with xoxb-: Slack may refuse it',
    ],
    [
      slack.appToken !== undefined && !slack.appToken.startsWith('xapp-'),
      'SLACK_APP_TOKEN does not begin with xapp-: Slack may refuse it',
    ],
  ]
  return warnings.filter(([applies]) => applies).map(([, text]) => text)
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
