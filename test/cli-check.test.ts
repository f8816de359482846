import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type LocalAlertmanager,
  startAlertmanager,
} from '../simulator/alertmanager/start-alertmanager.ts'
import { type SimulatedCluster, startCluster } from '../simulator/cluster/start-cluster.ts'
import { DEFAULTS } from '../simulator/slack/options.ts'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { check, checkStatus, checkText } from '../src/cli/check.ts'
import type { Check } from '../src/cli/check-result.ts'
import { apiServerOf } from '../src/kubernetes/api-server.ts'

const directory = mkdtempSync(join(tmpdir(), 'check-'))
let slack: Slack
let alertmanager: LocalAlertmanager
let cluster: SimulatedCluster

beforeAll(async () => {
  slack = await startSlack()
  alertmanager = await startAlertmanager({ webhookUrl: 'http://127.0.0.1:9/none' })
  cluster = await startCluster([])
})
afterAll(async () => {
  await Promise.all([slack.stop(), alertmanager.stop(), cluster.stop()])
  rmSync(directory, { recursive: true, force: true })
})

interface Change {
  readonly env?: Readonly<Record<string, string>>
  readonly slack?: Slack
  readonly cluster?: { readonly url: string; readonly token: string }
}

function checks(change: Change = {}): Promise<Check[]> {
  const { url, token } = change.cluster ?? cluster
  return check({
    env: {
      WEBHOOK_TOKEN: 'a-long-webhook-token',
      SLACK_BOT_TOKEN: DEFAULTS.botToken,
      SLACK_SIGNING_SECRET: DEFAULTS.signingSecret,
      SLACK_CHANNEL: DEFAULTS.channels[0]?.id ?? '',
      SLACK_API_URL: (change.slack ?? slack).apiUrl,
      ALERTMANAGER_URL: alertmanager.url,
      DATABASE_URL: `sqlite:${join(directory, 'check.db')}`,
      ACTIONS: 'silence,patch',
      ALLOWED_USERS: 'U1',
      ...change.env,
    },
    readFile: () => '',
    fetch,
    target: async () => apiServerOf({ url, token }),
  })
}
const lacking = (all: readonly Check[]): Check[] => all.filter(({ state }) => state === 'missing')
const about = (all: readonly Check[], what: RegExp): Check[] =>
  all.filter((one) => what.test(one.what))

test('with all in place nothing is missing, and everything was tried', async () => {
  const all = await checks()
  expect(lacking(all)).toEqual([])
  expect(checkStatus(all)).toBe(0)
  for (const what of [
    /^configuration/,
    /^store/,
    /^Slack$/,
    /scope chat:write/,
    /^Slack channel/,
    /^Alertmanager http/,
    /^Kubernetes http/,
  ]) {
    expect(about(all, what).map(({ state }) => state)).toEqual(['good'])
  }
  const rights = about(all, /^Kubernetes (list|patch)/).map(({ what }) =>
    what.replace('Kubernetes ', ''),
  )
  expect(rights.sort()).toEqual([
    'list controllerrevisions',
    'list daemonsets',
    'list events',
    'list leases in kube-node-lease',
    'list leases in kube-system',
    'list namespaces',
    'list nodes',
    'list poddisruptionbudgets',
    'list pods',
    'patch daemonsets',
  ])
  expect(checkText(all, { width: 100, color: false }).at(-1)).toBe('Nothing is missing.')
})

test('an incomplete configuration is told whole, and nothing else is tried', async () => {
  const all = await checks({ env: { WEBHOOK_TOKEN: '', SLACK_CHANNEL: '#x' } })
  expect(all.map(({ what, state }) => [what, state])).toEqual([
    ['configuration', 'missing'],
    ['configuration', 'missing'],
  ])
  expect(checkStatus(all)).toBe(1)
  expect(checkText(all, { width: 100, color: false }).join('\n')).toMatch(
    /MISSING configuration: WEBHOOK_TOKEN is not set.*\n.*SLACK_CHANNEL is not a channel id/,
  )
})

test('a store that cannot be written', async () => {
  const [missing, ...more] = lacking(
    await checks({ env: { DATABASE_URL: `sqlite:${join(directory, 'none', 'x.db')}` } }),
  )
  expect(more).toEqual([])
  expect(missing?.what).toMatch(/^store sqlite:/)
  expect(missing?.seen).toMatch(/set DATABASE_URL/)
})

