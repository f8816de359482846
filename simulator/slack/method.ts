import type { Args } from './args.ts'
import type { Settings } from './options.ts'
import type { Sockets } from './socket-mode.ts'
import type { Triggers } from './triggers.ts'
import type { Views } from './views.ts'
import type { Workspace } from './workspace.ts'

/** What the Web API's methods work on. */
export interface Context {
  readonly settings: Settings
  readonly workspace: Workspace
  readonly views: Views
  readonly triggers: Triggers
  readonly sockets: Sockets
  /** The stand-in's own base, without a slash at the end. */
  readonly url: () => string
}

export interface Method {
  /** What the bot token must have been granted. */
  readonly scope?: string
  /** Called with an app-level token, not with the bot's. */
  readonly appLevel?: boolean
  /** The answer without `ok`; throws `SlackError`. */
  readonly run: (args: Args, context: Context) => Readonly<Record<string, unknown>>
}

export type Methods = Readonly<Record<string, Method>>
