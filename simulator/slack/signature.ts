import { createHmac } from 'node:crypto'
import type { SignedRequest } from './delivery-report.ts'

/** Ways in which a request can fail to be Slack's; each must be refused. */
export type Forgery =
  /** Neither signature nor timestamp. */
  | 'unsigned'
  | 'no-timestamp'
  | 'wrong-secret'
  /** A version other than v0. */
  | 'wrong-version'
  /** Signed rightly, then the presser's id was changed. */
  | 'tampered'
  /** Signed rightly more than 5 minutes ago. */
  | 'stale'
  /** Signed rightly for more than 5 minutes from now. */
  | 'future'
/** Seconds between the timestamp of a forged request and now; apps must refuse more than 300. */
const SKEW = 310

/** The request that carries an interaction payload, signed as Slack signs, or not quite. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function signedRequest(payload: unknown, secret: string, forgery?: Forgery): SignedRequest {
  const body = encoded(payload)
  const skew = forgery === 'stale' ? -SKEW : forgery === 'future' ? SKEW : 0
  const timestamp = String(Math.floor(Date.now() / 1000) + skew)
  const key = forgery === 'wrong-secret' ? `not ${secret}` : secret
  const version = forgery === 'wrong-version' ? 'v1' : 'v0'
  const signature = `${version}=${createHmac('sha256', key).update(`${version}:${timestamp}:${body}`).digest('hex')}`
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      ...(forgery === 'unsigned' ? {} : { 'x-slack-signature': signature }),
      ...(forgery === 'unsigned' || forgery === 'no-timestamp'
        ? {}
        : { 'x-slack-request-timestamp': timestamp }),
    },
    body:
      forgery === 'tampered'
        ? encoded({ ...Object(payload), user: { id: 'U0INTRUDER1', username: 'intruder' } })
        : body,
  }
}

function encoded(payload: unknown): string {
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
}
