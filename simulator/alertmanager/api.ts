import { Hono } from 'hono'
import { type Alert, isResolved, type PrometheusAlert } from './alert.ts'
import { ApiError, readAlerts, readBody, readFilter, readFlag } from './api-requests.ts'
import { compileRegex, type Matcher, matchesAll } from './matchers.ts'
import type { Silences } from './silences.ts'

/** What the API reads and changes. */
export interface ApiOptions {
  readonly silences: Silences
  readonly alerts: () => readonly Alert[]
  readonly receive: (alerts: readonly PrometheusAlert[]) => void
  readonly receiverName: string
  /** Milliseconds since 1970. */
  readonly startedAt: () => number
  /** Bearer token that every request must carry. Absent: no authentication. */
  readonly token?: string | undefined
}

/** The endpoints of Alertmanager's `/api/v2` that clients of this project use. */
export function alertmanagerApi(options: ApiOptions): Hono {
  const { silences, receiverName, token } = options
  const app = new Hono()
  app.use(async (c, next) => {
    if (token !== undefined && c.req.header('authorization') !== `Bearer ${token}`)
      return c.text('Unauthorized', 401)
    await next()
  })
  app.get('/', (c) => c.text(overview(options)))
  app.get('/-/healthy', (c) => c.text('OK'))
  app.get('/-/ready', (c) => c.text('OK'))
  app.get('/api/v2/status', (c) => c.json(statusOf(options.startedAt())))
  app.get('/api/v2/receivers', (c) => c.json([{ name: receiverName }]))
  app.get('/api/v2/alerts', (c) => {
    const receiver = compileRegex(c.req.query('receiver') ?? '.*')
    if (!receiver)
      throw new ApiError(400, `failed to parse receiver param: ${c.req.query('receiver')}`)
    return c.json(
      receiver.test(receiverName)
        ? firingAlerts(options, readFilter(c.req.queries('filter')), (name) =>
            readFlag(c.req.query(name), name),
          )
        : [],
    )
  })
  app.post('/api/v2/alerts', async (c) => {
    options.receive(readAlerts(await readBody(c.req.raw)))
    return c.body(null, 200)
  })
  app.get('/api/v2/silences', (c) => c.json(silences.list(readFilter(c.req.queries('filter')))))
  app.post('/api/v2/silences', async (c) =>
    c.json({ silenceID: silences.set(await readBody(c.req.raw)) }),
  )
  app.get('/api/v2/silence/:id', (c) => c.json(silences.get(c.req.param('id'))))
  app.delete('/api/v2/silence/:id', (c) => {
    silences.expire(c.req.param('id'))
    return c.body(null, 200)
  })
  app.notFound((c) => c.json({ code: 404, message: `path ${c.req.path} was not found` }, 404))
  app.onError((error, c) => {
    const apiError = error instanceof ApiError ? error : new ApiError(500, error.message)
    return c.json(apiError.body(), apiError.status)
  })
  return app
}

/** There is no web UI. Links from the messages lead to this text page. */
function overview({ alerts, silences }: ApiOptions): string {
  const firing = alerts().map(
    ({ labels }) =>
      `  ${labels.namespace}/${labels.daemonset}${silences.silencedBy(labels).length > 0 ? ', silenced' : ''}`,
  )
  const listed = silences
    .list([])
    .map(
      ({ status, matchers, createdBy, endsAt }) =>
        `  ${status.state}, until ${endsAt}, by ${createdBy}: ${matchers.map(formatMatcher).join(', ')}`,
    )
  return ['Firing alerts:', ...firing, '', 'Silences:', ...listed, ''].join('\n')
}

const formatMatcher = ({ name, value, isRegex, isEqual }: Matcher) =>
  `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}"${value}"`

/** Firing alerts, ordered by fingerprint. There are no inhibition rules. */
function firingAlerts(
  { alerts, silences, receiverName }: ApiOptions,
  filter: readonly Matcher[],
  flag: (name: string) => boolean,
): unknown[] {
  const [active, silenced] = [flag('active'), flag('silenced')]
  // Read only to reject an invalid value, as Alertmanager does.
  flag('inhibited')
  return alerts()
    .filter((alert) => !isResolved(alert, Date.now()) && matchesAll(filter, alert.labels))
    .map((alert) => ({ alert, silencedBy: silences.silencedBy(alert.labels) }))
    .filter(({ silencedBy }) => (silencedBy.length > 0 ? silenced : active))
    .sort((a, b) => a.alert.fingerprint.localeCompare(b.alert.fingerprint))
    .map(({ alert, silencedBy }) => ({
      annotations: alert.annotations,
      endsAt: new Date(alert.endsAt).toISOString(),
      fingerprint: alert.fingerprint,
      receivers: [{ name: receiverName }],
      startsAt: new Date(alert.startsAt).toISOString(),
      status: {
        inhibitedBy: [],
        mutedBy: [],
        silencedBy,
        state: silencedBy.length > 0 ? 'suppressed' : 'active',
      },
      updatedAt: new Date(alert.updatedAt).toISOString(),
      generatorURL: alert.generatorURL,
      labels: alert.labels,
    }))
}

const statusOf = (startedAt: number) => ({
  cluster: { peers: [], status: 'disabled' },
  config: { original: '' },
  uptime: new Date(startedAt).toISOString(),
  versionInfo: {
    branch: 'HEAD',
    buildDate: '',
    buildUser: '',
    goVersion: '',
    revision: '',
    version: '0.34.0',
  },
})
