import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The running proxy; the bot gets its `url` instead of that of Alertmanager. */
export interface AlertmanagerProxy {
  readonly url: string
  stop(): Promise<void>
}

/**
 * A proxy for a real Alertmanager that reports an uptime of `uptimeMs`. It forwards every request
 * and changes only `uptime` in the status.
 */
export async function alertmanagerWithUptime(
  real: string,
  uptimeMs: number,
): Promise<AlertmanagerProxy> {
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
      response.end(request.url?.startsWith('/api/v2/status') ? withUptime(text, uptimeMs) : text)
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

function withUptime(status: string, uptimeMs: number): string {
  return JSON.stringify({
    ...JSON.parse(status),
    uptime: new Date(Date.now() - uptimeMs).toISOString(),
  })
}
