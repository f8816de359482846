import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { isRecord } from './call.ts'
import type { Emit } from './events.ts'
import { APP } from './model.ts'

const PING_INTERVAL_MS = 10_000

/** The app's Socket Mode connections. Each needs a ticket from `apps.connections.open`. */
export class SocketMode {
  readonly #server = new WebSocketServer({ noServer: true })
  readonly #tickets = new Set<string>()
  readonly #pending = new Map<string, (response: unknown) => void>()
  readonly #emit: Emit
  #open: readonly WebSocket[] = []

  constructor(emit: Emit) {
    this.#emit = emit
  }

  get connected(): boolean {
    return this.#open.length > 0
  }

  /** A WebSocket URL that works once. `base`: the server's HTTP URL. */
  ticket(base: string): string {
    const ticket = crypto.randomUUID()
    this.#tickets.add(ticket)
    return `${base.replace(/^http/, 'ws')}/link/?ticket=${ticket}&app_id=${APP.id}`
  }

  /** Accepts WebSocket handshakes on this HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const url = new URL(request.url ?? '/', 'http://localhost')
      if (url.pathname === '/link/' && this.#tickets.delete(url.searchParams.get('ticket') ?? ''))
        this.#server.handleUpgrade(request, socket, head, (websocket) => this.#welcome(websocket))
      else socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
    })
  }

  /**
   * Sends an interaction over the next connection. Resolves with the app's response payload when it
   * acknowledges, and never if it does not.
   */
  send(payload: unknown, acceptsResponse: boolean): Promise<unknown> {
    const [next, ...others] = this.#open
    if (!next) throw new Error('the app has no Socket Mode connection')
    this.#open = [...others, next]
    const envelope_id = crypto.randomUUID()
    return new Promise((resolve) => {
      this.#pending.set(envelope_id, resolve)
      next.send(
        JSON.stringify({
          type: 'interactive',
          envelope_id,
          accepts_response_payload: acceptsResponse,
          payload,
        }),
      )
    })
  }

  /** Asks the app to reconnect, as Slack does every few hours, and closes the connection. */
  refresh(): void {
    for (const websocket of this.#open) {
      websocket.send(
        JSON.stringify({
          type: 'disconnect',
          reason: 'refresh_requested',
          debug_info: { host: 'local' },
        }),
      )
      websocket.close(1000)
    }
  }

  close(): void {
    for (const websocket of this.#open) websocket.terminate()
    this.#server.close()
  }

  #welcome(websocket: WebSocket): void {
    this.#open = [...this.#open, websocket]
    const ping = setInterval(() => websocket.ping(), PING_INTERVAL_MS).unref()
    websocket.on('message', (data) => this.#acknowledged(String(data)))
    websocket.on('error', () => websocket.terminate())
    websocket.on('close', () => {
      clearInterval(ping)
      this.#open = this.#open.filter((other) => other !== websocket)
      this.#emit({ type: 'socket', connected: this.connected })
    })
    websocket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#open.length,
        connection_info: { app_id: APP.id },
        debug_info: {},
      }),
    )
    this.#emit({ type: 'socket', connected: true })
  }

  #acknowledged(text: string): void {
    const message = parsed(text)
    if (!isRecord(message) || typeof message.envelope_id !== 'string') return
    this.#pending.get(message.envelope_id)?.(message.payload)
    this.#pending.delete(message.envelope_id)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
