import { problems, type Surface } from '../../src/slack/limits.ts'
import { SlackError } from './slack-error.ts'

/** Throws what Slack would answer if this message or view broke a limit. `at` is where it stands in the call, such as `/view`. */
export function checkPayload(surface: Surface, payload: unknown, at = ''): void {
  const found = problems(surface, payload)
  const [first] = found
  if (!first) return
  const messages = found.map(
    ({ message, pointer }) => `[ERROR] ${message} [json-pointer:${at}${pointer}]`,
  )
  throw new SlackError(first.error, {
    errors: messages.map((text) => text.slice('[ERROR] '.length)),
    response_metadata: { messages },
  })
}