describe('Slack', () => {
  test('a wrong token', async () => {
    const [missing] = lacking(await checks({ env: { SLACK_BOT_TOKEN: 'xoxb-wrong' } }))
    expect(missing).toMatchObject({
      what: 'Slack',
      seen: 'auth.test: invalid_auth',
      fix: expect.stringContaining('SLACK_BOT_TOKEN'),
    })
  })
  test('no answer, and an answer that is not its own', async () => {
    const [silent] = lacking(await checks({ env: { SLACK_API_URL: 'http://127.0.0.1:9/api' } }))
    expect(silent).toMatchObject({
      what: 'Slack',
      seen: expect.stringMatching(/no answer/),
      fix: expect.stringContaining('HTTPS_PROXY'),
    })
    const [other] = lacking(await checks({ env: { SLACK_API_URL: alertmanager.url } }))
    expect(other?.seen).toMatch(/not Slack's/)
  })
  test('a channel that is not there, and one that the bot was not invited to', async () => {
    const strict = await startSlack({
      channels: [{ id: 'C0000000001', name: 'alerts', isMember: false }],
    })
    const all = await checks({
      slack: strict,
      env: { SLACK_CHANNEL: 'C0000000001', SLACK_ROUTES: '[{"match":{},"channel":"C0000000002"}]' },
    })
    expect(lacking(all)).toMatchObject([
      {
        what: 'Slack channel C0000000001',
        seen: 'the bot is not in #alerts',
        fix: expect.stringContaining('/invite'),
      },
      { what: 'Slack channel C0000000002', seen: 'conversations.info: channel_not_found' },
    ])
    await strict.stop()
  })
  test('scopes: without chat:write nothing works, without channels:read only the look is missing', async () => {
    const poor = await startSlack({ scopes: ['users:read'] })
    const all = await checks({ slack: poor, env: { ALLOWED_USERGROUPS: 'S1' } })
    expect(about(all, /scope chat:write/)[0]?.state).toBe('missing')
    expect(about(all, /^Slack channel/)[0]).toMatchObject({
      state: 'unknown',
      seen: expect.stringContaining('channels:read'),
    })
    expect(about(all, /user group/)[0]).toMatchObject({
      state: 'missing',
      fix: expect.stringContaining('usergroups:read'),
    })
    await poor.stop()
  })
  test('Socket Mode needs its own token', async () => {
    expect(
      about(await checks({ env: { SLACK_APP_TOKEN: DEFAULTS.appToken } }), /Socket Mode/)[0]?.state,
    ).toBe('good')
    expect(
      about(await checks({ env: { SLACK_APP_TOKEN: 'xapp-wrong' } }), /Socket Mode/)[0],
    ).toMatchObject({
      state: 'missing',
      fix: expect.stringContaining('connections:write'),
    })
  })
})

test('an Alertmanager and a Prometheus that do not answer', async () => {
  const all = lacking(
    await checks({
      env: {
        ALERTMANAGER_URL: `${alertmanager.url},http://127.0.0.1:9`,
        PROMETHEUS_URL: 'http://127.0.0.1:9',
      },
    }),
  )
  expect(all).toMatchObject([
    { what: 'Alertmanager http://127.0.0.1:9', fix: expect.stringContaining('ALERTMANAGER_URL') },
    { what: 'Prometheus http://127.0.0.1:9', fix: expect.stringContaining('PROMETHEUS_URL') },
  ])
})

describe('Kubernetes', () => {
  test('an API server that is not there', async () => {
    const all = await checks({ cluster: { url: 'http://127.0.0.1:9', token: 'x' } })
    expect(lacking(all)).toMatchObject([
      { what: 'Kubernetes', fix: expect.stringContaining('KUBECONFIG') },
    ])
  })
  test('rights: no count without nodes, less to say without events, no button without its own', async () => {
    const rights = [{ verbs: ['get', 'list'], resources: ['daemonsets', 'pods', 'namespaces'] }]
    const narrow = await startCluster([], { rights })
    const all = await checks({ cluster: narrow })
    expect(about(all, /list nodes$/)[0]?.state).toBe('missing')
    expect(about(all, /list events$/)[0]?.state).toBe('unknown')
    expect(about(all, /list pods$/)[0]?.state).toBe('good')
    expect(about(all, /patch daemonsets$/)[0]).toMatchObject({
      state: 'missing',
      fix: 'deploy/kubernetes/write.yaml gives it, or take patch out of ACTIONS',
    })
    expect(about(await checks({ cluster: narrow, env: { ACTIONS: 'silence' } }), /patch/)).toEqual(
      [],
    )
    await narrow.stop()
  })
})
