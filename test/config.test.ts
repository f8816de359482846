import { describe, expect, test } from 'vitest'
import { type Config, readConfig } from '../src/config/config.ts'
import type { Environment } from '../src/config/environment.ts'

const enough: Environment = {
  WEBHOOK_TOKEN: '0123456789abcdef0123',
  SLACK_BOT_TOKEN: 'xoxb-1-2-abc',
  SLACK_CHANNEL: 'C0123456789',
  SLACK_SIGNING_SECRET: '8f742231b10e8888abcd99yyyzzz85a5',
  ALERTMANAGER_URL: 'http://alertmanager:9093',
}

const files: Record<string, string> = { '/run/token': 'from-a-file-0123456\n', '/run/empty': '\n' }
function readFile(path: string): string {
  const content = files[path]
  if (content === undefined) throw new Error('ENOENT: no such file or directory')
  return content
}

function configFrom(env: Environment): Config {
  const result = readConfig(env, readFile)
  if (!result.ok) throw new Error(result.why.join('\n'))
  return result.value.config
}
function errorsOf(env: Environment): readonly string[] {
  const result = readConfig(env, readFile)
  return result.ok ? [] : result.why
}
const warningsOf = (env: Environment): readonly string[] => {
  const result = readConfig(env, readFile)
  return result.ok ? result.value.warnings : []
}

describe('the required variables', () => {
  test('four variables are enough; the others have defaults', () => {
    const { ALERTMANAGER_URL: _, ...four } = enough
    expect(configFrom(four)).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      clusterName: '',
      alertmanager: { urls: [] },
      slack: { channel: 'C0123456789', routes: [], apiUrl: 'https://slack.com/api/' },
      actions: [],
      allowedUsers: [],
      allowedUsergroups: [],
      databaseUrl: 'sqlite:daemonset-triage.db',
      reconcileInterval: 60,
      retentionDays: 90,
      logLevel: 'info',
    })
  })
  test('an empty environment: all four are named, each with what to set', () => {
    const errors = errorsOf({})
    expect(errors.map((error) => error.split(' ')[0])).toEqual([
      'WEBHOOK_TOKEN',
      'SLACK_BOT_TOKEN',
      'SLACK_CHANNEL',
      'SLACK_SIGNING_SECRET',
    ])
    expect(errors[0]).toMatch(/is not set\. .*openssl rand/)
    expect(errors[3]).toMatch(/set SLACK_APP_TOKEN/)
  })
  test('an empty value counts as not set', () => {
    expect(errorsOf({ ...enough, WEBHOOK_TOKEN: '  ' })[0]).toMatch(/^WEBHOOK_TOKEN is not set/)
    expect(configFrom({ ...enough, PORT: '' }).port).toBe(8080)
  })
  test('Socket Mode needs no signing secret', () => {
    expect(
      configFrom({ ...enough, SLACK_SIGNING_SECRET: undefined, SLACK_APP_TOKEN: 'xapp-1' }).slack,
    ).toMatchObject({
      appToken: 'xapp-1',
    })
  })
})

