import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api'

/**
 * Why Slack did not do it. `config`: refused until an operator changes something. `degrade`: it does not take this form of the message.
 * `gone`: the message, view or trigger is no more. `retry`: not done, may work later. `unknown`: it may have been done.
 */
export type FailureKind = 'config' | 'degrade' | 'gone' | 'retry' | 'unknown'

export interface SlackFailure {
  readonly ok: false
  readonly kind: FailureKind
  /** Slack's error code, or `http_502`, `timeout`, `network`, `not_slack`. */
  readonly error: string
  /** Where Slack named a time. */
  readonly retryAfterSeconds?: number
  /** For the log: at most 300 characters, never a token. */
  readonly detail: string
}

export type SlackResult<T extends object = object> = ({ readonly ok: true } & T) | SlackFailure

/** `once`: doing it twice shows, as with a post. `again`: doing it twice is as good as once. */
export type Repeatable = 'once' | 'again'

/** Names what came of a call that threw. https://docs.slack.dev/reference/methods/chat.postMessage#errors and its like for the others. */
export function failureOf(error: unknown, repeatable: Repeatable): SlackFailure {
  const ambiguous = repeatable === 'once' ? 'unknown' : 'retry'
  if (error instanceof WebAPIRateLimitedError) return rateLimited(error.retryAfter)
  if (error instanceof WebAPIPlatformError) return refusal(error, ambiguous)
  if (error instanceof WebAPIHTTPError) {
    // 503: nothing was taken. Any other 5xx may come from a gateway that gave up waiting.
    const kind = error.statusCode === 503 ? 'retry' : error.statusCode >= 500 ? ambiguous : 'config'
    return {
      ok: false,
      kind,
      error: `http_${error.statusCode}`,
      detail: capped(`HTTP ${error.statusCode}: ${String(error.body ?? '')}`),
    }
  }
  const cause = error instanceof WebAPIRequestError ? error.original : error
  return {
    ok: false,
    kind: neverSent(cause) ? 'retry' : ambiguous,
    error: timedOut(cause) ? 'timeout' : 'network',
    detail: capped(reasons(cause)),
  }
}

/** Not done, and not to be tried again for so many seconds. */
export function rateLimited(seconds: number): SlackFailure {
  return {
    ok: false,
    kind: 'retry',
    error: 'ratelimited',
    retryAfterSeconds: seconds,
    detail: `rate limited for ${seconds} s`,
  }
}

const kinds: Readonly<Record<Exclude<FailureKind, 'config' | 'unknown'>, readonly string[]>> = {
  degrade: [
    'invalid_blocks',
    'invalid_blocks_format',
    'invalid_attachments',
    'invalid_arguments',
    'msg_blocks_too_long',
    'msg_too_long',
    'too_many_attachments',
    'metadata_too_large',
    'no_text',
    'view_too_large',
  ],
  gone: [
    'message_not_found',
    'thread_not_found',
    'cant_update_message',
    'edit_window_closed',
    'is_inactive',
    'block_mismatch',
    'expired_trigger_id',
    'exchanged_trigger_id',
    'invalid_trigger_id',
    'hash_conflict',
    'not_found',
    'view_not_found',
  ],
  retry: [
    'ratelimited',
    'rate_limited',
    'service_unavailable',
    'message_limit_exceeded',
    'request_timeout',
    'team_added_to_org',
  ],
}

/** Slack says of these that part of the work may have been done. */
const halfDone = ['internal_error', 'fatal_error']

function refusal(error: WebAPIPlatformError, ambiguous: FailureKind): SlackFailure {
  const code = error.data.error
  // A proxy's page is taken for an error code by the client.
  if (!/^[a-z][a-z0-9_]{0,79}$/i.test(code))
    return {
      ok: false,
      kind: ambiguous,
      error: 'not_slack',
      detail: capped(`no answer of Slack's: ${code}`),
    }
  const kind = halfDone.includes(code)
    ? ambiguous
    : code.startsWith('invalid_metadata')
      ? 'degrade'
      : ((['degrade', 'gone', 'retry'] as const).find((one) => kinds[one].includes(code)) ??
        'config')
  const { messages, retryAfter } = error.data.response_metadata ?? {}
  const { needed: scope }: { readonly error: string; readonly needed?: unknown } = error.data
  const needed = typeof scope === 'string' ? [`needs the scope ${scope}`] : []
  return {
    ok: false,
    kind,
    error: code,
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
    detail: capped([code, ...needed, ...(messages ?? [])].join('; ')),
  }
}

const unreachable = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]

/** No connection was made, so nothing can have been done. */
function neverSent(error: unknown): boolean {
  return causes(error).some(
    (one) => 'code' in one && typeof one.code === 'string' && unreachable.includes(one.code),
  )
}

function timedOut(error: unknown): boolean {
  return causes(error).some((one) => one.name === 'TimeoutError' || one.name === 'AbortError')
}

function reasons(error: unknown): string {
  const found = causes(error).map(({ message }) => message)
  return found.length > 0 ? found.join(': ') : String(error)
}

function causes(error: unknown): Error[] {
  if (!(error instanceof Error)) return []
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  return [error, ...inner.flatMap(causes)]
}

function capped(text: string): string {
  const line = text
    .replace(/<[^>]*>/g, ' ')
    .replace(/xox[a-z]-[\w-]+/g, 'xox…')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}
