/** Seconds by which the request's time may differ from ours, either way. */
const tolerance = 300

export interface SignedRequest {
  /** `X-Slack-Signature`. */
  readonly signature: string | null | undefined
  /** `X-Slack-Request-Timestamp`, seconds since 1970. */
  readonly timestamp: string | null | undefined
  /** As it came, before anything parsed it. */
  readonly body: Uint8Array
}

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly because: string }

/** Did Slack send this, and just now? https://docs.slack.dev/authentication/verifying-requests-from-slack */
export async function verifySignature(
  secret: string,
  request: SignedRequest,
  now: Date,
): Promise<Verdict> {
  const { signature, timestamp, body } = request
  if (!signature || !timestamp)
    return { ok: false, because: 'the signature or its time is missing' }
  if (!/^\d{1,12}$/.test(timestamp))
    return { ok: false, because: 'the time is no number of seconds' }
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > tolerance)
    return { ok: false, because: 'the time is more than 5 minutes off' }
  const hex = /^v0=([0-9a-f]{64})$/.exec(signature)?.[1]
  if (!hex) return { ok: false, because: 'the signature is of no known form' }
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  )
  const prefix = new TextEncoder().encode(`v0:${timestamp}:`)
  const signed = new Uint8Array(prefix.length + body.length)
  signed.set(prefix)
  signed.set(body, prefix.length)
  // `verify` compares in constant time.
  const genuine = await crypto.subtle.verify(
    'HMAC',
    key,
    Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
    signed,
  )
  return genuine
    ? { ok: true }
    : { ok: false, because: 'the signature is not that of SLACK_SIGNING_SECRET' }
}
