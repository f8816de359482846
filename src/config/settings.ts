import * as z from 'zod'

/** A kind of button that ACTIONS can enable; none is enabled by default. */
export type ActionName = 'silence' | 'recount' | 'patch' | 'delete'
const actionNames: readonly string[] = [
  'silence',
  'recount',
  'patch',
  'delete',
] satisfies readonly ActionName[]
const isActionName = (word: string): word is ActionName => actionNames.includes(word)

/** Variables that may also be given as NAME_FILE. No error repeats their values. */
export const secretNames = [
  'WEBHOOK_TOKEN',
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'ALERTMANAGER_TOKEN',
  'ALERTMANAGER_PASSWORD',
  'CLUSTERS',
  'DATABASE_URL',
] as const

/** Variables that CLUSTERS replaces. */
export const clusterNames = [
  'CLUSTER_NAME',
  'KUBECONFIG',
  'KUBE_CONTEXT',
  'ALERTMANAGER_URL',
  'ALERTMANAGER_PUBLIC_URL',
  'ALERTMANAGER_TOKEN',
  'ALERTMANAGER_USERNAME',
  'ALERTMANAGER_PASSWORD',
] as const

/** The items of `a, b,c`, trimmed; empty ones are dropped. */
export const commaSeparated = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const required = (fix: string) => z.string({ error: `is not set. ${fix}` })

/** Sent in an HTTP header, which takes printable ASCII only; a space separates words there. */
const secret = (schema: z.ZodType<string> = z.string()) =>
  schema.refine(
    (value) => /^[\x21-\x7e]+$/.test(value),
    'has a space, a line break or a character outside of ASCII, which an HTTP header cannot carry. Copy it again',
  )

const httpUrl = z.string().transform((value, context) => {
  const problem = URL.canParse(value)
    ? problemOf(new URL(value))
    : 'is not a URL. Use one such as http://name.namespace.svc:9093'
  if (problem !== undefined) context.addIssue(problem)
  return value.replace(/\/+$/, '')
})

function problemOf(url: URL): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return 'must begin with http:// or https://'
  if (url.username !== '' || url.password !== '')
    return 'has a user name or password in it. Set the variables for credentials instead'
  if (url.search !== '' || url.hash !== '') return 'has a query or a fragment. Remove it'
  if (/\/api\/v[12]\/?$/.test(url.pathname))
    return 'ends with the path of the API. Remove /api/ and what follows'
  return undefined
}

const number = (what: string, low: number, high: number, whole: boolean) =>
  z.string().transform((value, context) => {
    const parsed = Number(value)
    const good = parsed >= low && parsed <= high && (!whole || Number.isInteger(parsed))
    if (!good) context.addIssue(`is ${JSON.stringify(value)}. Use ${what}`)
    return parsed
  })

const channelId = z
  .string()
  .regex(
    /^[CGD][A-Z0-9]+$/,
    'is not a channel ID, such as C0123456789. Copy it from the bottom of the channel details in Slack',
  )

const ids = (pattern: RegExp, what: string) =>
  z.string().transform((value, context) => {
    const all = commaSeparated(value)
    for (const id of all)
      if (!pattern.test(id)) context.addIssue(`has ${JSON.stringify(id)}. Use ${what}`)
    return all
  })

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((value, context) => {
      try {
        return JSON.parse(value) as unknown
      } catch {
        // The parser's message repeats a part of the value, which may be secret.
        context.addIssue('is not JSON')
        return z.NEVER
      }
    })
    .pipe(schema)

const urls = z.string().transform(commaSeparated).pipe(z.array(httpUrl))

const Route = z.strictObject({
  match: z.record(z.string(), z.string()),
  channel: channelId,
  mention: z.string().min(1).optional(),
})

const Cluster = z.strictObject({
  name: z.string().min(1),
  kubernetes: z.union(
    [
      z.strictObject({ url: httpUrl, token: secret(), ca: z.string().optional() }),
      z.strictObject({ context: z.string().min(1) }),
    ],
    { error: 'must be {"url", "token", "ca"?} or {"context"}' },
  ),
  alertmanager: z
    .union(
      [
        urls.transform((all) => ({ urls: all })),
        z
          .strictObject({
            url: urls,
            publicUrl: httpUrl.optional(),
            token: secret().optional(),
            username: z.string().optional(),
            password: z.string().optional(),
          })
          .transform(({ url, ...rest }) => ({ urls: url, ...rest })),
      ],
      { error: 'must be a URL or {"url", "publicUrl"?, "token"?, "username"?, "password"?}' },
    )
    .optional(),
})

