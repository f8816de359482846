import { type Receiver, SocketModeReceiver } from '@slack/bolt'
import type { Log } from '../telemetry/log.ts'
import { boltLogger } from './bolt-logger.ts'
import { type SlackSettings, webClientOptions } from './client.ts'

/**
 * Takes Slack's requests over a WebSocket that we open, so that nothing has to reach us from outside. Node only. `start` waits until Slack
 * lets us in, however long that takes; a connection that breaks is made anew.
 */
export function socketReceiver(options: {
  readonly appToken: string
  readonly settings: SlackSettings
  readonly log: Log
}): Receiver {
  const { appToken, settings, log } = options
  // The receiver takes a failed `apps.connections.open` for final, and as an unhandled rejection at that; asking again does no harm.
  const retryConfig = { forever: true, factor: 1.3, maxTimeout: 30_000 }
  return new SocketModeReceiver({
    appToken,
    logger: boltLogger(log),
    installerOptions: { clientOptions: { ...webClientOptions(settings), retryConfig } },
  })
}
