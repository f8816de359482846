import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

/** No answer at all: the request hangs until the client gives up. */
export const noResponse = (): Response => RESPONSE_ALREADY_SENT

/** An answer whose connection breaks in the middle of the body. */
export function cutResponse({ outgoing }: HttpBindings, body: string): Response {
  const bytes = Buffer.from(body)
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy())
  return RESPONSE_ALREADY_SENT
}
