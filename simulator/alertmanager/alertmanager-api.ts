import { Hono } from 'hono'
import { errorMessage } from '../../src/words/error-message.ts'
import { type Alert, isResolved, type Sent } from './alert.ts'
import { ApiError } from './api-error.ts'
import { compiled, type Matcher, matchesAll, parseMatcher } from './matchers.ts'
import type { Silences } from './silences.ts'

export interface ApiOptions {
  readonly silences: Silences
  readonly alerts: () => readonly Alert[]
  readonly receive: (alerts: readonly Sent[]) => void
  readonly receiverName: string
  /** Milliseconds since 1970. */
  readonly startedAt: () => number
  /** Asked of every request; absent: nobody is asked. */
  readonly token?: string | undefined
}

/** The part of `/api/v2` that clients use. */
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
    const receiver = compiled(c.req.query('receiver') ?? '.*')
    if (!receiver)
      throw new ApiError(400, `failed to parse receiver param: ${c.req.query('receiver')}`)
    return c.json(
      receiver.test(receiverName)
        ? shownAlerts(options, filterOf(c.req.queries('filter')), (name) =>
            flag(c.req.query(name), name),
          )
        : [],
    )
  })
  app.post('/api/v2/alerts', async (c) => {
    options.receive(readAlerts(await bodyOf(c.req.raw)))
    return c.body(null, 200)
  })
  app.get('/api/v2/silences', (c) => c.json(silences.list(filterOf(c.req.queries('filter')))))
  app.post('/api/v2/silences', async (c) =>
    c.json({ silenceID: silences.set(await bodyOf(c.req.raw)) }),
  )
  app.get('/api/v2/silence/:id', (c) => c.json(silences.get(c.req.param('id'))))
  app.delete('/api/v2/silence/:id', (c) => {
    silences.expire(c.req.param('id'))
    return c.body(null, 200)
  })
  app.notFound((c) => c.json({ code: 404, message: `path ${c.req.path} was not found` }, 404))
  app.onError((error, c) => {
    const refused = error instanceof ApiError ? error : new ApiError(500, error.message)
    return c.json(refused.body(), refused.status)
  })
  return app
}

/** The stand-in has no user interface: links of the messages end here. */
function overview({ alerts, silences }: ApiOptions): string {
  const firing = alerts().map(
    ({ labels }) =>
      `  ${labels.namespace}/${labels.daemonset}${silences.silencing(labels).length > 0 ? ', silenced' : ''}`,
  )
  const lasting = silences
    .list([])
    .map(
      ({ status, matchers, createdBy, endsAt }) =>
        `  ${status.state}, until ${endsAt}, by ${createdBy}: ${matchers.map(matcherText).join(', ')}`,
    )
  return ['Firing alerts:', ...firing, '', 'Silences:', ...lasting, ''].join('\n')
}

const matcherText = ({ name, value, isRegex, isEqual }: Matcher) =>
  `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}"${value}"`

async function bodyOf(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';')[0] ?? ''
  if (type !== 'application/json')
    throw new ApiError(
      415,
      `unsupported media type "${type}", only [application/json] are allowed`,
      415,
    )
  try {
    return await request.json()
  } catch (error) {
    throw new ApiError(400, `parsing body failed: ${errorMessage(error)}`, 400)
  }
}

function filterOf(filters: readonly string[] = []): readonly Matcher[] {
  return filters.map((text) => {
    const matcher = parseMatcher(text)
    if (!matcher) throw new ApiError(400, `bad matcher format: ${text}`)
    return matcher
  })
}

function flag(value: string | undefined, name: string): boolean {
  if (value === undefined || value === 'true') return true
  if (value === 'false') return false
  throw new ApiError(422, `${name} in query must be of type boolean: ${JSON.stringify(value)}`, 601)
}

/** Alerts that fire now, by fingerprint. Nothing inhibits here, and every alert is processed at once. */
function shownAlerts(
  { alerts, silences, receiverName }: ApiOptions,
  filter: readonly Matcher[],
  wanted: (name: string) => boolean,
): unknown[] {
  const [active, silenced] = [wanted('active'), wanted('silenced')]
  wanted('inhibited')
  return alerts()
    .filter((alert) => !isResolved(alert, Date.now()) && matchesAll(filter, alert.labels))
    .map((alert) => ({ alert, silencedBy: silences.silencing(alert.labels) }))
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

function readAlerts(body: unknown): Sent[] {
  if (!Array.isArray(body)) throw new ApiError(422, 'alerts in body must be of type array', 601)
  return body.map((given: Partial<Record<keyof Sent, never>>) => {
    const startsAt = given.startsAt === undefined ? Date.now() : Date.parse(given.startsAt)
    const endsAt = given.endsAt === undefined ? Date.now() + 300_000 : Date.parse(given.endsAt)
    return {
      labels: given.labels ?? {},
      annotations: given.annotations ?? {},
      startsAt,
      endsAt,
      generatorURL: given.generatorURL ?? '',
    }
  })
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
