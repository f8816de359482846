import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type SimulatedAlertmanager,
  startAlertmanager,
} from '../simulator/alertmanager/start-alertmanager.ts'
import { type SimulatedCluster, startCluster } from '../simulator/cluster/start-cluster.ts'
import { DEFAULTS } from '../simulator/slack/options.ts'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { check } from '../src/cli/check.ts'
import { type Check, checkStatus, checkText } from '../src/cli/check-report.ts'
import { apiServerByToken } from '../src/kubernetes/api-server.ts'

const directory = mkdtempSync(join(tmpdir(), 'check-'))
let slack: Slack
let alertmanager: SimulatedAlertmanager
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
    apiServer: async () => apiServerByToken({ url, token }),
  })
}
const failed = (all: readonly Check[]): Check[] => all.filter(({ state }) => state === 'failed')
const about = (all: readonly Check[], what: RegExp): Check[] =>
  all.filter((one) => what.test(one.what))

test('with everything in place, every check runs and none fails', async () => {
  const all = await checks()
  expect(failed(all)).toEqual([])
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
    expect(about(all, what).map(({ state }) => state)).toEqual(['ok'])
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
  expect(checkText(all, { width: 100, color: false }).at(-1)).toBe('No check failed.')
})

test('an incomplete configuration: every error is listed, and nothing else is tested', async () => {
  const all = await checks({ env: { WEBHOOK_TOKEN: '', SLACK_CHANNEL: '#x' } })
  expect(all.map(({ what, state }) => [what, state])).toEqual([
    ['configuration', 'failed'],
    ['configuration', 'failed'],
  ])
  expect(checkStatus(all)).toBe(1)
  expect(checkText(all, { width: 100, color: false }).join('\n')).toMatch(
    /FAILED {2}configuration: WEBHOOK_TOKEN is not set.*\n.*SLACK_CHANNEL is not a channel ID/,
  )
})

test('a store that is not writable', async () => {
  const [missing, ...more] = failed(
    await checks({ env: { DATABASE_URL: `sqlite:${join(directory, 'none', 'x.db')}` } }),
  )
  expect(more).toEqual([])
  expect(missing?.what).toMatch(/^store sqlite:/)
  expect(missing?.result).toMatch(/Set DATABASE_URL/)
})

describe('Slack', () => {
  test('a wrong token', async () => {
    const [missing] = failed(await checks({ env: { SLACK_BOT_TOKEN: 'xoxb-wrong' } }))
    expect(missing).toMatchObject({
      what: 'Slack',
      result: 'auth.test: invalid_auth',
      fix: expect.stringContaining('SLACK_BOT_TOKEN'),
    })
  })
  test('no answer, and an answer that is not from Slack', async () => {
    const [silent] = failed(await checks({ env: { SLACK_API_URL: 'http://127.0.0.1:9/api' } }))
    expect(silent).toMatchObject({
      what: 'Slack',
      result: expect.stringMatching(/no answer/),
      fix: expect.stringContaining('NODE_USE_ENV_PROXY=1'),
    })
    const [other] = failed(await checks({ env: { SLACK_API_URL: alertmanager.url } }))
    expect(other?.result).toMatch(/not from Slack/)
  })
  test('a channel that does not exist, and one that the bot is not in', async () => {
    const strict = await startSlack({
      channels: [{ id: 'C0000000001', name: 'alerts', isMember: false }],
    })
    const all = await checks({
      slack: strict,
      env: { SLACK_CHANNEL: 'C0000000001', SLACK_ROUTES: '[{"match":{},"channel":"C0000000002"}]' },
    })
    expect(failed(all)).toMatchObject([
      {
        what: 'Slack channel C0000000001',
        result: 'the bot is not in #alerts',
        fix: expect.stringContaining('/invite'),
      },
      { what: 'Slack channel C0000000002', result: 'conversations.info: channel_not_found' },
    ])
    await strict.stop()
  })
  test('scopes: chat:write is required, channels:read only for the test of the channel', async () => {
    const poor = await startSlack({ scopes: ['users:read'] })
    const all = await checks({ slack: poor, env: { ALLOWED_USERGROUPS: 'S1' } })
    expect(about(all, /scope chat:write/)[0]?.state).toBe('failed')
    expect(about(all, /^Slack channel/)[0]).toMatchObject({
      state: 'warning',
      result: expect.stringContaining('channels:read'),
    })
    expect(about(all, /user group/)[0]).toMatchObject({
      state: 'failed',
      fix: expect.stringContaining('usergroups:read'),
    })
    await poor.stop()
  })
  test('Socket Mode needs its own token', async () => {
    expect(
      about(await checks({ env: { SLACK_APP_TOKEN: DEFAULTS.appToken } }), /Socket Mode/)[0]?.state,
    ).toBe('ok')
    expect(
      about(await checks({ env: { SLACK_APP_TOKEN: 'xapp-wrong' } }), /Socket Mode/)[0],
    ).toMatchObject({
      state: 'failed',
      fix: expect.stringContaining('connections:write'),
    })
  })
})

test('an Alertmanager and a Prometheus that do not answer', async () => {
  const all = failed(
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
  test('an API server that does not answer', async () => {
    const all = await checks({ cluster: { url: 'http://127.0.0.1:9', token: 'x' } })
    expect(failed(all)).toMatchObject([
      { what: 'Kubernetes', fix: expect.stringContaining('KUBECONFIG') },
    ])
  })
  test('permissions: nodes are required, events are not, a button needs its own', async () => {
    const rights = [{ verbs: ['get', 'list'], resources: ['daemonsets', 'pods', 'namespaces'] }]
    const narrow = await startCluster([], { permissions: rights })
    const all = await checks({ cluster: narrow })
    expect(about(all, /list nodes$/)[0]?.state).toBe('failed')
    expect(about(all, /list events$/)[0]?.state).toBe('warning')
    expect(about(all, /list pods$/)[0]?.state).toBe('ok')
    expect(about(all, /patch daemonsets$/)[0]).toMatchObject({
      state: 'failed',
      fix: 'Apply deploy/kubernetes/write.yaml, or remove patch from ACTIONS.',
    })
    expect(about(await checks({ cluster: narrow, env: { ACTIONS: 'silence' } }), /patch/)).toEqual(
      [],
    )
    await narrow.stop()
  })
})
