import { setTimeout as sleep } from 'node:timers/promises'

export interface Receiver {
  readonly url: string
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string | undefined
}

/** Milliseconds that one try may take, as `timeout: 10s` of the receiver. */
const TRY = 10_000

/**
 * Posts until it is accepted with a 2xx or the round is over. 5xx and broken connections are tried again, after half a second and then 1.5
 * times as long each time; any other answer ends the round. Returns whether it was accepted.
 */
export async function postWebhook(
  { url, token }: Receiver,
  body: string,
  round: AbortSignal,
): Promise<boolean> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Alertmanager/0.34.0',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  for (let pause = 500; !round.aborted; pause = Math.min(pause * 1.5, 60_000)) {
    const status = await post(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([round, AbortSignal.timeout(TRY)]),
    })
    if (status !== undefined && status >= 200 && status < 300) return true
    if (status !== undefined && status < 500) return false
    await sleep(pause * (0.5 + Math.random()), undefined, { signal: round }).catch(() => {})
  }
  return false
}

/** The status; undefined: no answer came. */
async function post(url: string, init: RequestInit): Promise<number | undefined> {
  try {
    const response = await fetch(url, init)
    await response.arrayBuffer()
    return response.status
  } catch {
    return undefined
  }
}
