import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type ServerType } from '@hono/node-server'

type FetchCallback = Parameters<typeof createAdaptorServer>[0]['fetch']

/** An HTTP server on loopback that can go down and come back on the same port. */
export interface LocalServer {
  readonly url: string
  readonly isUp: boolean
  /** Stops listening and closes open connections. */
  down(): Promise<void>
  up(): Promise<void>
}

/** Serves the app on loopback. Port 0: any free port. Throws if the port is in use. */
export async function startServer(
  app: { readonly fetch: FetchCallback },
  port = 0,
): Promise<LocalServer> {
  let server: ServerType | undefined = await listen(app.fetch, port)
  const { port: actualPort } = server.address() as AddressInfo
  return {
    url: `http://${HOST}:${actualPort}`,
    get isUp() {
      return server !== undefined
    },
    async down() {
      const closing = server
      server = undefined
      if (closing) await close(closing)
    },
    async up() {
      server ??= await listen(app.fetch, actualPort)
    },
  }
}

const HOST = '127.0.0.1'

/**
 * Connections that may wait to be accepted. With Node's default of 511, the kernel resets some of a
 * burst of 2,000 if the machine is slow to accept them.
 */
const backlog = 4096

function listen(fetch: FetchCallback, port: number): Promise<ServerType> {
  const server = createAdaptorServer({ fetch })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Error(
          `cannot listen on ${HOST}:${port}: ${cause.message}. ` +
            'Choose another port, or stop the process that uses it.',
          { cause },
        ),
      ),
    )
    server.listen({ port, host: HOST, backlog }, () => resolve(server))
  })
}

function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
