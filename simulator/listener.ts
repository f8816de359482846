import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type ServerType } from '@hono/node-server'

type FetchCallback = Parameters<typeof createAdaptorServer>[0]['fetch']

export interface Listener {
  readonly url: string
  readonly port: number
  /** Also breaks the connections that are open. */
  close(): Promise<void>
}

/** Serves the app on loopback. Port 0: any free one. */
export async function listenOn(
  app: { readonly fetch: FetchCallback },
  port = 0,
  hostname = '127.0.0.1',
): Promise<Listener> {
  const server = createAdaptorServer({ fetch: app.fetch })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Error(`cannot listen on ${hostname}:${port}; is something else running there?`, {
          cause,
        }),
      ),
    )
    server.listen(port, hostname, () => resolve())
  })
  const { port: taken } = server.address() as AddressInfo
  return { url: `http://${hostname}:${taken}`, port: taken, close: () => close(server) }
}

function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
