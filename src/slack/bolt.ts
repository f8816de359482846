import { App, type Receiver } from '@slack/bolt'
import type { Log } from '../telemetry/log.ts'
import { boltLogger } from './bolt-logger.ts'
import { type SlackSettings, webClientOptions } from './client.ts'
import type { Handlers } from './handlers.ts'
import { applyingModal, refusedModal } from './modals.ts'
import { readClick, readSubmission } from './payload.ts'
import { ACTION_PREFIX } from './press.ts'

export interface SlackAppOptions {
  readonly receiver: Receiver
  readonly handlers: Handlers
  readonly settings: SlackSettings
  readonly log: Log
}

const ours = new RegExp(`^${ACTION_PREFIX.replaceAll('.', '\\.')}`)

/** Bolt with our two listeners. Both acknowledge before they do anything: Slack waits 3 seconds, and so does the trigger of a modal. */
export function slackApp({ receiver, handlers, settings, log }: SlackAppOptions): App {
  const app = new App({
    receiver,
    // Asking Slack who we are, as Bolt does with a token, would hang a Worker and fail a start without network.
    authorize: async () => ({ botToken: settings.botToken }),
    ignoreSelf: false,
    convoStore: false,
    clientOptions: webClientOptions(settings),
    logger: boltLogger(log),
  })

  app.action({ type: 'block_actions', action_id: ours }, async ({ ack, body, action, respond }) => {
    await ack()
    const click = readClick(body, action)
    if (click) await handlers.press(click)
    else
      await respond({
        response_type: 'ephemeral',
        replace_original: false,
        text: 'This button is not known here any more. Press Recheck on the incident’s newest message.',
      }).catch((error: unknown) =>
        log.warn({ err: error }, 'a press of an unknown button could not be answered'),
      )
  })

  app.view({ type: 'view_submission', callback_id: ours }, async ({ ack, body }) => {
    const read = readSubmission(body)
    if (!read)
      return ack({
        response_action: 'update',
        view: refusedModal(['This dialog is not known here any more. Press the button again.']),
      })
    if (!read.ok) return ack({ response_action: 'errors', errors: { ...read.errors } })
    await ack({ response_action: 'update', view: applyingModal() })
    await handlers.submit(read.submission)
  })

  return app
}
