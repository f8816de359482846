import { serve } from '@hono/node-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { type RunningSlackApp, startSlackApp } from '../src/slack/bolt.ts'
import { type SlackClient, slackClient } from '../src/slack/client.ts'
import type { Answer, Click, Submission } from '../src/slack/interactions.ts'
import { checkingModal } from '../src/slack/modals.ts'
import { silenceModal } from '../src/slack/silence-modal.ts'
import type { Log } from '../src/telemetry/log.ts'
import { words } from '../src/words/words.ts'
import { view } from './slack-views.ts'

const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let slack: Slack
let client: SlackClient
let app: RunningSlackApp
let stop: () => Promise<void>
let clicks: Click[]
let submissions: Submission[]

beforeEach(async () => {
  slack = await startSlack()
  client = slackClient({ botToken: slack.botToken, apiUrl: slack.apiUrl })
  clicks = []
  submissions = []
})
afterEach(async () => {
  await stop()
  await slack.stop()
})

async function listen(way: 'http' | 'socket'): Promise<void> {
  app = await startSlackApp({
    config: {
      botToken: slack.botToken,
      apiUrl: slack.apiUrl,
      channel: 'C0ALERTS001',
      routes: [],
      ...(way === 'http' ? { signingSecret: slack.signingSecret } : { appToken: slack.appToken }),
    },
    handlers: { click, submit },
    log,
  })
  const { routes } = app
  stop = () => app.stop()
  if (!routes)
    return void (await slack.until(() => slack.socketMode.connected, 'a Socket Mode connection'))
  const server = serve({ fetch: routes.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
    slack.setRequestUrl(`http://127.0.0.1:${port}/slack/events`),
  )
  stop = async () => {
    await app.stop()
    await new Promise((resolve) => server.close(resolve))
  }
  await new Promise((resolve) => server.once('listening', resolve))
}

async function click(click: Click): Promise<void> {
  clicks.push(click)
  if (click.button === 'recheck')
    return void (await client.respond(click.responseUrl, words`Checked again.`))
  const opened = await client.openModal(click.triggerId, checkingModal())
  if (!opened.ok) throw new Error(opened.detail)
  const matchers = [
    { alertname: 'KubeDaemonSetMisScheduled', namespace: 'datadog', daemonset: 'datadog-agent' },
  ]
  await client.updateModal(
    opened.viewId,
    silenceModal({
      incidentId: click.incidentId,
      rev: click.rev,
      matchers,
      matchingNow: [],
      nodes: ['n1'],
    }),
  )
}

async function submit(submission: Submission, answer: Answer): Promise<void> {
  submissions.push(submission)
  await answer(undefined)
}

async function published(): Promise<string> {
  const posted = await client.publish({ channel: 'C0ALERTS001' }, view)
  if (!posted.ok) throw new Error(posted.detail)
  return posted.ts
}

describe.each(['http', 'socket'] as const)('over %s', (way) => {
  it('a click opens a modal at once, and its input comes back when it is submitted', async () => {
    await listen(way)
    const ts = await published()
    expect(await slack.click({ user: 'maya', ts, text: 'Silence…' })).toMatchObject({
      ok: true,
      body: '',
    })
    await slack.until(
      () => slack.modal('maya')?.title.text === 'Silence the alert',
      'the silence modal',
    )
    expect(clicks).toMatchObject([
      {
        button: 'silence',
        incidentId: 'inc_1',
        rev: 3,
        user: { id: 'U0MAYA00001', name: 'maya' },
        messageTs: ts,
        channel: 'C0ALERTS001',
      },
    ])
    const sent = await slack.submit({
      user: 'maya',
      values: { duration: '4h', reason: 'draining' },
    })
    expect(sent.outcome).toBe('cleared')
    expect(slack.modal('maya')).toBeUndefined()
    expect(submissions).toMatchObject([
      {
        button: 'silence',
        incidentId: 'inc_1',
        rev: 3,
        values: { duration: '4h', reason: 'draining' },
      },
    ])
    expect(slack.clientErrors).toEqual([])
  })

  it('an ephemeral message reaches the user who clicked only', async () => {
    await listen(way)
    await slack.click({ user: 'sam', ts: await published(), text: 'Recheck' })
    await slack.until(() => slack.ephemerals('sam')[0], 'the ephemeral message')
    expect(slack.ephemerals('sam')[0]?.text).toBe('Checked again.')
    expect(slack.ephemerals('maya')).toEqual([])
  })
})

it('a post that was accepted although the connection broke is found again', async () => {
  stop = async () => {}
  slack.addFault('chat.postMessage', { kind: 'cut', accepted: true })
  expect(await client.publish({ channel: 'C0ALERTS001' }, view)).toMatchObject({
    ok: false,
    kind: 'unknown',
  })
  expect(await client.findMessage('C0ALERTS001', 'inc_1', new Date().toISOString())).toEqual({
    ok: true,
    ts: slack.messages()[0]?.ts,
  })
  expect(await client.findMessage('C0ALERTS001', 'inc_2', new Date().toISOString())).toEqual({
    ok: true,
  })
})

it('a deleted message is gone, and nothing is posted in its place', async () => {
  stop = async () => {}
  const ts = await published()
  slack.deleteMessage(ts)
  expect(await client.publish({ channel: 'C0ALERTS001', ts }, view)).toMatchObject({
    ok: false,
    kind: 'gone',
  })
  expect(slack.messages()).toHaveLength(0)
})