/** Every variable: its format, its default, and the error if it is wrong. */
export const Settings = z.object({
  HOST: z.string().default('0.0.0.0'),
  PORT: number('a port from 0 to 65535; 0 is any free one', 0, 65535, true).default(8080),
  CLUSTER_NAME: z.string().default(''),
  KUBECONFIG: z.string().optional(),
  KUBE_CONTEXT: z.string().optional(),
  CLUSTERS: json(
    z
      .array(Cluster)
      .min(1, 'is an empty list. Add one cluster')
      .max(1, 'has several clusters, which is not supported. Run one bot for each'),
  ).optional(),
  ALERTMANAGER_URL: urls.default([]),
  ALERTMANAGER_PUBLIC_URL: httpUrl.optional(),
  ALERTMANAGER_TOKEN: secret().optional(),
  ALERTMANAGER_USERNAME: z.string().optional(),
  ALERTMANAGER_PASSWORD: z.string().optional(),
  PROMETHEUS_URL: httpUrl.optional(),
  DOCS_URL: httpUrl.optional(),
  WEBHOOK_TOKEN: secret(
    required(
      'Make one with "openssl rand -hex 32" and set it in Alertmanager too (http_config.authorization.credentials)',
    ),
  ),
  SLACK_BOT_TOKEN: secret(
    required(
      'Copy the "Bot User OAuth Token" (xoxb-…) from "OAuth & Permissions" of your Slack app',
    ),
  ).refine(
    (value) => !/^(xapp-|xox[^b])/.test(value) || value.startsWith('xoxe.xoxb-'),
    'is another kind of token. Use the bot token, which begins with xoxb-',
  ),
  SLACK_SIGNING_SECRET: secret().optional(),
  SLACK_APP_TOKEN: secret()
    .refine(
      (value) => !value.startsWith('xox'),
      'is another kind of token. Use an app-level token, which begins with xapp-',
    )
    .optional(),
  SLACK_CHANNEL: required('Set it to the ID of the channel for messages, such as C0123456789').pipe(
    channelId,
  ),
  SLACK_ROUTES: json(z.array(Route)).default([]),
  SLACK_API_URL: httpUrl.default('https://slack.com/api'),
  ACTIONS: z
    .string()
    .transform((value, context) => {
      const names = commaSeparated(value)
      for (const name of names) {
        if (!isActionName(name))
          context.addIssue(`has ${JSON.stringify(name)}. Use ${actionNames.join(', ')}`)
      }
      return [...new Set(names.filter(isActionName))]
    })
    .default([]),
  ALLOWED_USERS: ids(
    /^[UW][A-Z0-9]+$/,
    'user IDs, such as U0123456789 ("Copy member ID" in the profile)',
  ).default([]),
  ALLOWED_USERGROUPS: ids(/^S[A-Z0-9]+$/, 'user group IDs, such as S0123456789').default([]),
  DATABASE_URL: z
    .string()
    .refine(
      (value) => !/^postgres(ql)?:/.test(value),
      'is a PostgreSQL address, which is not supported. Use sqlite:FILE',
    )
    .refine(
      (value) => /^(sqlite:.|postgres(ql)?:)/.test(value),
      'must be sqlite:FILE, such as sqlite:/data/daemonset-triage.db',
    )
    .default('sqlite:daemonset-triage.db'),
  RECONCILE_INTERVAL: number('a number of seconds from 1 to 3600', 1, 3600, false).default(60),
  RETENTION_DAYS: number('a number of days from 1 to 3650', 1, 3650, true).default(90),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
  USER_MAP: z
    .undefined({
      error:
        'is not supported. Remove it, and list who may press buttons in ALLOWED_USERS or ALLOWED_USERGROUPS',
    })
    .optional(),
})
/** The variables, parsed. */
export type Settings = z.output<typeof Settings>
