import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api'

/**
 * Why a call failed. `config`: refused until an operator changes something. `degrade`: Slack does
 * not accept this form of the message. `gone`: the message, modal or trigger no longer exists.
 * `retry`: not done, may work later. `unknown`: it may have been done.
 */
export type FailureKind = 'config' | 'degrade' | 'gone' | 'retry' | 'unknown'

/** A call that failed, or whose outcome is unknown. */
export interface SlackFailure {
  readonly ok: false
  readonly kind: FailureKind
  /** Slack's error code, or `http_502`, `timeout`, `network`, `not_slack`. */
  readonly error: string
  /** Present if Slack named a time. */
  readonly retryAfterSeconds?: number
  /** For the log: at most 300 characters, never a token. */
  readonly detail: string
}

/** The fields of a successful call, or its failure. */
export type SlackResult<Value extends object = object> =
  | ({ readonly ok: true } & Value)
  | SlackFailure

/**
 * Names the failure of a call that threw. A call that is not `repeatable`, such as a post, has an
 * unknown outcome if Slack may have done it. Codes:
 * https://docs.slack.dev/reference/methods/chat.postMessage#errors and the other methods' pages.
 */
export function failureOf(
  error: unknown,
  { repeatable }: { readonly repeatable: boolean },
): SlackFailure {
  const ambiguous = repeatable ? 'retry' : 'unknown'
  if (error instanceof WebAPIRateLimitedError) return rateLimited(error.retryAfter)
  if (error instanceof WebAPIPlatformError) return platformFailure(error, ambiguous)
  if (error instanceof WebAPIHTTPError) {
    // 503: nothing was done. Any other 5xx may come from a gateway that gave up waiting.
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
    detail: capped(messagesOf(cause)),
  }
}

/** Not done, and not to be called again for this many seconds. */
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

/** Slack documents that part of the work may have been done. */
const partlyDone = ['internal_error', 'fatal_error']

function platformFailure(error: WebAPIPlatformError, ambiguous: FailureKind): SlackFailure {
  const code = error.data.error
  // The client takes a proxy's HTML page for an error code.
  if (!/^[a-z][a-z0-9_]{0,79}$/i.test(code))
    return {
      ok: false,
      kind: ambiguous,
      error: 'not_slack',
      detail: capped(`not an answer from Slack: ${code}`),
    }
  const kind = partlyDone.includes(code)
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

/** No connection was made, so nothing was done. */
function neverSent(error: unknown): boolean {
  return causes(error).some(
    (one) => 'code' in one && typeof one.code === 'string' && unreachable.includes(one.code),
  )
}

function timedOut(error: unknown): boolean {
  return causes(error).some((one) => one.name === 'TimeoutError' || one.name === 'AbortError')
}

function messagesOf(error: unknown): string {
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
