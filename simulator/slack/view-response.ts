import { isRecord } from './args.ts'
import { checkPayload } from './check-payload.ts'
import type { Ack } from './delivery-report.ts'
import { SlackError } from './slack-error.ts'
import type { View, ViewDraft } from './view.ts'
import type { Views } from './views.ts'

/** What became of a submitted modal. */
export type Submission =
  /** Slack's client did not send it: something required is missing or too long. Messages by block_id. */
  | { readonly outcome: 'incomplete'; readonly errors: Readonly<Record<string, string>> }
  | { readonly outcome: 'closed' | 'cleared'; readonly ack: Ack }
  /** The app refused; messages by block_id. */
  | {
      readonly outcome: 'errors'
      readonly errors: Readonly<Record<string, string>>
      readonly ack: Ack
    }
  | { readonly outcome: 'updated' | 'pushed'; readonly view: View; readonly ack: Ack }
  /** The app did not answer in time, or with what Slack does not understand; the modal stays. */
  | { readonly outcome: 'failed'; readonly because: string; readonly ack: Ack }

/** Does with the submitted modal what the app answered. https://docs.slack.dev/surfaces/modals#response_actions */
export function takeResponse(views: Views, view: View, ack: Ack): Submission {
  if (!ack.ok) return { outcome: 'failed', because: ack.because ?? '', ack }
  try {
    return respond(views, view, ack)
  } catch (error) {
    if (error instanceof SlackError || error instanceof SyntaxError)
      return { outcome: 'failed', because: worded(error), ack }
    throw error
  }
}

function respond(views: Views, view: View, ack: Ack): Submission {
  if (ack.body === '') {
    views.close(view)
    return { outcome: 'closed', ack }
  }
  const answer: unknown = JSON.parse(ack.body)
  if (!isRecord(answer)) throw new SlackError('invalid_response_action')
  switch (answer.response_action) {
    case 'clear':
      views.clear(view.user)
      return { outcome: 'cleared', ack }
    case 'errors':
      return { outcome: 'errors', errors: checkedErrors(view, answer.errors), ack }
    case 'update':
      return { outcome: 'updated', view: views.update(view, draft(answer.view)), ack }
    case 'push':
      return { outcome: 'pushed', view: views.push(view.user, draft(answer.view)), ack }
    default:
      throw new SlackError('invalid_response_action')
  }
}

function draft(view: unknown): ViewDraft {
  checkPayload('modal', view, '/view')
  return view as ViewDraft
}

/** Slack takes messages for input blocks of the modal only. */
function checkedErrors(view: View, errors: unknown): Readonly<Record<string, string>> {
  if (!isRecord(errors) || Object.keys(errors).length === 0)
    throw new SlackError('invalid_response_action: errors are missing')
  const inputs = view.blocks.filter(({ type }) => type === 'input').map(({ block_id }) => block_id)
  return Object.fromEntries(
    Object.entries(errors).map(([blockId, message]) => {
      if (!inputs.includes(blockId))
        throw new SlackError(`invalid_response_action: no input block "${blockId}"`)
      return [blockId, String(message)]
    }),
  )
}

function worded(error: SlackError | SyntaxError): string {
  if (error instanceof SyntaxError) return 'the answer is no JSON'
  return [error.code, ...(Array.isArray(error.details.errors) ? error.details.errors : [])].join(
    '; ',
  )
}
