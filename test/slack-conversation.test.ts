import { serve } from '@hono/node-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { type SlackClient, slackClient } from '../src/slack/client.ts'
import type { Click, Submission } from '../src/slack/handlers.ts'
import { checkingModal, resultModal } from '../src/slack/modals.ts'
import { silenceModal } from '../src/slack/silence-modal.ts'
import { type RunningSlackApp, startSlackApp } from '../src/slack/start.ts'
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
    handlers: { press, submit },
    log,
  })
  const { routes } = app
  stop = () => app.stop()
  if (!routes)
    return void (await slack.until(() => slack.sockets.connected, 'a Socket Mode connection'))
  const server = serve({ fetch: routes.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
    slack.setRequestUrl(`http://127.0.0.1:${port}/slack/events`),
  )
  stop = async () => {
    await app.stop()
    await new Promise((resolve) => server.close(resolve))
  }
  await new Promise((resolve) => server.once('listening', resolve))
}

async function press(click: Click): Promise<void> {
  clicks.push(click)
  if (click.press === 'recheck')
    return void (await client.respond(click.responseUrl, words`Looked again.`))
  const opened = await client.openView(click.triggerId, checkingModal())
  if (!opened.ok) throw new Error(opened.detail)
  const matchers = [
    { alertname: 'KubeDaemonSetMisScheduled', namespace: 'datadog', daemonset: 'datadog-agent' },
  ]
  await client.updateView(
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

async function submit(submission: Submission): Promise<void> {
  submissions.push(submission)
  await client.updateView(
    submission.viewId,
    resultModal({ title: 'Silenced', text: words`Silenced.` }),
  )
}

async function published(): Promise<string> {
  const posted = await client.publish({ channel: 'C0ALERTS001' }, view)
  if (!posted.ok) throw new Error(posted.detail)
  return posted.ts
}

describe.each(['http', 'socket'] as const)('over %s', (way) => {
  it('a press opens a dialog at once, and the dialog is sent off with what was filled in', async () => {
    await listen(way)
    const ts = await published()
    expect(await slack.click({ user: 'maya', ts, text: 'Silence…' })).toMatchObject({
      ok: true,
      body: '',
    })
    await slack.until(
      () => slack.modal('maya')?.title.text === 'Silence the alert',
      'the silence dialog',
    )
    expect(clicks).toMatchObject([
      {
        press: 'silence',
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
    expect(sent.outcome).toBe('updated')
    await slack.until(() => slack.modal('maya')?.title.text === 'Silenced', 'the outcome')
    expect(submissions).toMatchObject([
      {
        press: 'silence',
        incidentId: 'inc_1',
        rev: 3,
        values: { duration: '4h', reason: 'draining' },
      },
    ])
    expect(slack.troubles).toEqual([])
  })

  it('words go to the presser alone', async () => {
    await listen(way)
    await slack.click({ user: 'sam', ts: await published(), text: 'Recheck' })
    await slack.until(() => slack.ephemerals('sam')[0], 'the words')
    expect(slack.ephemerals('sam')[0]?.text).toBe('Looked again.')
    expect(slack.ephemerals('maya')).toEqual([])
  })
})

it('a post that was taken although the line was cut is found again', async () => {
  stop = async () => {}
  slack.fault('chat.postMessage', { kind: 'cut', accepted: true })
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

it('a message that was deleted is gone, and nothing is posted in its place unasked', async () => {
  stop = async () => {}
  const ts = await published()
  slack.deleteMessage(ts)
  expect(await client.publish({ channel: 'C0ALERTS001', ts }, view)).toMatchObject({
    ok: false,
    kind: 'gone',
  })
  expect(slack.messages()).toHaveLength(0)
})
