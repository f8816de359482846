import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OldAlertmanager {
  readonly url: string
  stop(): Promise<void>
}

/**
 * A real Alertmanager as it would be after running for `upFor` milliseconds: every request goes through to it, and only the start in its
 * status is moved back.
 */
export async function oldAlertmanager(real: string, upFor: number): Promise<OldAlertmanager> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    try {
      const answer = await fetch(new URL(request.url ?? '/', real), {
        method: request.method ?? 'GET',
        headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      })
      const text = await answer.text()
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? 'text/plain',
      })
      response.end(request.url?.startsWith('/api/v2/status') ? aged(text, upFor) : text)
    } catch {
      response.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function aged(status: string, upFor: number): string {
  return JSON.stringify({
    ...JSON.parse(status),
    uptime: new Date(Date.now() - upFor).toISOString(),
  })
}
