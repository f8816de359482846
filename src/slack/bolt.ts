import {
  App,
  type Logger,
  LogLevel,
  type Receiver,
  SocketModeReceiver,
  type ViewResponseAction,
} from '@slack/bolt'
import type { ModalView } from '@slack/web-api'
import type { Hono } from 'hono'
import type { Config } from '../config/config.ts'
import type { Log } from '../telemetry/log.ts'
import { type SlackSettings, webClientOptions } from './calls.ts'
import {
  ACTION_PREFIX,
  type Handlers,
  readClick,
  readSubmission,
  type Submission,
} from './interactions.ts'
import { applyingModal, refusedModal } from './modals.ts'
import { httpReceiver } from './receiver.ts'

/** The receivers of a running bot. */
export interface RunningSlackApp {
  /** Mount at the root. Present if a signing secret is set. */
  readonly routes?: Hono
  /** Takes no more clicks over the socket, and waits for the HTTP ones in progress. */
  readonly stop: () => Promise<void>
}

/**
 * Listens for clicks over HTTP (with a signing secret), Socket Mode (with an app token) or both.
 * Node only. Does not wait for the socket: the bot runs while Slack is unreachable.
 */
export async function startSlackApp(options: {
  readonly config: Config['slack']
  readonly handlers: Handlers
  readonly log: Log
}): Promise<RunningSlackApp> {
  const { config, handlers, log } = options
  const { signingSecret, appToken } = config
  const http = signingSecret === undefined ? undefined : httpReceiver({ signingSecret, log })
  const socket =
    appToken === undefined ? undefined : socketReceiver({ appToken, settings: config, log })
  const receivers = [http, socket].filter((receiver) => receiver !== undefined)
  const apps = receivers.map((receiver) => slackApp({ receiver, handlers, settings: config, log }))
  for (const app of apps) {
    app
      .start()
      .catch((error: unknown) =>
        log.error(
          { err: error },
          'socket mode connection failed: check SLACK_APP_TOKEN and its scope connections:write',
        ),
      )
  }
  return {
    ...(http ? { routes: http.routes } : {}),
    stop: async () => {
      await Promise.allSettled(apps.map((app) => app.stop()))
    },
  }
}

const oursPattern = new RegExp(`^${ACTION_PREFIX.replaceAll('.', '\\.')}`)

/**
 * Bolt with one listener for buttons and one for modals. A press is acknowledged first: Slack waits
 * 3 seconds, and a modal's trigger expires after 3 seconds.
 * https://docs.slack.dev/interactivity/handling-user-interaction
 */
export function slackApp(options: {
  readonly receiver: Receiver
  readonly handlers: Handlers
  readonly settings: SlackSettings
  readonly log: Log
}): App {
  const { receiver, handlers, settings, log } = options
  const app = new App({
    receiver,
    // With a token instead, Bolt calls auth.test at start: that hangs a Worker, and fails if Slack
    // is unreachable.
    authorize: async () => ({ botToken: settings.botToken }),
    ignoreSelf: false,
    convoStore: false,
    clientOptions: webClientOptions(settings),
    logger: boltLogger(log),
  })

  app.action(
    { type: 'block_actions', action_id: oursPattern },
    async ({ ack, body, action, respond }) => {
      await ack()
      const click = readClick(body, action)
      if (click) return handlers.click(click)
      await respond({
        response_type: 'ephemeral',
        replace_original: false,
        text: "This button no longer works. Use the buttons of the incident's newest message.",
      }).catch((error: unknown) => log.warn({ err: error }, 'reply to an unknown button failed'))
    },
  )

  app.view({ type: 'view_submission', callback_id: oursPattern }, async ({ ack, body }) => {
    const read = readSubmission(body)
    if (!read) {
      const why = ['This modal no longer works. Close it and press the button again.']
      return ack({ response_action: 'update', view: refusedModal(why) })
    }
    if (!read.ok) return ack({ response_action: 'errors', errors: { ...read.why } })
    await submitInTime(handlers, read.value, (response) => ack(response))
  })

  return app
}

/** Slack waits 3 seconds for the answer to a submission. Milliseconds. */
const answerWithinMs = 2_000

/**
 * Hands over a submission and answers with its result: only the answer can close a dialog. If the
 * result takes too long, the dialog says so until it is updated.
 */
async function submitInTime(
  handlers: Handlers,
  submission: Submission,
  ack: (response: ViewResponseAction) => Promise<void>,
): Promise<void> {
  let isAnswered = false
  const answer = async (response: ViewResponseAction): Promise<boolean> => {
    if (isAnswered) return false
    isAnswered = true
    clearTimeout(timer)
    await ack(response)
    return true
  }
  const result = (view: ModalView | undefined): Promise<boolean> =>
    answer(view ? { response_action: 'update', view } : { response_action: 'clear' })
  const timer = setTimeout(() => result(applyingModal()), answerWithinMs)
  await handlers.submit(submission, result)
  await result(undefined)
}

/**
 * Receives Slack's requests over a WebSocket that the bot opens, so nothing has to reach the bot
 * from outside. Node only. `start` waits until Slack accepts the connection, however long that
 * takes; a broken connection is opened again.
 */
function socketReceiver(options: {
  readonly appToken: string
  readonly settings: SlackSettings
  readonly log: Log
}): Receiver {
  const { appToken, settings, log } = options
  // Without retries, a failed apps.connections.open is an unhandled rejection, and final.
  const retryConfig = { forever: true, factor: 1.3, maxTimeout: 30_000 }
  return new SocketModeReceiver({
    appToken,
    logger: boltLogger(log),
    installerOptions: { clientOptions: { ...webClientOptions(settings), retryConfig } },
  })
}

/** Writes Bolt's log to the bot's. Bolt's `info` becomes `debug`: it reports every connection. */
function boltLogger(log: Log): Logger {
  const line =
    (write: Log['info']) =>
    (...parts: unknown[]): void =>
      write({ source: 'bolt' }, parts.map(String).join(' '))
  return {
    debug: line(log.debug),
    info: line(log.debug),
    warn: line(log.warn),
    error: line(log.error),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  }
}