describe('wrong values', () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['PORT', '70000', /^PORT is "70000"\. Use a port/],
    ['PORT', '80.5', /^PORT is "80.5"/],
    ['RECONCILE_INTERVAL', 'soon', /^RECONCILE_INTERVAL is "soon"\. Use a number of seconds/],
    ['RECONCILE_INTERVAL', '0', /^RECONCILE_INTERVAL is "0"/],
    ['RETENTION_DAYS', '-1', /^RETENTION_DAYS is "-1"\. Use a number of days/],
    ['ALERTMANAGER_URL', 'alertmanager:9093', /^ALERTMANAGER_URL\[0\] must begin with http/],
    ['ALERTMANAGER_URL', 'http://a, no url', /^ALERTMANAGER_URL\[1\] is not a URL/],
    [
      'ALERTMANAGER_URL',
      'http://me:secret@a',
      /^ALERTMANAGER_URL\[0\] has a user name or password in it/,
    ],
    ['ALERTMANAGER_URL', 'http://a/api/v2', /^ALERTMANAGER_URL\[0\] ends with the path of the API/],
    ['PROMETHEUS_URL', 'http://a/?x=1', /^PROMETHEUS_URL has a query/],
    ['SLACK_CHANNEL', '#alerts', /^SLACK_CHANNEL is not a channel ID/],
    ['SLACK_BOT_TOKEN', 'xapp-1-A', /^SLACK_BOT_TOKEN is another kind of token/],
    ['SLACK_BOT_TOKEN', 'xoxp-1', /^SLACK_BOT_TOKEN is another kind of token/],
    ['SLACK_APP_TOKEN', 'xoxb-1', /^SLACK_APP_TOKEN is another kind of token/],
    ['WEBHOOK_TOKEN', 'two words', /^WEBHOOK_TOKEN has a space/],
    ['ACTIONS', 'silence,reboot', /^ACTIONS has "reboot"\. Use silence, recount, patch, delete/],
    ['ALLOWED_USERS', 'U1,@alice', /^ALLOWED_USERS has "@alice"/],
    ['ALLOWED_USERGROUPS', 'oncall', /^ALLOWED_USERGROUPS has "oncall"/],
    ['SLACK_ROUTES', '{', /^SLACK_ROUTES is not JSON/],
    [
      'SLACK_ROUTES',
      '[{"match":{"team":"a"},"channel":"alerts"}]',
      /^SLACK_ROUTES\[0\]\.channel is not a channel ID/,
    ],
    [
      'SLACK_ROUTES',
      '[{"match":{"team":1},"channel":"C1"}]',
      /^SLACK_ROUTES\[0\]\.match\.team: .*expected string/,
    ],
    [
      'SLACK_ROUTES',
      '[{"match":{},"channel":"C1","mentions":"x"}]',
      /^SLACK_ROUTES\[0\]: .*mentions/,
    ],
    [
      'DATABASE_URL',
      'postgres://a@b/c',
      /^DATABASE_URL is a PostgreSQL address, which is not supported/,
    ],
    ['DATABASE_URL', 'data.db', /^DATABASE_URL must be sqlite:FILE/],
    ['USER_MAP', '{}', /^USER_MAP is not supported/],
    ['LOG_LEVEL', 'loud', /^LOG_LEVEL must be trace/],
    ['ALERTMANAGER_USERNAME', 'me', /^ALERTMANAGER_PASSWORD is not set/],
  ]
  test.each(wrong)('%s=%s is one error', (name, value, message) => {
    const errors = errorsOf({ ...enough, [name]: value })
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(message)
  })
  test('all errors are listed at once, also those between two variables', () => {
    const errors = errorsOf({
      PORT: 'x',
      ALERTMANAGER_TOKEN: 'a',
      ALERTMANAGER_USERNAME: 'b',
      ALERTMANAGER_PASSWORD: 'c',
      LOG_LEVEL: 'x',
    })
    expect(errors.map((error) => error.split(' ')[0]).sort()).toEqual([
      'ALERTMANAGER_TOKEN',
      'LOG_LEVEL',
      'PORT',
      'SLACK_BOT_TOKEN',
      'SLACK_CHANNEL',
      'SLACK_SIGNING_SECRET',
      'WEBHOOK_TOKEN',
    ])
  })
  test('the silence button needs ALERTMANAGER_URL', () => {
    expect(errorsOf({ ...enough, ALERTMANAGER_URL: '', ACTIONS: 'silence' })[0]).toMatch(
      /^ALERTMANAGER_URL is not set, but ACTIONS has silence/,
    )
  })
  test('no error repeats a secret', () => {
    const errors = errorsOf({
      WEBHOOK_TOKEN: 'hush hush',
      SLACK_BOT_TOKEN: 'xapp-hush',
      SLACK_SIGNING_SECRET: 'hush\nhush',
      SLACK_APP_TOKEN: 'xoxb-hush',
      ALERTMANAGER_TOKEN: 'hush hush',
      DATABASE_URL: 'postgres://u:hush@h/d',
      CLUSTERS: '[{"name":"a","kubernetes":{"url":"x","token":"hush hush"}',
    })
    expect(errors.length).toBeGreaterThanOrEqual(7)
    expect(errors.join('\n')).not.toContain('hush')
  })
})

