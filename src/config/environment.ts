import * as z from 'zod'

/** A switch for each kind of button; none is on by default. */
export type ActionName = 'silence' | 'recount' | 'patch' | 'delete'
const actionNames: readonly string[] = [
  'silence',
  'recount',
  'patch',
  'delete',
] satisfies readonly ActionName[]
const isActionName = (word: string): word is ActionName => actionNames.includes(word)

/** Variables that may also be given as NAME_FILE, and whose values never appear in an error. */
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

/** What CLUSTERS replaces. */
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

export const commaSeparated = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const required = (what: string) => z.string({ error: `is not set: ${what}` })

/** Goes into a header as it is, so that a space or a line break in it can never be right. */
const secret = (schema: z.ZodType<string> = z.string()) =>
  schema.refine(
    (value) => /^[\x21-\x7e]+$/.test(value),
    'has a space, a line break or another character that no header carries: copy it again',
  )

const httpUrl = z.string().transform((value, context) => {
  const fault = URL.canParse(value)
    ? faultOf(new URL(value))
    : 'is not a URL, such as http://name.namespace.svc:9093'
  if (fault !== undefined) context.addIssue(fault)
  return value.replace(/\/+$/, '')
})

function faultOf(url: URL): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return 'must begin with http:// or https://'
  if (url.username !== '' || url.password !== '')
    return 'has a user name or password in it: give credentials in variables of their own'
  if (url.search !== '' || url.hash !== '') return 'has a query or a fragment: give the base alone'
  if (/\/api\/v[12]\/?$/.test(url.pathname))
    return 'ends with the path of the API itself: give the base before /api/'
  return undefined
}

const number = (what: string, low: number, high: number, whole: boolean) =>
  z.string().transform((value, context) => {
    const parsed = Number(value)
    const good = parsed >= low && parsed <= high && (!whole || Number.isInteger(parsed))
    if (!good) context.addIssue(`is ${JSON.stringify(value)}, not ${what}`)
    return parsed
  })

const channelId = z
  .string()
  .regex(
    /^[CGD][A-Z0-9]+$/,
    "is not a channel id, such as C0123456789: copy it from the foot of the channel's details in Slack",
  )

const ids = (pattern: RegExp, what: string) =>
  z.string().transform((value, context) => {
    const all = commaSeparated(value)
    for (const id of all)
      if (!pattern.test(id)) context.addIssue(`has ${JSON.stringify(id)}, which is not ${what}`)
    return all
  })

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((value, context) => {
      try {
        return JSON.parse(value) as unknown
      } catch {
        // The parser's own message would repeat a piece of the value, which may be secret.
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

/** Each variable alone: its form, its default, and what to set where it is wrong. */
export const Settings = z.object({
  HOST: z.string().default('0.0.0.0'),
  PORT: number('a port from 0 to 65535 (0 is any free one)', 0, 65535, true).default(8080),
  CLUSTER_NAME: z.string().default(''),
  KUBECONFIG: z.string().optional(),
  KUBE_CONTEXT: z.string().optional(),
  CLUSTERS: json(
    z
      .array(Cluster)
      .min(1, 'is an empty list')
      .max(1, 'has several clusters, which this version does not support: run one bot for each'),
  ).optional(),
  ALERTMANAGER_URL: urls.default([]),
  ALERTMANAGER_PUBLIC_URL: httpUrl.optional(),
  ALERTMANAGER_TOKEN: secret().optional(),
  ALERTMANAGER_USERNAME: z.string().optional(),
  ALERTMANAGER_PASSWORD: z.string().optional(),
  PROMETHEUS_URL: httpUrl.optional(),
  WEBHOOK_TOKEN: secret(
    required(
      'choose one, for instance with "openssl rand -hex 32", and give Alertmanager the same (http_config.authorization.credentials)',
    ),
  ),
  SLACK_BOT_TOKEN: secret(
    required(
      'copy the "Bot User OAuth Token" (xoxb-…) from "OAuth & Permissions" of your Slack app',
    ),
  ).refine(
    (value) => !/^(xapp-|xox[^b])/.test(value) || value.startsWith('xoxe.xoxb-'),
    "is a token of another kind: the bot's own begins with xoxb-",
  ),
  SLACK_SIGNING_SECRET: secret().optional(),
  SLACK_APP_TOKEN: secret()
    .refine(
      (value) => !value.startsWith('xox'),
      'is a token of another kind: an app-level token begins with xapp-',
    )
    .optional(),
  SLACK_CHANNEL: required('the id of the channel for messages, such as C0123456789').pipe(
    channelId,
  ),
  SLACK_ROUTES: json(z.array(Route)).default([]),
  SLACK_API_URL: httpUrl.default('https://slack.com/api'),
  ACTIONS: z
    .string()
    .transform((value, context) => {
      const words = commaSeparated(value)
      for (const word of words) {
        if (!isActionName(word))
          context.addIssue(`has ${JSON.stringify(word)}: it is a list of ${actionNames.join(', ')}`)
      }
      return [...new Set(words.filter(isActionName))]
    })
    .default([]),
  ALLOWED_USERS: ids(
    /^[UW][A-Z0-9]+$/,
    'a user id, such as U0123456789 ("Copy member ID" in a profile)',
  ).default([]),
  ALLOWED_USERGROUPS: ids(/^S[A-Z0-9]+$/, "a user group's id, such as S0123456789").default([]),
  DATABASE_URL: z
    .string()
    .refine(
      (value) => !/^postgres(ql)?:/.test(value),
      'is a PostgreSQL address, which this version does not support: use sqlite:FILE',
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
        'is not supported in this version: remove it, and list who may press in ALLOWED_USERS or ALLOWED_USERGROUPS',
    })
    .optional(),
})
export type Settings = z.output<typeof Settings>
