import type { Hono } from 'hono'
import type { Config } from '../config/config.ts'
import type { Log } from '../telemetry/log.ts'
import { slackApp } from './bolt.ts'
import type { Handlers } from './handlers.ts'
import { httpReceiver } from './receiver.ts'
import { socketReceiver } from './socket.ts'

export interface RunningSlackApp {
  /** To be mounted at the root, where a signing secret is set. */
  readonly routes?: Hono
  /** Takes no more clicks over the socket, and waits for those that came over HTTP. */
  readonly stop: () => Promise<void>
}

/** Listens for clicks in every way that is configured: over HTTP with a signing secret, over a socket with an app token. Node only. */
export async function startSlackApp(options: {
  readonly config: Config['slack']
  readonly handlers: Handlers
  readonly log: Log
}): Promise<RunningSlackApp> {
  const { config, handlers, log } = options
  const { signingSecret, appToken } = config
  const http = signingSecret === undefined ? undefined : httpReceiver({ signingSecret, log })
  const socket =
    appToken === undefined ? undefined : socketReceiver({ appToken, settings: config, log })
  const receivers = [http, socket].filter((receiver) => receiver !== undefined)
  const apps = receivers.map((receiver) => slackApp({ receiver, handlers, settings: config, log }))
  for (const app of apps) {
    // Not waited for: while Slack cannot be reached, the rest of the bot runs.
    app
      .start()
      .catch((error: unknown) =>
        log.error(
          { err: error },
          'Slack does not let us in: check SLACK_APP_TOKEN and its scope connections:write',
        ),
      )
  }
  return {
    ...(http ? { routes: http.routes } : {}),
    stop: async () => {
      await Promise.allSettled(apps.map((app) => app.stop()))
    },
  }
}