describe('formats', () => {
  test('several Alertmanagers: trailing slashes are removed, links use the first by default', () => {
    const several = { ...enough, ALERTMANAGER_URL: 'http://a:9093/, http://b/am/' }
    expect(configFrom(several).alertmanager).toMatchObject({
      urls: ['http://a:9093', 'http://b/am'],
      publicUrl: 'http://a:9093',
    })
    expect(
      configFrom({ ...several, ALERTMANAGER_PUBLIC_URL: 'https://am.example.com/' }).alertmanager
        .publicUrl,
    ).toBe('https://am.example.com')
  })
  test('lists, routes and the address of Slack', () => {
    const config = configFrom({
      ...enough,
      ACTIONS: 'patch, silence,patch',
      ALLOWED_USERS: 'U1, W2',
      ALLOWED_USERGROUPS: 'S1',
      SLACK_API_URL: 'http://127.0.0.1:1/api',
      SLACK_ROUTES: '[{"match":{"team":"data"},"channel":"C2","mention":"<!subteam^S1>"}]',
      RECONCILE_INTERVAL: '1.5',
      PORT: '0',
    })
    expect(config.actions).toEqual(['patch', 'silence'])
    expect(config.allowedUsers).toEqual(['U1', 'W2'])
    expect(config.allowedUsergroups).toEqual(['S1'])
    expect(config.slack.apiUrl).toBe('http://127.0.0.1:1/api/')
    expect(config.slack.routes).toEqual([
      { match: { team: 'data' }, channel: 'C2', mention: '<!subteam^S1>' },
    ])
    expect(config.reconcileInterval).toBe(1.5)
    expect(config.port).toBe(0)
  })
  test('CLUSTERS sets one cluster by address and token', () => {
    const clusters = JSON.stringify([
      {
        name: 'prod',
        kubernetes: { url: 'https://k:6443/', token: 't', ca: 'PEM' },
        alertmanager: { url: 'http://a', token: 'x' },
      },
    ])
    const config = configFrom({ ...enough, ALERTMANAGER_URL: undefined, CLUSTERS: clusters })
    expect(config.clusterName).toBe('prod')
    expect(config.kubernetes).toEqual({ url: 'https://k:6443', token: 't', ca: 'PEM' })
    expect(config.alertmanager).toEqual({ urls: ['http://a'], token: 'x', publicUrl: 'http://a' })
  })
  test('CLUSTERS accepts one cluster, and not the variables that it replaces', () => {
    const one = { name: 'a', kubernetes: { context: 'a' } }
    expect(errorsOf({ ...enough, CLUSTERS: JSON.stringify([one, one]), KUBECONFIG: '/k' })).toEqual(
      [
        'CLUSTERS has several clusters, which is not supported. Run one bot for each',
        'KUBECONFIG and CLUSTERS are both set. Move KUBECONFIG into CLUSTERS',
        'ALERTMANAGER_URL and CLUSTERS are both set. Move ALERTMANAGER_URL into CLUSTERS',
      ],
    )
  })
})

describe('secrets in files', () => {
  test('NAME_FILE is read and trimmed', () => {
    expect(
      configFrom({ ...enough, WEBHOOK_TOKEN: undefined, WEBHOOK_TOKEN_FILE: '/run/token' })
        .webhookToken,
    ).toBe('from-a-file-0123456')
  })
  test('both set, an unreadable file and an empty file are one error each', () => {
    expect(errorsOf({ ...enough, WEBHOOK_TOKEN_FILE: '/run/token' })).toEqual([
      'WEBHOOK_TOKEN and WEBHOOK_TOKEN_FILE are both set. Remove one',
    ])
    expect(
      errorsOf({
        ...enough,
        SLACK_SIGNING_SECRET: undefined,
        SLACK_SIGNING_SECRET_FILE: '/run/none',
      }),
    ).toEqual([
      'SLACK_SIGNING_SECRET_FILE is /run/none, which could not be read: ENOENT: no such file or directory',
    ])
    expect(
      errorsOf({ ...enough, WEBHOOK_TOKEN: undefined, WEBHOOK_TOKEN_FILE: '/run/empty' }),
    ).toEqual(['WEBHOOK_TOKEN_FILE is /run/empty, which is empty. Write the secret into it'])
  })
  test('without files, NAME_FILE is an error', () => {
    const result = readConfig({
      ...enough,
      WEBHOOK_TOKEN: undefined,
      WEBHOOK_TOKEN_FILE: '/run/token',
    })
    expect(result).toEqual({
      ok: false,
      why: ['WEBHOOK_TOKEN_FILE is not supported on Workers. Set the variable itself, as a secret'],
    })
  })
})

describe('warnings', () => {
  test('a good configuration has none', () =>
    expect(warningsOf({ ...enough, ACTIONS: 'silence', ALLOWED_USERS: 'U1' })).toEqual([]))
  test('no Alertmanager, nobody allowed, a short token, an unknown kind of token', () => {
    const warnings = warningsOf({
      ...enough,
      ALERTMANAGER_URL: '',
      ACTIONS: 'patch',
      WEBHOOK_TOKEN: 'short',
      SLACK_BOT_TOKEN: 'token',
    })
    expect(warnings.map((warning) => warning.split(' ')[0])).toEqual([
      'ALERTMANAGER_URL',
      'ACTIONS',
      'WEBHOOK_TOKEN',
      'SLACK_BOT_TOKEN',
    ])
  })
})
